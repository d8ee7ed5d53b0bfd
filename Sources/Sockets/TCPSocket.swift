import Glibc
import NIOCore

/// A TCP socket that never waits. Whoever has it closes it, once.
package struct TCPSocket {
    package let descriptor: CInt

    /// A connection is begun, or made already.
    ///
    /// - Throws: `SocketError` when there can be none: no descriptor is left, no route leads there.
    init(connectingTo address: SocketAddress) throws(SocketError) {
        let family: CInt
        switch address {
        case .v4: family = AF_INET
        case .v6: family = AF_INET6
        case .unixDomainSocket: throw SocketError(EAFNOSUPPORT)
        }
        let kind = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        descriptor = socket(family, kind, 0)
        guard descriptor >= 0 else { throw SocketError(errno) }
        var on: CInt = 1
        setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<CInt>.size))
        let result = address.withSockAddr { Glibc.connect(descriptor, $0, socklen_t($1)) }
        guard result == 0 || errno == EINPROGRESS else {
            let error = SocketError(errno)
            close()
            throw error
        }
    }

    /// What became of the connection that was begun; nil: it is made.
    func takeError() -> SocketError? {
        var code: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) == 0 else { return SocketError(errno) }
        return code == 0 ? nil : SocketError(code)
    }

    /// Hands bytes to the kernel.
    ///
    /// - Returns: how many it took, 0 when it has no room; nil when the connection is dead, and then it took none.
    package func send(_ bytes: RawSpan) -> Int? {
        let count = bytes.withUnsafeBytes {
            Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL))
        }
        if count >= 0 { return count }
        return Self.isOnlyNotReady ? 0 : nil
    }

    package enum Arrival {
        case bytes(Int)
        /// The peer has sent all that it will.
        case end
        case nothing
        case failed(SocketError)
    }

    /// Takes what has come.
    package func receive(into buffer: UnsafeMutableRawBufferPointer) -> Arrival {
        let count = recv(descriptor, buffer.baseAddress, buffer.count, CInt(MSG_DONTWAIT))
        if count > 0 { return .bytes(count) }
        if count == 0 { return .end }
        return Self.isOnlyNotReady ? .nothing : .failed(SocketError(errno))
    }

    /// Whether the kernel holds something from the peer that was not read: its goodbye, a reset, or bytes.
    package var hasUnreadInput: Bool {
        var byte: UInt8 = 0
        let count = recv(descriptor, &byte, 1, CInt(MSG_PEEK) | CInt(MSG_DONTWAIT))
        return !(count < 0 && Self.isOnlyNotReady)
    }

    package func close() {
        Glibc.close(descriptor)
    }

    /// Whether the call that has just failed would have had to wait; the connection is alive.
    private static var isOnlyNotReady: Bool { errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR }
}

/// The system's word for what went wrong with a socket.
package struct SocketError: Error, Equatable, CustomStringConvertible {
    let code: CInt

    init(_ code: CInt) {
        self.code = code
    }

    package var isTimeout: Bool { code == ETIMEDOUT }

    package var description: String { String(cString: strerror(code)) }
}
