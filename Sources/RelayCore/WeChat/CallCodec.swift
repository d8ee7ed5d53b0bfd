/// Writes what is sent to WeChat's host: request targets and the bodies of the relay's own requests.
///
/// Targets stand below the path of the base URL, which whoever sends them puts before them: each host has its own.
///
/// A call in query style is `POST /tcb/invokecloudfunction?access_token=…&env=…&name=…` with the function's input as its
/// body (docs, page invokeCloudFunction); one in body style has all but the token in its body (`CallCodec+Body.swift`).
package struct CallCodec: Hashable, Sendable {
    package static let contentType = "application/json"

    private static let callPath = "/tcb/invokecloudfunction"

    package let style: CallStyle
    private let parameter: TokenParameter

    /// - Parameters:
    ///   - style: Where environment, function and input stand.
    ///   - parameter: The name under which the token is sent.
    package init(style: CallStyle = .query, parameter: TokenParameter = .accessToken) {
        self.style = style
        self.parameter = parameter
    }

    /// Appends the target of a call. Token, environment and function are percent-encoded whatever they hold.
    package func appendCallTarget(
        token: Secret,
        environment: String,
        function: String,
        into target: inout [UInt8]
    ) {
        target.append(contentsOf: Self.callPath.utf8)
        append(token, into: &target)
        guard style == .query else { return }
        target.append(contentsOf: "&env=".utf8)
        Self.appendEncoded(environment, into: &target)
        target.append(contentsOf: "&name=".utf8)
        Self.appendEncoded(function, into: &target)
    }

    private func append(_ token: Secret, into target: inout [UInt8]) {
        target.append(UInt8(ascii: "?"))
        target.append(contentsOf: parameter.rawValue.utf8)
        target.append(UInt8(ascii: "="))
        Self.appendEncoded(token.exposed, into: &target)
    }

    /// The target of a request for a stable token, which is a POST (docs, page getStableAccessToken).
    package var stableTokenTarget: String { "/cgi-bin/stable_token" }

    /// The target of a request for a classic token, which is a GET (docs, page getAccessToken).
    package func classicTokenTarget(appID: String, secret: Secret) -> [UInt8] {
        var target = Array("/cgi-bin/token?grant_type=client_credential&appid=".utf8)
        Self.appendEncoded(appID, into: &target)
        target.append(contentsOf: "&secret=".utf8)
        Self.appendEncoded(secret.exposed, into: &target)
        return target
    }

    /// The body of a request for a stable token; `force` invalidates the present token: 20 a day, 30 s apart.
    package static func stableTokenBody(appID: String, secret: Secret, force: Bool) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("grant_type", "client_credential")
        writer.member("appid", appID)
        writer.member("secret", secret.exposed)
        writer.member("force_refresh", force)
        writer.endObject()
        return writer.bytes
    }

    /// Appends the target of a question for the quota of calls: a POST that runs nothing (docs, page openapi/quota/get).
    ///
    /// It carries the token as calls do. Whether WeChat takes a `cloudbase_access_token` here is documented nowhere; a
    /// refusal is an answer of the host as well.
    package func appendQuotaTarget(token: Secret, into target: inout [UInt8]) {
        target.append(contentsOf: "/cgi-bin/openapi/quota/get".utf8)
        append(token, into: &target)
    }

    /// The body of a question for the quota of calls.
    package static let quotaBody: [UInt8] = {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("cgi_path", callPath)
        writer.endObject()
        return writer.bytes
    }()

    /// Appends a query value; only RFC 3986's unreserved characters stand for themselves, and runs of them are copied.
    private static func appendEncoded(_ text: String, into target: inout [UInt8]) {
        let bytes = text.utf8.span.bytes
        var start = 0
        for position in 0..<bytes.byteCount where !isUnreserved(bytes.byte(at: position)) {
            bytes.extracting(start..<position).withUnsafeBytes { target.append(contentsOf: $0) }
            start = position + 1
            let byte = bytes.byte(at: position)
            target.append(UInt8(ascii: "%"))
            target.append(hexDigit(byte >> 4))
            target.append(hexDigit(byte & 0xF))
        }
        bytes.extracting(start..<bytes.byteCount).withUnsafeBytes { target.append(contentsOf: $0) }
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), .minus, .point,
            UInt8(ascii: "_"), UInt8(ascii: "~"):
            true
        default:
            byte.isDigit
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? .digitZero + value : UInt8(ascii: "A") + value - 10
    }
}
