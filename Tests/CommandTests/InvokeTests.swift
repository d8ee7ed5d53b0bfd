import FakeWeChat
import Foundation
import Testing

@Suite("wxrelay invoke") struct InvokeTests {
    @Test("a request passes through the relay: the reply's value on standard output, the facts on standard error")
    func throughKafka() async throws {
        var scenario = Scenario()
        scenario.functions["broken"] = FunctionScenario(errors: [ErrorShare(Fault(.errcode(-504_002)), share: 1)])
        let stage = try await Stage(scenario)
        let value = try await stage.shell.run(
            "echo '{\"id\":\"a\"}' | wxrelay invoke --config wxrelay.yaml orders - 2>/dev/null"
        )
        #expect(value == Shell.Ending(output: "{\"id\":\"a\"}\n", status: 0))
        let facts = try await stage.shell.run(
            "wxrelay invoke --config wxrelay.yaml orders --data '{\"id\":\"b\"}' --key k 2>&1 >/dev/null"
        )
        #expect(facts.output.hasPrefix("ok: success, 1 attempt, "))
        #expect(facts.output.contains("; echo in demo-env; request orders.requests/"))
        let json = try await stage.shell.run("wxrelay invoke --config wxrelay.yaml orders --output json")
        let report = try JSONDecoder().decode([String: JSONText].self, from: Data(json.output.utf8))
        #expect(report["status"]?.text == "ok")
        #expect(report["value"]?.text == "{}")
        let refused = try await stage.shell.run(
            "wxrelay invoke --config wxrelay.yaml orders --function broken 2>/dev/null"
        )
        #expect(refused.status == 1)
        #expect(refused.output.contains("\"reason\":\"not_allowed\""))
        #expect(try await stage.fake.countsByID()["a"]?.ran == 1)
        stage.signal(SIGTERM)
        #expect(try await stage.relayEnd().status == 0)
        try await stage.strike()
    }

    @Test("a direct call tells the answer, its class, and what the relay would do")
    func directly() async throws {
        var scenario = Scenario()
        scenario.functions["broken"] = FunctionScenario(errors: [ErrorShare(Fault(.errcode(-504_002)), share: 1)])
        let scene = Scene(wechat: scenario)
        let good = try await scene.play("wxrelay invoke --config wxrelay.yaml orders --direct --data 17 2>/dev/null")
        #expect(good == Shell.Ending(output: "17", status: 0))
        let bad = try await scene.play(
            "wxrelay invoke --config wxrelay.yaml orders --direct --function broken --output json"
        )
        let report = try JSONDecoder().decode([String: JSONText].self, from: Data(bad.output.utf8))
        #expect(report["class"]?.text == "function_failed")
        #expect(report["errcode"]?.text == "-504002")
        #expect(report["rid"] != nil)
        #expect(bad.status == 1)
        let away = try await Scene().play("wxrelay invoke --config wxrelay.yaml orders --direct")
        #expect(away.status == 69)
    }

    @Test("a second signal ends a relay at once, whatever is under way, and says so", .timeLimit(.minutes(10)))
    func secondSignal() async throws {
        var scenario = Scenario()
        scenario.functions["echo"] = FunctionScenario(errors: [ErrorShare(Fault(.hang), share: 1)])
        let stage = try await Stage(scenario)
        let asking = Pipe()
        let invoke = "exec wxrelay invoke --config wxrelay.yaml orders --timeout 5m"
        let request = try stage.shell.start(invoke, output: asking)
        while try await stage.fake.statistics().calls == 0 { try await Task.sleep(for: .milliseconds(20)) }
        stage.signal(SIGINT, SIGTERM)
        let ending = try await stage.relayEnd()
        #expect(ending.status == 75)
        // Between its last words and its end another thread may log a line.
        let words = ending.output.split(separator: "\n").filter { !$0.hasPrefix("{") }
        let last = "second signal: ends at once; what was begun is taken up at the next start"
        #expect(words.last == last[...] && ending.output.contains(last + "\n"), "\(ending.output)")
        request.terminate()
        _ = try await stage.shell.end(of: request, asking)
        try await stage.strike()
    }

    @Test("a signal ends a relay that still waits for its brokers, at once and without complaint")
    func signalWhileWaiting() async throws {
        let ending = try await Scene(wechat: Scenario()).play(
            """
            : > log
            wxrelay run --config wxrelay.yaml >> log & relay=$!
            grep -q waiting <(tail -f --pid $relay log)
            kill $relay; wait $relay; status=$?; cat log; exit $status
            """
        )
        #expect(ending.status == 0)
        #expect(ending.output.contains("waiting: the brokers do not answer: 127.0.0.1:9092: Connection refused"))
        #expect(ending.output.split(separator: "\n").count == 2, "\(ending.output)")
    }
}

/// A JSON value whose text is all that is asked for.
struct JSONText: Decodable {
    let text: String?

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        // Numbers and lists have no text.
        text = try? container.decode(String.self)
    }
}
