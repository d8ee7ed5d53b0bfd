/// What requests have in common that differ in their bodies only. Whoever sends many of them keeps it: it is encoded once for as
/// long as they go to the same host.
package final class HTTPRequestHead {
    private let method: HTTPMethod
    private let target: [UInt8]
    private let contentType: StaticString?
    private let headers: [UInt8]
    /// As it went to the host that it went to last. Here and not there: it may hold a secret, and goes with its owner.
    private var encoding: (host: HTTPHost, bytes: [UInt8])?

    /// - Parameters:
    ///   - method: what is asked of the target.
    ///   - target: the path below the host's own, with its query, percent-encoded.
    ///   - contentType: the body's; nil without one.
    ///   - headers: whole further lines, each with its line break.
    package init(_ method: HTTPMethod, target: [UInt8], contentType: StaticString?, headers: [UInt8] = []) {
        precondition(target.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "a request's target that is not encoded")
        self.method = method
        self.target = target
        self.contentType = contentType
        self.headers = headers
    }

    /// The head as it goes to a host, but for the number behind `Content-Length` and the empty line. That header is always
    /// there: WeChat answers 412 to a chunked body (wechat.md).
    func encoded(for host: HTTPHost) -> [UInt8] {
        if let encoding, encoding.host === host { return encoding.bytes }
        let bytes = encode(for: host)
        encoding = (host, bytes)
        return bytes
    }

    private func encode(for host: HTTPHost) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(host.path.count + target.count + host.commonHeaders.count + headers.count + 64)
        func append(_ text: StaticString) {
            bytes += UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        }
        switch method {
        case .get: append("GET ")
        case .post: append("POST ")
        }
        bytes += host.path
        bytes += target
        bytes += host.commonHeaders
        bytes += headers
        if let contentType {
            append("Content-Type: ")
            append(contentType)
            append("\r\n")
        }
        append("Content-Length: ")
        return bytes
    }
}
