import Dispatch
import Foundation
import NIOCore
import Sockets
import Testing

@Suite("Event loop: its end", .timeLimit(.minutes(10)))
struct EpollLoopEndTests {
    @Test("a loop goes once it is shut down and nobody has it any more")
    func goes() async throws {
        let loop = try await Self.ended { loop in try await loop.shutdownGracefully() }
        try await loop.isGone()
    }

    @Test("a loop goes although a timer is not due, a descriptor is left with it, a closure comes too late")
    func goesWithRemains() async throws {
        let pair = try DescriptorPair()
        let loop = try await Self.ended { loop in
            loop.scheduleTask(in: .hours(1)) {}
            try await loop.run { try loop.add(pair.near, of: Owner { _ = loop }, for: .readable) }
            try await loop.shutdownGracefully()
            // The turn in which it arrived may not be over: this one may run or not, but it may not keep the loop.
            for _ in 0..<1_000 { loop.execute { _ = loop.inEventLoop } }
        }
        try await loop.isGone()
        pair.close()
    }

    @Test("the turn in which the shutdown arrives is the last one, and is done to its end")
    func lastTurn() async throws {
        let journal = Journal()
        let loop = try await Self.ended { loop in
            let held = DispatchSemaphore(value: 0)
            loop.execute { held.wait() }
            loop.execute {
                journal.note("before")
                loop.execute { journal.note("handed over") }
            }
            loop.end()
            loop.execute { journal.note("behind") }
            held.signal()
        }
        try await loop.isGone()
        #expect(journal.entries == ["before", "behind"])
    }

    @Test("a loop that has ended takes no other thread for its own")
    func formerThread() async throws {
        let former = EpollLoop(name: "former")
        try await former.run {}
        try await former.shutdownGracefully()
        // The system gives a thread that is gone back to the next that asks for one.
        for _ in 0..<20 {
            let loop = EpollLoop(name: "tests")
            #expect(try await loop.run { former.inEventLoop } == false)
            try await loop.shutdownGracefully()
        }
    }

    @Test("loops that come and go leave no descriptors behind")
    func descriptors() async throws {
        let count = 300
        let before = try Self.openDescriptors()
        for _ in 0..<count {
            let loop = try await Self.ended { loop in try await loop.shutdownGracefully() }
            try await loop.isGone()
        }
        // Each has one of either kind. Other tests of this process have loops meanwhile, but not so many.
        #expect(try Self.openDescriptors() < before + count / 2)
    }

    /// How many descriptors are a loop's own.
    private static func openDescriptors() throws -> Int {
        let folder = "/proc/self/fd"
        return try FileManager.default.contentsOfDirectory(atPath: folder).count { name in
            // One that was closed since is none.
            let kind = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)")
            return kind == "anon_inode:[eventpoll]" || kind == "anon_inode:[eventfd]"
        }
    }

    /// Makes a loop that is used and shut down.
    private static func ended(_ use: (EpollLoop) async throws -> Void) async throws -> Weak<EpollLoop> {
        let loop = EpollLoop(name: "tests")
        try await use(loop)
        return Weak(loop)
    }
}

extension Weak {
    /// Waits until the object is gone; the test's time limit ends the wait.
    fileprivate func isGone() async throws {
        while object != nil { try await Task.sleep(for: .milliseconds(1)) }
    }
}
