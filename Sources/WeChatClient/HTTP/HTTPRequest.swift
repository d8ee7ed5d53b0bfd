import NIOCore

/// A request until it is written.
struct HTTPRequest {
    /// Why it could not be sent to a host.
    struct HostFailure {
        let host: Int
        let failure: TransportFailure
    }

    let exchange: UInt64
    let head: HTTPRequestHead
    let bodyLength: Int
    /// Of the hosts that it tried before this one.
    var failures: [HostFailure] = []

    /// Appends the request's head as it goes to a host.
    func writeHead(to buffer: inout ByteBuffer, for host: HTTPHost) {
        let beginning = head.encoded(for: host)
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: beginning.count + Self.longestEnd) { target in
            target.copyBytes(from: beginning)
            var end = beginning.count
            var scale = 1
            while bodyLength / scale >= 10 { scale *= 10 }
            while scale > 0 {
                target[end] = UInt8(ascii: "0") + UInt8(bodyLength / scale % 10)
                end += 1
                scale /= 10
            }
            for byte in "\r\n\r\n".utf8 {
                target[end] = byte
                end += 1
            }
            return end
        }
    }

    /// The body's length in digits, and the empty line.
    private static let longestEnd = 19 + 4
}
