import Foundation
import Testing

@Suite("wxrelay demo") struct DemoTests {
    @Test("a demo with errors ends by itself, and its summary adds up")
    func adds() async throws {
        let scenario = ErrorPage.root.appending(path: "config/scenarios/errcodes.yaml").path
        let shell = try Shell(files: ["errcodes.yaml": try String(contentsOfFile: scenario, encoding: .utf8)])
        let ending = try await shell.run("wxrelay demo --requests 300 --scenario errcodes.yaml")
        try shell.remove()
        #expect(ending.status == 0, "\(ending.output)")
        #expect(ending.output.contains("transactions nor its retention are real"))
        let lines = ending.output.split(separator: "\n").map(String.init)
        #expect(lines.count { $0.hasPrefix("request  ") } == 10)
        #expect(lines.last == "every request was answered, once")
        let summary = try #require(ending.output.firstRange(of: "\nsummary\n")).upperBound
        let text = ending.output[summary...]
        let sent = try #require(text.firstMatch(of: /requests    (\d+) sent, (\d+) answered/))
        #expect(sent.1 == "300" && sent.2 == "300")
        let replies = try #require(text.firstMatch(of: /replies     (\d+) ok, (\d+) failed/))
        #expect(try #require(Int(replies.1)) + (try #require(Int(replies.2))) == 300)
        let attempts = try #require(text.firstMatch(of: /attempts    (\d+) told by the replies, (\d+) of them retries/))
        #expect(try #require(Int(attempts.1)) == 300 + (try #require(Int(attempts.2))))
        let calls = try #require(text.firstMatch(of: /the fake    saw (\d+) calls and ran the function (\d+) times/))
        #expect(try #require(Int(calls.1)) <= (try #require(Int(attempts.1))))
        #expect(try #require(Int(calls.2)) <= (try #require(Int(calls.1))))
    }

    @Test("librdkafka's own lines do not clutter a demo")
    func quiet() async throws {
        let shell = try Shell()
        let ending = try await shell.run("wxrelay demo --requests 3")
        try shell.remove()
        #expect(ending.status == 0)
        #expect(!ending.output.contains("rdkafka") && !ending.output.contains("[thrd:"))
        #expect(ending.output.split(separator: "\n").count { $0.hasPrefix("reply  ") } == 3)
    }
}
