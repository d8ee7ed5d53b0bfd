import NIOCore

/// A request until it is written.
struct HTTPRequest {
    /// Why it could not be sent to a host.
    struct HostFailure {
        let host: Int
        let failure: TransportFailure
    }

    let exchange: UInt64
    let method: HTTPMethod
    /// Below the host's own path, so that it fits every host.
    let target: [UInt8]
    let contentType: StaticString?
    /// Whole further header lines, each with its line break.
    let headers: [UInt8]
    let bodyLength: Int
    /// Of the hosts that it tried before this one.
    var failures: [HostFailure] = []

    /// Appends the request's head as it goes to a host. It always carries `Content-Length`: WeChat answers 412 to a chunked
    /// body (wechat.md).
    func writeHead(to buffer: inout ByteBuffer, for host: HTTPHost) {
        switch method {
        case .get: buffer.writeStaticString("GET ")
        case .post: buffer.writeStaticString("POST ")
        }
        buffer.writeBytes(host.path)
        buffer.writeBytes(target)
        buffer.writeBytes(host.commonHeaders)
        buffer.writeBytes(headers)
        if let contentType {
            buffer.writeStaticString("Content-Type: ")
            buffer.writeStaticString(contentType)
            buffer.writeStaticString("\r\n")
        }
        buffer.writeStaticString("Content-Length: ")
        buffer.writeString(String(bodyLength))
        buffer.writeStaticString("\r\n\r\n")
    }
}
