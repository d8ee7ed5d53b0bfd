import FakeWeChat
import Testing

extension EndToEnd {
    @Suite("Order") struct OrderTests {
        @Test("calls of one key never overlap and keep their order, over retries too; other keys overtake")
        func keys() async throws {
            let keys = 8
            let each = 25
            try await RelayBench.run(partitions: 2) { bench in
                var requests: [Request] = []
                for number in 0..<each {
                    for key in 0..<keys {
                        let outcomes = (number + key) % 5 == 0 ? ["-1", "0"] : []
                        let latency = #""latency-ms":\#((number * 7 + key * 3) % 20)"#
                        requests.append(.directed("\(key)-\(number)", outcomes, more: latency, key: "key \(key)"))
                    }
                }
                try await bench.send(requests)
                let replies = try await bench.replies(requests.count)
                #expect(replies.count { $0.isOK } == requests.count)
                let calls = try await bench.fake.calls()
                for key in 0..<keys {
                    let numbers = calls.map(\.id).filter { $0.hasPrefix("\(key)-") }.compactMap { Int($0.dropFirst(2)) }
                    // A call that began before its predecessor's end would stand before that one's repetition.
                    let expected = (0..<each).flatMap { ($0 + key) % 5 == 0 ? [$0, $0] : [$0] }
                    #expect(numbers == expected, "key \(key)")
                }
                // Keys did go side by side, else their order would prove nothing.
                #expect(try await bench.fake.statistics().highestConcurrency > 1)
                #expect(try await bench.fake.statistics().highestConcurrency <= keys)
            }
        }

        @Test("records without a key wait for nobody")
        func noKey() async throws {
            try await RelayBench.run(partitions: 1) { bench in
                var slow = Request.directed("slow", more: #""latency-ms":4000"#)
                slow.key = nil
                let quick = (1...10).map { number in
                    var request = Request.directed("\(number)")
                    request.key = nil
                    return request
                }
                try await bench.send([slow] + quick)
                let replies = try await bench.replies(11)
                #expect(replies.last?.id == "slow")
                #expect(replies.count { $0.isOK } == 11)
                #expect(try await bench.fake.statistics().highestConcurrency > 1)
            }
        }
    }
}
