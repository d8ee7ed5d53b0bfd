import Glibc
import RelayCore
import Testing
import WeChatClient

@Suite("Token source file", .timeLimit(.minutes(10)))
struct FileTokenTests {
    /// A folder with the token's file, and a keeper that looks at it each few milliseconds.
    private struct Bench {
        let folder: String
        let bench: TokenBench
        var file: String { folder + "/token" }

        init(_ content: String?, path: String? = nil, every: Duration = .milliseconds(5)) throws {
            var template = Array("/tmp/token-file-XXXXXX".utf8CString)
            guard mkdtemp(&template) != nil else { throw Failure(call: "mkdtemp") }
            let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            self.folder = folder
            bench = try TokenBench(
                baseURL: "http://127.0.0.1:\(ScriptedServer.deadPort)",
                secret: nil,
                source: { _ in
                    .file(folder + "/token", at: path.flatMap { TokenPath($0) }, every: every)
                }
            )
            if let content { try write(content) }
        }

        /// Over what is there, through a moment in which the file is empty.
        func write(_ content: String, to name: String = "token") throws {
            guard let stream = fopen(folder + "/" + name, "w") else { throw Failure(call: "fopen") }
            fflush(stream)
            fputs(content, stream)
            guard fclose(stream) == 0 else { throw Failure(call: "fclose") }
        }

        /// Another file in its place.
        func replace(_ content: String) throws {
            try write(content, to: "next")
            guard rename(folder + "/next", file) == 0 else { throw Failure(call: "rename") }
        }

        func end() throws {
            bench.keeper.stop()
            unlink(file)
            guard rmdir(folder) == 0 else { throw Failure(call: "rmdir") }
        }
    }

    struct Failure: Error {
        let call: String
        let code = errno
    }

    private static func ready(_ generation: UInt64, _ value: String) -> TokenUpdate {
        .ready(AccessToken(generation: generation, value: Secret(value), expires: nil))
    }

    /// The next token. Between two looks the writer may stand still for a moment, with the file empty: a token is left then.
    private static func token(_ updates: inout AsyncStream<TokenUpdate>.Iterator) async -> TokenUpdate? {
        while let update = await updates.next(isolation: #isolation) {
            if case .refused(_, _, _, isUsable: true) = update { continue }
            return update
        }
        return nil
    }

    /// The words of a refusal; nil for any other update.
    private static func words(_ update: TokenUpdate?, _ code: Int64, isUsable: Bool) -> String? {
        guard case .refused(.errcode(code), let errmsg, nil, isUsable) = update else { return nil }
        return errmsg
    }

    @Test("the token in the file is used, and the next one as soon as it is there, renamed into place or written over")
    func rewritten() async throws {
        let bench = try Bench("first\n")
        var updates = bench.bench.updates.makeAsyncIterator()
        bench.bench.keeper.start()
        #expect(await Self.token(&updates) == Self.ready(1, "first"))
        try bench.replace("second")
        #expect(await Self.token(&updates) == Self.ready(2, "second"))
        try bench.write("third\r\n")
        #expect(await Self.token(&updates) == Self.ready(3, "third"))
        // The same content written again is no news.
        try bench.replace("third")
        bench.bench.keeper.retry()
        #expect(await Self.token(&updates) == Self.ready(3, "third"))
        try bench.end()
    }

    @Test("the file may hold JSON, with the token at a path", arguments: [nil, "data.token"] as [String?])
    func json(path: String?) async throws {
        let document = "{\"access_token\":\"plain\",\"expires_in\":7200,\"data\":{\"token\":\"deep\"}}"
        let bench = try Bench(document, path: path)
        var updates = bench.bench.updates.makeAsyncIterator()
        bench.bench.keeper.start()
        #expect(await updates.next() == Self.ready(1, path == nil ? "plain" : "deep"))
        try bench.end()
    }

