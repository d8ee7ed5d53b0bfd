import Glibc
import NIOCore
import Sockets
import Testing

@Suite("Event loop: descriptors", .timeLimit(.minutes(10)))
final class EpollLoopDescriptorTests {
    private let loop = EpollLoop(name: "tests")

    deinit {
        loop.end()
    }

    @Test("who does not read is told again, each turn; who has read is not")
    func levelTriggered() async throws {
        let (loop, pair, journal) = (loop, try DescriptorPair(), Journal())
        try await loop.run {
            pair.fill()
            let owner = Owner {
                journal.note("told")
                guard journal.entries.count == 3 else { return }
                drain(pair.near)
            }
            try loop.add(pair.near, of: owner, for: .readable)
        }
        try await loop.passTurns(10)
        #expect(journal.entries.count == 3)
        pair.fill()
        try await loop.passTurns()
        #expect(journal.entries.count > 3)
        try await loop.run { loop.remove(pair.near) }
        pair.close()
    }

    @Test(
        "who waits to read is not told of room to write until it asks for that, and not any more when it asks no longer"
    )
    func interest() async throws {
        let (loop, pair, journal) = (loop, try DescriptorPair(), Journal())
        try await loop.run { try loop.add(pair.near, of: Owner { journal.note("told") }, for: .readable) }
        try await loop.passTurns()
        #expect(journal.entries.isEmpty)
        try await loop.run { loop.change(pair.near, to: [.readable, .writable]) }
        try await loop.passTurns()
        #expect(!journal.entries.isEmpty)
        try await loop.run { loop.change(pair.near, to: .readable) }
        let count = journal.entries.count
        try await loop.passTurns()
        #expect(journal.entries.count == count)
        pair.fill()
        try await loop.passTurns()
        #expect(journal.entries.count > count)
        try await loop.run { loop.remove(pair.near) }
        pair.close()
    }

    @Test(
        "a peer's end is told to whoever waits to read, and to one that waits for nothing",
        arguments: [Readiness.readable, []]
    )
    func end(readiness: Readiness) async throws {
        let (loop, pair, journal) = (loop, try DescriptorPair(), Journal())
        try await loop.run { try loop.add(pair.near, of: Owner { journal.note("told") }, for: readiness) }
        try await loop.passTurns()
        #expect(journal.entries.isEmpty)
        pair.closeFar()
        try await loop.passTurns()
        #expect(!journal.entries.isEmpty)
        try await loop.run { loop.remove(pair.near) }
        close(pair.near)
    }

    @Test("who is removed in the turn in which its descriptor became ready too is told nothing")
    func removedInTheTurn() async throws {
        let (loop, one, other, journal) = (loop, try DescriptorPair(), try DescriptorPair(), Journal())
        try await loop.run {
            // Both are ready before the loop looks, so it gets them in one batch.
            one.fill()
            other.fill()
            let first = Owner {
                journal.note("one")
                drain(one.near)
                loop.remove(other.near)
            }
            let second = Owner {
                journal.note("other")
                drain(other.near)
                loop.remove(one.near)
            }
            try loop.add(one.near, of: first, for: .readable)
            try loop.add(other.near, of: second, for: .readable)
        }
        try await loop.passTurns()
        #expect(journal.entries.count == 1)
        let isOne = journal.entries == ["one"]
        try await loop.run { loop.remove(isOne ? one.near : other.near) }
        one.close()
        other.close()
    }

    @Test(
        "who gets a descriptor's number in the turn in which it became ready is not told what its former owner was to be"
    )
    func numberUsedAgain() async throws {
        let (loop, one, other, next) = (loop, try DescriptorPair(), try DescriptorPair(), try DescriptorPair())
        let journal = Journal()
        try await loop.run {
            one.fill()
            other.fill()
            // What the first that is told does to the other one.
            let replace: @Sendable (CInt, CInt) -> Void = { own, victim in
                drain(own)
                loop.remove(victim)
                // Closes it, and gives its number to a connection on which nothing has come.
                dup2(next.near, victim)
                do {
                    try loop.add(victim, of: Owner { journal.note("next") }, for: .readable)
                } catch {
                    Issue.record(error)
                }
            }
            let first = Owner {
                journal.note("former")
                replace(one.near, other.near)
            }
            let second = Owner {
                journal.note("former")
                replace(other.near, one.near)
            }
            try loop.add(one.near, of: first, for: .readable)
            try loop.add(other.near, of: second, for: .readable)
        }
        try await loop.passTurns()
        #expect(journal.entries == ["former"])
        next.fill()
        try await loop.passTurns()
        #expect(journal.count(of: "former") == 1 && journal.count(of: "next") > 0)
        try await loop.run {
            // Whichever was told first, both numbers are with the loop.
            loop.remove(one.near)
            loop.remove(other.near)
        }
        for pair in [one, other, next] { pair.close() }
    }

    @Test("of more ready descriptors than one look gets each is told, and closures run beside them")
    func manyReady() async throws {
        // All of them of one end on which something has come that nobody takes.
        let pair = try DescriptorPair()
        pair.fill()
        let descriptors = (0..<600).map { _ in dup(pair.near) }
        #expect(descriptors.allSatisfy { $0 >= 0 })
        let (loop, journal) = (loop, Journal())
        try await loop.run {
            for descriptor in descriptors {
                try loop.add(descriptor, of: Owner { journal.note("\(descriptor)") }, for: .readable)
            }
        }
        try await loop.passTurns(20)
        #expect(Set(journal.entries) == Set(descriptors.map(String.init)))
        try await loop.run {
            for descriptor in descriptors { loop.remove(descriptor) }
        }
        for descriptor in descriptors { close(descriptor) }
        pair.close()
    }

    @Test("the loop keeps an owner until its descriptor is removed, and no longer")
    func owners() async throws {
        let (loop, pair) = (loop, try DescriptorPair())
        let owner = try await loop.run {
            let owner = Owner {}
            try loop.add(pair.near, of: owner, for: .readable)
            return Weak(owner)
        }
        try await loop.passTurns()
        #expect(owner.object != nil)
        try await loop.run { loop.remove(pair.near) }
        #expect(owner.object == nil)
        pair.close()
    }
}
