import Glibc
import NIOCore
import Sockets

/// A socket of 127.0.0.1 whose connections the kernel makes, whether anybody takes them or not.
struct Listener: Sendable {
    struct Failure: Error {
        let call: String
        let code: CInt
    }

    let address: SocketAddress
    private let descriptor: CInt

    /// - Parameter room: for how many connections, but one; nil: it refuses all, and its port is nobody else's.
    /// - Throws: `Failure` when the system has no such socket.
    init(room: CInt? = 128) throws {
        descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let descriptor = descriptor
        let bound = try SocketAddress(ipAddress: "127.0.0.1", port: 0).withSockAddr {
            bind(descriptor, $0, socklen_t($1))
        }
        guard bound == 0 else { throw Failure(call: "bind", code: errno) }
        if let room, listen(descriptor, room) != 0 { throw Failure(call: "listen", code: errno) }
        guard let address = SocketAddress(of: descriptor, by: getsockname) else {
            throw Failure(call: "getsockname", code: errno)
        }
        self.address = address
    }

    /// The server's end of the next connection; waits for it, within bounds.
    func accept() throws -> CInt {
        let peer = Glibc.accept(descriptor, nil, nil)
        guard peer >= 0 else { throw Failure(call: "accept", code: errno) }
        return peer
    }

    func close() {
        Glibc.close(descriptor)
    }

    /// How many descriptors of this process are connected to it.
    var connectionCount: Int {
        (0..<CInt(4_096)).count { SocketAddress(of: $0, by: getpeername) == address }
    }
}

extension SocketAddress {
    typealias Question = (CInt, UnsafeMutablePointer<sockaddr>?, UnsafeMutablePointer<socklen_t>?) -> CInt

    /// The IPv4 address of a socket, or of its peer; nil: it has none.
    init?(of descriptor: CInt, by ask: Question) {
        let answer = withUnsafeTemporaryAllocation(byteCount: 128, alignment: 8) { name -> SocketAddress? in
            var size = socklen_t(name.count)
            let result = ask(descriptor, name.baseAddress?.assumingMemoryBound(to: sockaddr.self), &size)
            guard result == 0, name.load(as: sa_family_t.self) == sa_family_t(AF_INET) else { return nil }
            return SocketAddress(name.load(as: sockaddr_in.self))
        }
        guard let answer else { return nil }
        self = answer
    }
}
