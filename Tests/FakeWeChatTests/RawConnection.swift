import Glibc

/// A blocking TCP connection that sends the bytes it is given and reads HTTP answers by a reader of its own, so that
/// the fake is tested by code that shares nothing with it.
final class RawConnection {
    struct Answer: Equatable {
        var status: Int
        /// Names in lower case.
        var headers: [String: String]
        var body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
    }

    enum Failure: Error, Equatable {
        case refused
        /// The peer closed; how many bytes came before.
        case closed(after: Int)
        case timedOut
        case unreadable(String)
    }

    private let descriptor: Int32
    private var received: [UInt8] = []

    init(port: Int) throws(Failure) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw .refused }
    }

    deinit { close(descriptor) }

    func send(_ bytes: [UInt8]) throws(Failure) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw .closed(after: received.count) }
            sent += count
        }
    }

    func receive() throws(Failure) -> Answer {
        let headEnd = try position(after: Array("\r\n\r\n".utf8))
        let lines = String(decoding: received[..<(headEnd - 4)], as: UTF8.self).split(separator: "\r\n")
        let words = (lines.first ?? "").split(separator: " ")
        guard words.count >= 2, words[0] == "HTTP/1.1", let status = Int(words[1]) else {
            throw .unreadable(String(lines.first ?? ""))
        }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { throw .unreadable(String(line)) }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            headers[line[..<colon].lowercased()] = String(value)
        }
        guard let length = headers["content-length"].flatMap({ Int($0) }) else {
            throw .unreadable("no Content-Length")
        }
        while received.count < headEnd + length { try fill() }
        let body = Array(received[headEnd..<headEnd + length])
        received.removeFirst(headEnd + length)
        return Answer(status: status, headers: headers, body: body)
    }

    func exchange(_ request: String) throws(Failure) -> Answer {
        try send(Array(request.utf8))
        return try receive()
    }

    private func position(after mark: [UInt8]) throws(Failure) -> Int {
        while true {
            for start in received.indices where received[start...].starts(with: mark) { return start + mark.count }
            try fill()
        }
    }

    private func fill() throws(Failure) {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = chunk.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
        guard count != 0 else { throw .closed(after: received.count) }
        guard count > 0 else { throw errno == EAGAIN ? .timedOut : .closed(after: received.count) }
        received += chunk[..<count]
    }
}

extension RawConnection {
    /// A request with a body of stated length, or without one.
    static func request(_ method: String, _ target: String, body: [UInt8]?) -> [UInt8] {
        let length = body.map { "Content-Length: \($0.count)\r\n" } ?? ""
        return Array("\(method) \(target) HTTP/1.1\r\nHost: fake\r\n\(length)\r\n".utf8) + (body ?? [])
    }

    func post(_ target: String, _ body: String) throws(Failure) -> Answer {
        try send(Self.request("POST", target, body: Array(body.utf8)))
        return try receive()
    }

    func get(_ target: String) throws(Failure) -> Answer {
        try send(Self.request("GET", target, body: nil))
        return try receive()
    }
}