    @Test("no file, an empty one and a foreign one are told each once, and the token when it is there")
    func notYet() async throws {
        let bench = try Bench(nil)
        var updates = bench.bench.updates.makeAsyncIterator()
        bench.bench.keeper.start()
        let place = "the token file '\(bench.file)'"
        #expect(Self.words(await updates.next(), 41001, isUsable: false) == "\(place) does not exist")
        try bench.replace(" \n")
        #expect(Self.words(await updates.next(), 41001, isUsable: false) == "\(place) is empty")
        try bench.replace("<html>")
        #expect(Self.words(await updates.next(), 41001, isUsable: false) == "\(place) holds an HTML page")
        try bench.replace("TOKEN")
        #expect(await updates.next() == Self.ready(1, "TOKEN"))
        try bench.end()
    }

    @Test("a file that goes, or stays empty, leaves the token in use; when it is back as it was, so is the token")
    func gone() async throws {
        let bench = try Bench("TOKEN")
        var updates = bench.bench.updates.makeAsyncIterator()
        bench.bench.keeper.start()
        #expect(await updates.next() == Self.ready(1, "TOKEN"))
        unlink(bench.file)
        #expect(Self.words(await updates.next(), 41001, isUsable: true)?.hasSuffix("does not exist") == true)
        try bench.replace("TOKEN")
        #expect(await updates.next() == Self.ready(1, "TOKEN"))
        try bench.replace("")
        #expect(Self.words(await updates.next(), 41001, isUsable: true)?.hasSuffix("is empty") == true)
        try bench.replace("NEXT")
        #expect(await updates.next() == Self.ready(2, "NEXT"))
        try bench.end()
    }

    @Test("one look at an empty file tells nothing but the token in use, the next one that the file is empty")
    func emptyMoment() async throws {
        // Only the looks that the test asks for.
        let bench = try Bench("TOKEN", every: .seconds(3_600))
        var updates = bench.bench.updates.makeAsyncIterator()
        bench.bench.keeper.start()
        #expect(await updates.next() == Self.ready(1, "TOKEN"))
        try bench.replace("")
        bench.bench.keeper.retry()
        #expect(await updates.next() == Self.ready(1, "TOKEN"))
        bench.bench.keeper.retry()
        #expect(Self.words(await updates.next(), 41001, isUsable: true)?.hasSuffix("is empty") == true)
        try bench.end()
    }

    @Test("a refused token stays refused until another one is in the file")
    func refused() async throws {
        let bench = try Bench("T0KEN-VALUE")
        var updates = bench.bench.updates.makeAsyncIterator()
        bench.bench.keeper.start()
        #expect(await updates.next() == Self.ready(1, "T0KEN-VALUE"))
        bench.bench.keeper.refresh(refused: 7)
        for _ in 0..<10 { bench.bench.keeper.refresh(refused: 1) }
        #expect(Self.words(await updates.next(), 40001, isUsable: false)?.contains("WeChat refuses") == true)
        bench.bench.keeper.retry()
        #expect(Self.words(await updates.next(), 40001, isUsable: false)?.contains("WeChat refuses") == true)
        try bench.replace("next")
        #expect(await updates.next() == Self.ready(2, "next"))
        #expect(bench.bench.log.text.allSatisfy { !$0.contains("T0KEN-VALUE") })
        try bench.end()
    }

    @Test("what cannot be a token's file is told as such")
    func strange() async throws {
        for (content, words) in [(String(repeating: "x", count: 70_000), "larger than 64 KiB"), (nil, "is a folder")] {
            let bench = try Bench(content)
            if content == nil { mkdir(bench.file, 0o700) }
            var updates = bench.bench.updates.makeAsyncIterator()
            bench.bench.keeper.start()
            #expect(Self.words(await updates.next(), 41001, isUsable: false)?.contains(words) == true)
            if content == nil { rmdir(bench.file) }
            try bench.end()
        }
    }
}
