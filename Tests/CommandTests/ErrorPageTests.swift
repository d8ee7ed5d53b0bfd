import Foundation
import Testing

@Suite("docs/errors.md") struct ErrorPageTests {
    @Test("each error of the page has a scene, and each scene its place on the page")
    func isComplete() throws {
        let titles = try ErrorPage().entries.map(\.title)
        #expect(Set(titles) == Set(ErrorScenes.all.keys))
        #expect(titles.count == Set(titles).count)
        #expect(titles.count >= 20)
    }

    @Test("the binary says what the page says", arguments: try ErrorPage().entries)
    func isTrue(entry: ErrorPage.Entry) async throws {
        let scene = try #require(ErrorScenes.all[entry.title])
        let ending = try await scene.play(entry.command)
        let lines = ending.output.split(separator: "\n").map(String.init)
        let isSaid = ErrorPage.matches(lines, entry.said) && ending.status == entry.status
        if ErrorPage.isRecording, !isSaid { try ErrorPage.record(entry, ending) }
        #expect(isSaid, "\(entry.command) says, with the exit code \(ending.status):\n\(ending.output)")
    }

    @Test("… stands for any number of lines, or for any text in one, and nothing else stands for anything")
    func elision() {
        #expect(ErrorPage.matches(["a", "b", "c"], ["…", "c"]))
        #expect(ErrorPage.matches(["c"], ["…", "c"]))
        #expect(!ErrorPage.matches(["a", "b", "c"], ["…", "b"]))
        #expect(!ErrorPage.matches(["a", "b"], ["a"]))
        #expect(ErrorPage.matches(["rid: 1-2; why"], ["rid: …; why"]))
        #expect(!ErrorPage.matches(["rid: 1-2; who"], ["rid: …; why"]))
    }
}
