import Glibc
import NIOCore

extension HTTPConnection {
    /// Whether the kernel holds something from the peer that the loop has not read: its goodbye, a reset, or bytes.
    var hasUnreadInput: Bool {
        guard let pipeline = channel?.pipeline.syncOperations else { return true }
        do {
            let isQuiet = try pipeline.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { socket in
                var byte: UInt8 = 0
                let count = recv(socket, &byte, 1, CInt(MSG_PEEK | MSG_DONTWAIT))
                return count < 0 && PlainSocket.isOnlyNotReady
            }
            // A channel that lends no socket cannot be looked at; writing will tell.
            return isQuiet == false
        } catch {
            // The channel is closed already.
            return true
        }
    }
}
