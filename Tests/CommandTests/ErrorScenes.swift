import FakeWeChat
import Kafka

/// The scene of each error of `docs/errors.md`, by its heading.
enum ErrorScenes {
    private static func edit(_ old: String, _ new: String) -> Scene {
        Scene(change: { $0.replacing(old, with: new) })
    }

    private static func refused(_ errcode: Int64) -> Scenario {
        var scenario = Scenario()
        scenario.tokenEndpoint.errors = [ErrorShare(Fault(.errcode(errcode)), share: 1)]
        return scenario
    }

    private static var usedUp: Scenario {
        var scenario = Scenario()
        scenario.quota.perDay = 0
        return scenario
    }

    static let all: [String: Scene] = [
        "The configuration file is not there": Scene(),
        "The file is no YAML": edit("group: orders-relay", "group: \"orders-relay"),
        "A tab in the YAML": edit("    app-id:", "\tapp-id:"),
        "A mistyped key": edit("function:", "fucntion:"),
        "A missing key": edit("    env: demo-env\n", ""),
        "A duration without a unit": edit("    base-url", "    timeouts: {request: 8}\n    base-url"),
        "A value that is none of the choices": edit("group:", "start-from: begin\ngroup:"),
        "A librdkafka property that wxrelay sets itself": edit("group:", "  auto.offset.reset: latest\ngroup:"),
        "A librdkafka property that does not exist": edit("group:", "  fetch.min.byte: 1\ngroup:"),
        "A librdkafka property with a wrong value": edit("group:", "  security.protocol: tls\ngroup:"),
        "A topic in two pipelines": Scene(change: {
            $0 + "  refunds:\n    env: demo-env\n    function: refund\n"
                + "    request: {topic: orders.requests}\n    reply: {topic: refunds.replies}\n"
        }),
        "A reply loop": edit("orders.replies", "orders.requests"),
        "An environment variable that is not set": Scene(environment: [:]),
        "A secret's file that is not there (Kafka)": edit(
            "group:",
            "  sasl.password: ${file:kafka-password}\ngroup:"
        ),
        "A secret's file that is not there (WeChat)": Scene(
            change: { $0.replacing("${WX_SECRET}", with: "${file:wx-secret}") },
            brokers: .here,
            wechat: Scenario()
        ),
        "A certificate file that is none": Scene(
            change: {
                $0.replacing("http://127.0.0.1:8088", with: "https://127.0.0.1:8088\n    tls: {ca-file: wxrelay.yaml}")
            },
            brokers: .here
        ),
        "A proxy's URL that is none": edit(
            "    base-url",
            "    proxy: https://relay:s3cret@egress:3128\n    base-url"
        ),
        "Several mistakes at once": edit("  orders:", "  orders:\n    retry: {max: 5}\n    app: min"),
        "The relay does not start with a wrong file": edit("group: orders-relay\n", ""),
        "A recording that cannot be written": Scene(),
        "The brokers do not answer": Scene(wechat: Scenario()),
        "The brokers' name is not known": Scene(
            change: { $0.replacing("127.0.0.1:9092", with: "kafka.invalid:9092") },
            wechat: Scenario()
        ),
        "A topic does not exist": Scene(brokers: .without(topic: "orders.replies"), wechat: Scenario()),
        "The group may not be used": Scene(
            brokers: .refusing(.offsetFetch, .groupAuthorizationFailed),
            wechat: Scenario()
        ),
        "A committed offset that the log has lost": Scene(brokers: .committed(17), wechat: Scenario()),
        "A topic may not be read": Scene(brokers: .refusing(.fetch, .topicAuthorizationFailed), wechat: Scenario()),
        "Nothing may be written": Scene(
            brokers: .refusing(.initProducerID, .clusterAuthorizationFailed),
            wechat: Scenario()
        ),
        "WeChat does not answer": Scene(brokers: .here),
        "The proxy does not answer": Scene(
            change: {
                $0.replacing(
                    "base-url: http://127.0.0.1:8088",
                    with: "base-url: https://api.weixin.qq.com\n    proxy: http://relay:s3cret@127.0.0.1:8088"
                )
            },
            brokers: .here
        ),
        "A wrong app secret": Scene(environment: ["WX_SECRET": "wrong"], brokers: .here, wechat: Scenario()),
        "A wrong app id": Scene(
            change: { $0.replacing("wx0123456789abcdef", with: "wxfedcba9876543210") },
            brokers: .here,
            wechat: Scenario()
        ),
        "The token service does not admit the relay, or has no token there": Scene(
            change: {
                $0.replacing(
                    "app-secret: ${WX_SECRET}",
                    with: "token: {source: url, url: 'http://127.0.0.1:8088/_fake/nowhere?key=k3y'}"
                )
            },
            brokers: .here,
            wechat: Scenario()
        ),
        "The token file is not there": Scene(
            change: { $0.replacing("app-secret: ${WX_SECRET}", with: "token: {source: file, file: wx-token}") },
            brokers: .here
        ),
        "This machine's address is not allowed": Scene(brokers: .here, wechat: refused(40_164)),
        "Today's quota is used up": Scene(brokers: .here, wechat: usedUp),
        "invoke: no such pipeline": Scene(),
        "invoke: the body is no JSON": Scene(),
        "invoke: the body is in several words": Scene(),
        "invoke: the body's file is not there": Scene(),
        "invoke: the brokers do not answer": Scene(),
        "invoke: the topic does not exist": Scene(brokers: .without(topic: "orders.requests")),
        "invoke: no reply": Scene(brokers: .here),
        "invoke: the pipeline is paused": Scene(
            change: { $0.replacing("  orders:\n", with: "  orders:\n    paused: true\n") },
            brokers: .here
        ),
        "invoke --direct: the function does not exist": Scene(wechat: Scenario()),
        "The port is in use": Scene(wechat: Scenario()),
        "An address that is none": Scene(),
        "A scenario that is not there": Scene(),
        "A scenario with a mistake": Scene(files: [
            "away.yaml": "functions:\n  echo: {anwser: echo}\noutages:\n  - {after: 5, for: 5s}\n"
        ]),
        "A number of requests that is none": Scene(),
        "No such command": Scene(),
        "No such option": Scene(),
        "An option is missing": Scene(),
        "explain: no such outcome": Scene(),
        "explain: an errcode that nobody lists": Scene(),
        "The output cannot be written": Scene(),
    ]
}
