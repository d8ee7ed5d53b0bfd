import Glibc
import NIOCore

/// The socket below a channel without TLS.
///
/// A request that goes straight to it costs the same system call as one that goes through the channel's pipeline, and
/// nothing else. Only while the channel is active: the loop that owns both closes it.
struct PlainSocket {
    private let handle: NIOBSDSocket.Handle

    /// nil for a channel that lends none.
    init?(of channel: any Channel) {
        do {
            let lent = try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
                of: NIOBSDSocket.Handle.self
            ) { $0 }
            guard let lent else { return nil }
            handle = lent
        } catch {
            // The channel is closed already: writing to it will tell.
            return nil
        }
    }

    /// Hands bytes to the kernel.
    ///
    /// - Returns: how many it took, 0 when it has no room; nil when the connection is dead, and then it took none.
    func send(_ bytes: RawSpan) -> Int? {
        let count = bytes.withUnsafeBytes {
            Glibc.send(handle, $0.baseAddress, $0.count, CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL))
        }
        if count >= 0 { return count }
        return Self.isOnlyNotReady ? 0 : nil
    }

    /// Whether the call that has just failed would have had to wait; the connection is alive.
    static var isOnlyNotReady: Bool { errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR }
}
