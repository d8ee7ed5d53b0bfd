import Foundation
import Glibc

/// Ports of the loopback interface.
enum Loopback {
    /// A port that is free now.
    static func freePort() throws -> Int {
        try withSocket { socket in
            var address = address(port: 0)
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let bound = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(socket, $0, length) == 0 && getsockname(socket, $0, &length) == 0
                }
            }
            guard bound else { throw Missing("a free port") }
            return Int(UInt16(bigEndian: address.sin_port))
        }
    }

    /// Whether somebody listens there.
    static func listens(_ port: Int) -> Bool {
        // Without a socket nobody listens either.
        let connected = try? withSocket { socket in
            var address = address(port: port)
            return withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
        }
        return connected ?? false
    }

    private static func withSocket<Value>(_ body: (Int32) throws -> Value) throws -> Value {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Missing("a socket") }
        defer { close(descriptor) }
        return try body(descriptor)
    }

    private static func address(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return address
    }
}
