import NIOCore
import Sockets
import Testing

@Suite("Name look-ups", .timeLimit(.minutes(10)))
final class NameLookupsTests {
    private let loop = EpollLoop(name: "tests")

    deinit {
        loop.end()
    }

    private func addresses(of host: String, port: Int) async throws -> [SocketAddress] {
        let loop = loop
        let answer = loop.makePromise(of: [SocketAddress].self)
        try await loop.run {
            NameLookups(on: loop).addresses(of: host, port: port) {
                answer.completeWith($0.mapError { $0 as any Error })
            }
        }
        return try await answer.futureResult.get()
    }

    @Test("localhost is this machine, by name and as an address", arguments: ["localhost", "127.0.0.1"])
    func localhost(host: String) async throws {
        let addresses = try await addresses(of: host, port: 9_092)
        #expect(!addresses.isEmpty)
        for address in addresses {
            #expect(address.ipAddress?.hasPrefix("127.") == true || address.ipAddress == "::1")
            #expect(address.port == 9_092)
        }
    }

    @Test("a name that cannot be one is told with itself")
    func unresolved() async throws {
        let error = await #expect(throws: NameUnresolved.self) {
            try await self.addresses(of: "no..such..name", port: 1)
        }
        #expect(error?.description.hasPrefix("'no..such..name' cannot be resolved (") == true)
    }

    @Test(
        "who asks while somebody else's question is under way gets an answer as well, one, in a later turn",
        arguments: ["localhost", "no..such..name"]
    )
    func together(host: String) async throws {
        let (loop, journal) = (loop, Journal())
        let names = try await loop.run { NIOLoopBound(NameLookups(on: loop), eventLoop: loop) }
        for round in 1...2 {
            let answers = try await loop.run {
                let answers = (0..<10).map { number in
                    let isTold = loop.makePromise(of: Void.self)
                    names.value.addresses(of: host, port: 1) { answer in
                        journal.note("\(number): \(answer)")
                        isTold.succeed()
                    }
                    return isTold.futureResult
                }
                journal.note("asked")
                return EventLoopFuture.andAllSucceed(answers, on: loop)
            }
            try await answers.get()
            try await loop.passTurns()
            let entries = journal.entries.suffix(11)
            #expect(journal.entries.count == 11 * round && entries.first == "asked")
            #expect(entries.dropFirst().map { $0.prefix(3) } == (0..<10).map { "\($0): " })
            #expect(Set(entries.dropFirst().map { $0.dropFirst(3) }).count == 1)
        }
    }

    @Test("questions for two ports of one host are two")
    func ports() async throws {
        let loop = loop
        let answers = try await loop.run {
            let names = NameLookups(on: loop)
            return EventLoopFuture.whenAllSucceed(
                [1, 2].map { port in
                    let ports = loop.makePromise(of: Set<Int?>.self)
                    names.addresses(of: "localhost", port: port) { answer in
                        ports.completeWith(answer.map { Set($0.map(\.port)) }.mapError { $0 as any Error })
                    }
                    return ports.futureResult
                },
                on: loop
            )
        }
        #expect(try await answers.get() == [[1], [2]])
    }

    @Test(
        "addresses of both families take turns, the first one's family first, each in its order",
        arguments: [
            ([], []), (["1.0.0.1"], ["1.0.0.1"]), (["::1", "::2"], ["::1", "::2"]),
            (["1.0.0.1", "1.0.0.2", "::1", "::2"], ["1.0.0.1", "::1", "1.0.0.2", "::2"]),
            (["::1", "::2", "::3", "1.0.0.1"], ["::1", "1.0.0.1", "::2", "::3"]),
            (["::1", "1.0.0.1", "1.0.0.2", "1.0.0.3"], ["::1", "1.0.0.1", "1.0.0.2", "1.0.0.3"]),
            (["1.0.0.2", "::2", "1.0.0.1", "::1"], ["1.0.0.2", "::2", "1.0.0.1", "::1"]),
        ]
    )
    func alternating(given: [String], expected: [String]) throws {
        let addresses = try given.map { try SocketAddress(ipAddress: $0, port: 1) }
        #expect(NameLookups.alternating(addresses).map(\.ipAddress) == expected)
    }
}
