import NIOCore
import RelayCore

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
        DecimalText.withDigits(of: Int64(bodyLength)) { digits in
            let end = beginning.count + digits.byteCount
            // In one write: each of its own costs as much as all of this.
            buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: end + 4) { target in
                target.copyBytes(from: beginning)
                digits.withUnsafeBytes { target[beginning.count..<end].copyBytes(from: $0) }
                target[end..<end + 4].copyBytes(from: "\r\n\r\n".utf8)
                return end + 4
            }
        }
    }
}
