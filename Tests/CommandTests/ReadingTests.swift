import Foundation
import Testing

@Suite("Commands that read") struct ReadingTests {
    @Test("the example passes its own check, as does the one in config/, which is the same")
    func example() async throws {
        let shell = try Shell()
        let ending = try await shell.run(
            "sed 's|${file:/run/secrets/wx}|text|' <(wxrelay config example) > wxrelay.yaml"
                + " && ACCESS_TOKEN=t wxrelay check --config wxrelay.yaml > /dev/null && wxrelay config example"
        )
        try shell.remove()
        let file = ErrorPage.root.appending(path: "config/wxrelay.yaml")
        #expect(ending == Shell.Ending(output: try String(contentsOf: file, encoding: .utf8), status: 0))
    }

    @Test("the printed configuration shows no secret, and passes the check again")
    func printed() async throws {
        let scene = Scene(change: { $0.replacing("${WX_SECRET}", with: "topsecret") })
        let printed = try await scene.play("wxrelay config print --config wxrelay.yaml")
        #expect(printed.status == 0)
        #expect(!printed.output.contains("topsecret"))
        #expect(printed.output.contains("app-secret: "))
        let again = try await scene.play(
            "wxrelay config print -c wxrelay.yaml > printed.yaml && wxrelay check -c printed.yaml > /dev/null"
        )
        #expect(again.status == 0, "\(again.output)")
    }

    @Test("a check for programs tells problems with their places, and each finding")
    func checkJSON() async throws {
        struct Report: Decodable {
            struct Problem: Decodable { let line: Int, column: Int, key: String, problem: String }
            struct Finding: Decodable { let subject: String, state: String }
            let problems: [Problem]
            let findings: [Finding]
        }
        let wrong = try await Scene(change: { $0.replacing("function:", with: "fucntion:") })
            .play("wxrelay check --config wxrelay.yaml --output json")
        let problems = try JSONDecoder().decode(Report.self, from: Data(wrong.output.utf8)).problems
        #expect(wrong.status == 78)
        #expect(problems.map(\.line) == [12])
        let tried = try await Scene(brokers: .without(topic: "orders.replies"))
            .play("wxrelay check --config wxrelay.yaml --connect --output json")
        let findings = try JSONDecoder().decode(Report.self, from: Data(tried.output.utf8)).findings
        #expect(tried.status == 78)
        #expect(
            findings.map { "\($0.subject): \($0.state)" } == [
                "brokers: ok", "topic orders.requests: ok", "topic orders.replies: wrong", "group orders-relay: ok",
                "reading orders.requests: ok", "producer: ok", "token of app 'main': unreachable",
            ]
        )
    }

    @Test("an explanation follows the configuration's overrides and retries")
    func explain() async throws {
        let scene = Scene(change: {
            $0.replacing("    reply:", with: "    retry: {max-attempts: 4}\n    reply:")
                + "errcodes: {-504002: transient}\n"
        })
        let text = try await scene.play("wxrelay explain -504002 --config wxrelay.yaml")
        #expect(
            text.output.contains("class    transient by errcodes: in the configuration; the table says function_failed")
        )
        #expect(text.output.contains("After 4 calls it answers with a failure (reason attempts_exhausted)."))
        let plain = try await scene.play("wxrelay explain -504002")
        #expect(plain.output.contains("class    function_failed\n"))
    }

    @Test(
        "every word that explain takes is explained, and each class has its own action",
        arguments: [
            "-1", "0", "42001", "45011", "45009", "-501004", "47001", "40013", "-504002", "request_timeout", "dns",
            "http 502", "HTTP-413",
        ]
    )
    func explained(code: String) async throws {
        let shell = try Shell()
        let ending = try await shell.run("wxrelay explain \(code) --output json")
        try shell.remove()
        struct Report: Decodable {
            struct Action: Decodable { let sentences: [String] }
            let listed: Bool
            let meaning: String
            let actions: [Action]
        }
        let report = try JSONDecoder().decode(Report.self, from: Data(ending.output.utf8))
        #expect(report.listed && !report.meaning.isEmpty)
        #expect(report.actions.count == 1 && report.actions[0].sentences.isEmpty == false)
    }

    @Test("a reader that goes away is no error to speak of")
    func readerGone() async throws {
        let shell = try Shell()
        let ending = try await shell.run("exec 3> >(exit 0); wait $!; wxrelay config schema >&3; echo $?")
        try shell.remove()
        #expect(ending.output == "74\n")
    }
}
