import NIOCore

/// A request until it is written.
struct HTTPRequest {
    let exchange: UInt64
    let method: HTTPMethod
    let target: [UInt8]
    let contentType: StaticString?
    /// Whole further header lines, each with its line break.
    let headers: [UInt8]
    let bodyLength: Int

    /// Appends the request's head. It always carries `Content-Length`: the host answers 412 to a chunked body (wechat.md).
    func writeHead(to buffer: inout ByteBuffer, commonHeaders: [UInt8]) {
        switch method {
        case .get: buffer.writeStaticString("GET ")
        case .post: buffer.writeStaticString("POST ")
        }
        buffer.writeBytes(target)
        buffer.writeBytes(commonHeaders)
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

    /// What stands in every request of one origin, behind the target.
    static func commonHeaders(of origin: HTTPOrigin) -> [UInt8] {
        Array(" HTTP/1.1\r\nHost: \(origin.hostHeader)\r\nUser-Agent: wxrelay\r\n".utf8)
    }
}
