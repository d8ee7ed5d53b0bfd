import FakeWeChat
import Testing

extension EndToEnd {
    @Suite("Reach") struct ReachTests {
        @Test("calls and tokens reach the second host through a proxy with a password, which goes away and comes back")
        func proxyAndFallBack() async throws {
            let proxy = try ConnectProxy(credentials: "us@er:hunter2")
            defer { proxy.goAway() }
            try await RelayBench.run(startsRelay: false) { bench in
                // Nobody listens there, which only the proxy sees.
                let first = "127.0.0.1:1"
                let second = "127.0.0.1:\(bench.fake.port)"
                var settings = RelaySettings.directed
                settings.app["base-url"] = "['http://\(first)/v1', 'http://\(second)']"
                settings.app["proxy"] = "http://us%40er:hunter2@127.0.0.1:\(proxy.port)"
                let relay = try bench.start(settings)
                try await bench.send(
                    [.directed("retired", ["48017", "0"])] + (1...49).map { .directed("\($0)") }
                )
                let replies = try await bench.replies(50)
                #expect(replies.count { $0.isOK } == 50)
                // Another host is no other attempt; another address of a host is.
                #expect(replies.count { $0["wxrelay-attempts"] == "1" } == 49)
                #expect(replies.first { $0.id == "retired" }?["wxrelay-attempts"] == "2")
                #expect(replies.allSatisfy { $0["wxrelay-invocations-possible"] == "1" })
                #expect(try relay.holdsOpened == 0)
                #expect(Set(proxy.asked.keys) == [first, second])
                // One change for calls, one for tokens.
                let changes = try relay.log.filter { $0.message == "another host is in use" }
                #expect(changes.map { $0["host"] } == ["http://\(second)", "http://\(second)"])

                proxy.goAway()
                try await bench.send((51...80).map { .directed("\($0)") })
                let hold = try await relay.opensHold("outage")
                #expect(hold["code"] == "connect_refused")
                #expect(hold["errmsg"]?.contains("the proxy http://***@127.0.0.1:\(proxy.port)") == true)
                #expect(try await bench.replies(50).count == 50)
                try proxy.comeBack()
                #expect(try await bench.replies(80).count { $0.isOK } == 80)
                try await bench.everythingCommitted()

                let said = try relay.text + relay.errorText
                #expect(!said.contains("hunter2") && !said.contains("us%40er") && !said.contains("Basic "))
            }
        }
    }
}
