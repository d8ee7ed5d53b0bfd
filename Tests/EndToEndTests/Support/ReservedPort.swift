import Foundation

/// A port of the loopback interface that no other socket gets as long as this lives, whether its server runs or not.
/// The socket that holds it does not listen: on Linux a server that sets `SO_REUSEADDR`, as most do, may still listen.
final class ReservedPort: Sendable {
    let number: Int
    private let holder: Int32

    init() throws {
        holder = try Self.makeSocket()
        var reuse: Int32 = 1
        setsockopt(holder, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in(loopbackPort: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let holder = holder
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(holder, $0, length) == 0 && getsockname(holder, $0, &length) == 0
            }
        }
        number = Int(UInt16(bigEndian: address.sin_port))
        guard isBound else { throw Missing("a free port") }
    }

    deinit {
        close(holder)
    }

    /// Whether somebody listens there.
    var isServed: Bool {
        // Without a socket nobody listens either.
        guard let socket = try? Self.makeSocket() else { return false }
        defer { close(socket) }
        return sockaddr_in(loopbackPort: number).give(to: socket, by: connect) == 0
    }

    private static func makeSocket() throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Missing("a socket") }
        return descriptor
    }
}

extension sockaddr_in {
    /// An address of 127.0.0.1; port 0 is any free one.
    init(loopbackPort port: Int) {
        self.init()
        sin_family = sa_family_t(AF_INET)
        sin_port = in_port_t(port).bigEndian
        sin_addr.s_addr = inet_addr("127.0.0.1")
    }

    /// Gives it to a socket: `bind` or `connect`, whose result is the system's.
    func give(to socket: Int32, by call: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        withUnsafePointer(to: self) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                call(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
