import Glibc

/// Blocking sockets without any loop: the test itself is the server, and knows when the kernel has what.
struct RawListener {
    struct Failure: Error {
        let call: String
        let code: Int32
    }

    let port: Int
    private let socket: Int32

    init() throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let (socket, size) = (socket, length)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, size) | listen(socket, 16) | getsockname(socket, $0, &length)
            }
        }
        guard result == 0 else { throw Failure(call: "listen", code: errno) }
        port = Int(UInt16(bigEndian: address.sin_port))
        RawListener.limitWaits(socket)
    }

    /// A call that waits for a peer which never comes fails instead of hanging the test.
    fileprivate static func limitWaits(_ socket: Int32) {
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    func accept() throws -> RawPeer {
        let peer = Glibc.accept(socket, nil, nil)
        guard peer >= 0 else { throw Failure(call: "accept", code: errno) }
        RawListener.limitWaits(peer)
        return RawPeer(socket: peer)
    }

    func close() {
        Glibc.close(socket)
    }
}

/// The server's end of one connection.
struct RawPeer: Sendable {
    fileprivate let socket: Int32

    /// Blocks until an empty line has come: the head of a request without body.
    func receiveHead() throws -> String {
        var text: [UInt8] = []
        while !text.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            var byte: UInt8 = 0
            guard recv(socket, &byte, 1, 0) == 1 else { throw RawListener.Failure(call: "recv", code: errno) }
            text.append(byte)
        }
        return String(decoding: text, as: UTF8.self)
    }

    func send(_ text: String) throws {
        let bytes = Array(text.utf8)
        guard Glibc.send(socket, bytes, bytes.count, 0) == bytes.count else {
            throw RawListener.Failure(call: "send", code: errno)
        }
    }

    /// Says goodbye; the peer's kernel has it when this returns.
    func close() {
        Glibc.close(socket)
    }

    /// Resets the connection; the peer's kernel has it when this returns.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        Glibc.close(socket)
    }
}
