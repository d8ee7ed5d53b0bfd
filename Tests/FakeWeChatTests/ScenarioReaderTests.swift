import FakeWeChat
import Foundation
import RelayCore
import Testing

@Suite("Scenario files") struct ScenarioReaderTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../config/scenarios").standardizedFileURL

    private static let names = [
        "errcodes", "hostile-answers", "outage", "quota", "steady", "token-refresh",
    ]

    private static func problems(_ yaml: String) -> String? {
        do {
            _ = try Scenario(yaml: yaml, file: "x.yaml")
            return nil
        } catch {
            return error.description
        }
    }

    @Test("every shipped scenario parses and has the function and environment of the demo", arguments: names)
    func shipped(name: String) throws {
        let scenario = try Scenario(contentsOf: Self.folder.appending(path: "\(name).yaml").path)
        #expect(scenario.functions["echo"] != nil)
        #expect(scenario.environments == ["demo-env"])
        #expect(scenario.app.secret == Scenario().app.secret)
    }

    @Test("the folder holds those scenarios and no others")
    func folder() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(files.sorted() == Self.names.map { "\($0).yaml" })
    }

    @Test("the built-in scenario is the steady one")
    func builtIn() throws {
        #expect(try Scenario(contentsOf: Self.folder.appending(path: "steady.yaml").path) == Scenario())
    }

    @Test("a scenario with everything in it is read as it is written")
    func whole() throws {
        let yaml = """
            seed: 9
            app: {id: wx1, secret: s, token-lifetime: 90s, token-overlap: 1m, token-length: 64, cloudbase-token: c}
            environments: [e1, e2]
            quota: {per-minute: 10, per-day: 20, concurrency: 5}
            json-bodies-only: true
            max-body: 2MiB
            functions:
              f:
                answer: {text: hello, status: 201, content-type: text/plain}
                latency: {exponential: 1.5ms, max: 2s}
                time-limit: 500us
                concurrency: 3
                errors: [{errcode: -1, errmsg: busy, status: 500, share: 3%}, {status: 429, retry-after: 3s, share: 0.5}]
              g: {steps-per: id, steps: [{hang: true, ran: false, times: 2}, {close: mid-answer}, {answer: {size: 4KiB}}]}
            token-endpoint: {latency: {uniform: [1ms, 2ms]}, steps: [{errcode: 40164}, {answer: token}]}
            outages: [{kind: no-tokens, after: 1s, for: 2s, every: 3h}]
            """
        var expected = Scenario()
        expected.seed = 9
        expected.app.id = "wx1"
        expected.app.secret = Secret("s")
        expected.app.tokenLifetime = .seconds(90)
        expected.app.tokenOverlap = .seconds(60)
        expected.app.tokenLength = 64
        expected.app.cloudbaseToken = Secret("c")
        expected.environments = ["e1", "e2"]
        expected.quota.perMinute = 10
        expected.quota.perDay = 20
        expected.quota.concurrency = 5
        expected.jsonBodiesOnly = true
        expected.maxBody = 2 << 20
        let f = FunctionScenario(
            answer: ScriptedAnswer(.text("hello"), status: 201, contentType: "text/plain"),
            latency: .exponential(mean: .microseconds(1_500), max: .seconds(2)),
            timeLimit: .microseconds(500),
            concurrency: 3,
            errors: [
                ErrorShare(Fault(.errcode(-1, errmsg: "busy", status: 500)), share: 0.03),
                ErrorShare(Fault(.status(429, retryAfter: .seconds(3))), share: 0.5),
            ]
        )
        let g = FunctionScenario(
            steps: StepSequence([
                .init(.fault(Fault(.hang, ran: false)), times: 2), .init(.fault(Fault(.closeMidAnswer))),
                .init(.answer(ScriptedAnswer(.size(4_096)))),
            ]),
            stepsPer: .id
        )
        expected.functions = ["f": f, "g": g]
        expected.tokenEndpoint = Scenario.TokenEndpointScenario(
            latency: .uniform(.milliseconds(1), .milliseconds(2)),
            steps: StepSequence([.init(Fault(.errcode(40_164))), .init(nil)])
        )
        expected.outages = [
            Scenario.Outage(kind: .noTokens, after: .seconds(1), lasting: .seconds(2), every: .seconds(10_800))
        ]
        #expect(try Scenario(yaml: yaml, file: "x.yaml") == expected)
    }

    @Test("an unknown key is named with its place and the nearest known one")
    func unknownKey() {
        #expect(
            Self.problems("functions:\n  echo:\n    answer: echo\n    latencyy: {fixed: 1ms}\n")
                == "x.yaml:4:5: unknown key 'latencyy'; did you mean 'latency'?"
        )
        #expect(Self.problems("qutoa: {}\n") == "x.yaml:1:1: unknown key 'qutoa'; did you mean 'quota'?")
        #expect(
            Self.problems("quota: {speed: 5}\n")
                == "x.yaml:1:9: unknown key 'speed'; known here: per-minute, per-day, concurrency"
        )
    }

    @Test("all problems are found in one go, in the order of the file")
    func allAtOnce() {
        let yaml = """
            seed: -1
            app: {token-lifetime: 5 fish, token-length: 9}
            environments: demo-env
            functions:
              f: {answer: eco, latency: {uniform: [2ms, 1ms]}, concurrency: many}
              g: {answer: echo, steps: [{errcode: 1, close: now}], errors: [{errcode: 1}]}
              h: {errors: [{status: 500, share: 60%}, {hang: true, share: 0.5}], steps-per: id}
              i: {answer: {text: a, size: 1}}
              j: {answer: {resp-data: "text"}}
            outages: [{after: 1s}, {kind: flood, after: 1s, for: 2s, every: 1s}]
            """
        let expected = """
            x.yaml:1:7: seed: expected a whole number from 0, found '-1'
            x.yaml:2:23: token-lifetime: expected a duration such as 250ms or 5s, found '5 fish'
            x.yaml:2:45: token-length: expected a whole number from 16 to 512, found '9'
            x.yaml:3:15: environments: expected a list
            x.yaml:5:15: answer: expected one of control-characters, directed, echo, gbk, no-resp-data, \
            or one of {text: …}, {size: …}, {raw: …}, {resp-data: …}
            x.yaml:5:39: uniform: expected the smaller duration first
            x.yaml:5:65: concurrency: expected a whole number from 1 to 1000000000, found 'many'
            x.yaml:6:15: answer: a function with 'steps' takes its outcomes from them alone
            x.yaml:6:29: expected one of errcode, status, close, hang (errcode and status may stand together)
            x.yaml:6:64: errors: a function with 'steps' takes its outcomes from them alone
            x.yaml:6:65: errors: an error needs a 'share'
            x.yaml:7:15: errors: the shares add up to more than 100%
            x.yaml:7:81: steps-per: there are no 'steps'
            x.yaml:8:15: answer: expected one of text, size, raw, resp-data
            x.yaml:9:27: resp-data: expected null, true, false or a number; a string is written as {text: …}
            x.yaml:10:11: outages: an outage needs 'after' and 'for'
            x.yaml:10:31: kind: expected one of refuse, unavailable, no-tokens, found 'flood'
            x.yaml:10:65: every: expected more than 'for', else the outage never ends
            """
        #expect(Self.problems(yaml) == expected)
    }

    @Test(
        "a text that is no scenario at all is a problem with a place",
        arguments: [
            ("", "x.yaml:1:1: the file is empty"),
            ("- a\n", "x.yaml:1:1: x.yaml: expected keys with values"),
            ("seed: 1\nseed: 2\n", "x.yaml:1:1: a key stands here twice: 'seed'"),
            ("quota: {per-day: 5\n", "x.yaml:2:1: this is no YAML: did not find expected ',' or '}'"),
        ]
    )
    func noScenario(yaml: String, expected: String) {
        #expect(Self.problems(yaml) == expected)
    }

    @Test("a file that is not there is a problem too")
    func missingFile() {
        #expect(throws: ScenarioProblems.self) { try Scenario(contentsOf: "no/such/scenario.yaml") }
    }
}
