/// What requests have in common that differ in their bodies only. Whoever sends many of them keeps it: each host encodes it
/// once for as long as it does not change.
package final class HTTPRequestHead {
    private let method: HTTPMethod
    private let target: [UInt8]
    private let contentType: StaticString?
    private let headers: [UInt8]

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

    /// The head as it goes to a host, but for the number behind `Content-Length` and the empty line. It is always there: WeChat answers
    /// 412 to a chunked body (wechat.md).
    func encoded(for host: HTTPHost) -> [UInt8] {
        var bytes: [UInt8] = []
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
