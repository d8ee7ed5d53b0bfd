import Foundation
import RelayCore
import Testing
import WeChatClient

/// One exchange of each kind, its bytes as they went over a socket: the files `<name>.request` and `<name>.answer` in
/// `Fixtures/Exchanges`.
///
/// `call-query` and `stable-token` were captured between `wxrelay invoke --direct` and `wxrelay fake-wechat`, `connect`
/// between it and tinyproxy 1.11.1; the others are requests in the client's manner, and the fake's answers to them.
struct Exchange: Sendable, CustomTestStringConvertible {
    let name: String
    /// Whether the fake is the other side.
    var isFakes = true
    /// Does the exchange as the client does it, with the server at that port of 127.0.0.1, and tells what the client read
    /// of the answer; nil when there is no client for it.
    var client: (@Sendable (_ port: Int) async throws -> String)?
    /// What the client reads of the answer in the file.
    var reading = ""

    var testDescription: String { name }

    /// A kind of exchange is one entry here and its two files.
    static let all = [
        Exchange(name: "call-query", client: { try await call($0, appendCall) }, reading: "0 \(input)"),
        Exchange(name: "call-body", client: { try await callInBody($0) }, reading: "0 \(input)"),
        Exchange(name: "stable-token", client: { try await token(at: $0) }, reading: "7200 s \(recordedToken)"),
        Exchange(
            name: "classic-token",
            client: { try await token(at: $0, from: { .classic(appID: appID, secret: $0) }) },
            reading: "7200 s \(recordedClassicToken)"
        ),
        Exchange(
            name: "token-service-json",
            client: { try await token(at: $0, from: service("/_fake/token")) },
            reading: "7199 s \(recordedToken)"
        ),
        Exchange(
            name: "token-service-text",
            client: { try await token(at: $0, from: service("/_fake/token?format=text")) },
            reading: "nobody knows how long \(recordedToken)"
        ),
        Exchange(name: "quota", client: { try await quota(at: $0) }, reading: "0 "),
        Exchange(name: "connect", isFakes: false, client: { try await tunnel($0) }, reading: "through the tunnel"),
    ]

    func request() throws -> String { try text("request") }
    func answer() throws -> String { try text("answer") }

    private func text(_ ending: String) throws -> String {
        let path = "Fixtures/Exchanges/\(name).\(ending)"
        let file = try #require(Bundle.module.url(forResource: path, withExtension: nil))
        return String(decoding: try Data(contentsOf: file), as: UTF8.self)
    }
}

// MARK: What the client does

extension Exchange {
    static let input = #"{"user":42,"name":"小王"}"#
    static let appID = "wx0123456789abcdef"
    /// The one in the files of calls; the fake's own.
    static let recordedToken =
        "82_neL5Al1oWh-AKo7jxuIGcNsf31rnKE6tcXM1BY8GHjyB4eWz60l4QPvvMSSU_8biszrp7hH1zODT-Vd5hXyJx5ucAo-CLu4BQyRBTbSlLvWs7"
        + "ameiXSvEC7iefwwTdEF4tWwA"
    static let recordedClassicToken =
        "78_WSTsyqzjVNk9_EWfxGsoWNp0kQArPanlzF15c2Pmbbja8btpWFi5XZAuwmC4QFFadugndz_7lEZLhNYtkTN5ReRHrr1h5vRHqQcAr-YKegE3hD"
        + "zUqesbh3F2qT5zweIIJn61q"

    @Sendable private static func appendCall(_ target: inout [UInt8]) {
        CallCodec().appendCallTarget(
            token: Secret(recordedToken),
            environment: "demo-env",
            function: "echo",
            into: &target
        )
    }

    private static func callInBody(_ port: Int) async throws -> String {
        var body: [UInt8] = []
        let input = Array(input.utf8)
        CallCodec.appendBody(environment: "demo-env", function: "echo", into: &body) { $0(input.span.bytes) }
        return try await call(port, body: String(decoding: body, as: UTF8.self)) {
            CallCodec(style: .body).appendCallTarget(
                token: Secret(recordedToken),
                environment: "demo-env",
                function: "echo",
                into: &$0
            )
        }
    }

    private static func quota(at port: Int) async throws -> String {
        try await call(port, body: String(decoding: CallCodec.quotaBody, as: UTF8.self)) {
            CallCodec().appendQuotaTarget(token: Secret(recordedToken), into: &$0)
        }
    }

    /// The errcode and the unescaped `resp_data`.
    private static func call(
        _ port: Int,
        body: String = input,
        _ appendTarget: @Sendable (inout [UInt8]) -> Void
    ) async throws -> String {
        var target: [UInt8] = []
        appendTarget(&target)
        let client = try await TestClient.start("http://127.0.0.1:\(port)")
        let outcome = try await client.outcome(body, target: String(decoding: target, as: UTF8.self))
        try await client.with { $0.client.shutDown() }
        guard case .answered(let status, let text, _) = outcome else { return "\(outcome)" }
        var respData: [UInt8] = []
        let bytes = Array(text.utf8)
        let answer = AnswerReader.read(status: status, body: bytes.span.bytes, respData: &respData)
        guard case .errcode(let code) = answer.code else { return "\(answer.code)" }
        return "\(code) \(String(decoding: respData, as: UTF8.self))"
    }

    /// How long the token is good, and the token.
    private static func token(
        at port: Int,
        from source: (@Sendable (@escaping @Sendable () throws -> Secret) -> TokenSource)? = nil
    ) async throws -> String {
        let bench = try TokenBench(
            baseURLs: ["http://127.0.0.1:\(port)"],
            secret: "fake-secret",
            appID: appID,
            source: source
        )
        var updates = bench.updates.makeAsyncIterator()
        bench.keeper.start()
        let update = await updates.next()
        bench.keeper.stop()
        guard case .ready(let token) = update else { return "\(String(describing: update))" }
        let life = token.expires.map { "\($0.nanoseconds / 1_000_000_000) s" } ?? "nobody knows how long"
        return "\(life) \(token.value.exposed)"
    }

    private static func service(
        _ target: String
    ) -> @Sendable (@escaping @Sendable () throws -> Secret) -> TokenSource {
        { _ in
            .service(TokenService(name: "http://127.0.0.1", target: Secret(target), bearer: nil, path: nil))
        }
    }

    /// The body of an answer that came through the tunnel.
    private static func tunnel(_ port: Int) async throws -> String {
        let client = try await TestClient.start(
            "http://127.0.0.1:8088",
            proxy: "http://relay:s3cret@127.0.0.1:\(port)"
        )
        let outcome = try await client.outcome()
        try await client.with { $0.client.shutDown() }
        guard case .answered(200, let body, _) = outcome else { return "\(outcome)" }
        return body
    }
}
