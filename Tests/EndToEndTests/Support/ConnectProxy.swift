import Foundation
import Synchronization

/// An HTTP proxy that opens tunnels for one user, on blocking sockets: it shares no code with the client.
final class ConnectProxy: Sendable {
    private struct State {
        var listener: Int32 = -1
        var sockets: Set<Int32> = []
        var asked: [String: Int] = [:]
    }

    private let reserved: ReservedPort
    private let authorization: String
    private let state = Mutex(State())

    /// Listens on a free port of 127.0.0.1. `credentials` are user and password with a colon between.
    init(credentials: String) throws {
        authorization = "Proxy-Authorization: Basic \(Data(credentials.utf8).base64EncodedString())"
        reserved = try ReservedPort()
        let listener = try Self.listen(reserved.number)
        state.withLock { $0.listener = listener }
        serve(listener)
    }

    var port: Int { reserved.number }

    /// How often a tunnel was asked for with the right user and password, by `host:port`.
    var asked: [String: Int] { state.withLock { $0.asked } }

    /// Stops listening and ends all tunnels.
    func goAway() {
        state.withLock { state in
            // Their threads close them: a number is not given to another socket before.
            for socket in state.sockets.union([state.listener]) { shutdown(socket, Int32(SHUT_RDWR)) }
            state.listener = -1
        }
    }

    /// Listens again on the same port.
    func comeBack() throws {
        let listener = try Self.listen(port)
        state.withLock { $0.listener = listener }
        serve(listener)
    }

    private func serve(_ listener: Int32) {
        Thread.detachNewThread {
            while true {
                let socket = accept(listener, nil, nil)
                guard socket >= 0 else { break }
                self.state.withLock { _ = $0.sockets.insert(socket) }
                Thread.detachNewThread { self.tunnel(socket) }
            }
            close(listener)
        }
    }

    private func tunnel(_ client: Int32) {
        defer {
            state.withLock { _ = $0.sockets.remove(client) }
            close(client)
        }
        var head: [UInt8] = []
        while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            var byte: UInt8 = 0
            guard recv(client, &byte, 1, 0) == 1 else { return }
            head.append(byte)
        }
        let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count == 3, words[0] == "CONNECT", lines.contains(Substring(authorization)) else {
            return say("407 Proxy Authentication Required", to: client)
        }
        let destination = String(words[1])
        state.withLock { $0.asked[destination, default: 0] += 1 }
        guard let port = destination.split(separator: ":").last.flatMap({ Int($0) }),
            // Nobody listens there: whatever else it says, there is no tunnel.
            let host = try? Self.connected(to: port)
        else {
            return say("502 Bad Gateway", to: client)
        }
        defer { close(host) }
        say("200 Connection established", to: client)
        var ends = [
            pollfd(fd: client, events: Int16(POLLIN), revents: 0), pollfd(fd: host, events: Int16(POLLIN), revents: 0),
        ]
        while poll(&ends, 2, -1) > 0 {
            for (end, other) in [(ends[0], host), (ends[1], client)] where end.revents != 0 {
                guard Self.passOn(from: end.fd, to: other) else { return }
            }
        }
    }

    private func say(_ status: String, to socket: Int32) {
        let bytes = Array("HTTP/1.1 \(status)\r\n\r\n".utf8)
        send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// False at the end of either side.
    private static func passOn(from: Int32, to: Int32) -> Bool {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = recv(from, &bytes, bytes.count, 0)
        guard count > 0 else { return false }
        var sent = 0
        while sent < count {
            let written = bytes[sent..<count].withUnsafeBytes {
                send(to, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard written > 0 else { return false }
            sent += written
        }
        return true
    }

    private static func listen(_ port: Int) throws -> Int32 {
        let socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var yes: Int32 = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        let result = sockaddr_in(loopbackPort: port).give(to: socket, by: bind) | Foundation.listen(socket, 64)
        guard result == 0 else { throw Missing("a proxy that listens on port \(port), errno \(errno)") }
        return socket
    }

    private static func connected(to port: Int) throws -> Int32 {
        let socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let result = sockaddr_in(loopbackPort: port).give(to: socket, by: connect)
        guard result == 0 else {
            close(socket)
            throw Missing("somebody who listens on port \(port)")
        }
        return socket
    }
}
