import Glibc
package import NIOCore
import NIOPosix
import Synchronization

/// The system's resolver, asked off the loop: one question for all in the process that ask for a name meanwhile.
///
/// It has threads of its own, since a name server that does not answer keeps one of them for half a minute: token files do not wait
/// for it, nor do three other names. Nothing is kept of an answer: who asks later asks anew.
///
/// Confined to its loop.
package final class NameLookups {
    package typealias Answer = Result<[SocketAddress], NameUnresolved>

    private static let threads: NIOThreadPool = {
        let threads = NIOThreadPool(numberOfThreads: 4)
        threads.start()
        return threads
    }()
    /// Who waits for the resolver's answer, of all loops.
    private static let asking = Mutex<[Name: [@Sendable (Answer) -> Void]]>([:])

    private let loop: EpollLoop
    private var waiting: [Name: [(Answer) -> Void]] = [:]

    private struct Name: Hashable {
        let host: String
        let port: Int
    }

    package init(on loop: EpollLoop) {
        self.loop = loop
    }

    /// Tells the host's addresses, at least one, later on the loop: alternately of both families, in the system's
    /// order else (RFC 8305 §4).
    package func addresses(of host: String, port: Int, tell: @escaping (Answer) -> Void) {
        let name = Name(host: host, port: port)
        waiting[name, default: []].append(tell)
        guard waiting[name]?.count == 1 else { return }
        let bound = NIOLoopBound(self, eventLoop: loop)
        Self.ask(name) { [loop] answer in
            loop.execute { bound.value.take(answer, to: name) }
        }
    }

    private func take(_ answer: Answer, to name: Name) {
        for tell in waiting.removeValue(forKey: name) ?? [] { tell(answer) }
    }

    private static func ask(_ name: Name, tell: @escaping @Sendable (Answer) -> Void) {
        let isFirst = asking.withLock { asking in
            asking[name, default: []].append(tell)
            return asking[name]?.count == 1
        }
        guard isFirst else { return }
        threads.submit { _ in
            let answer = resolve(name.host, port: name.port)
            let all = asking.withLock { $0.removeValue(forKey: name) } ?? []
            for tell in all { tell(answer) }
        }
    }

    /// Waits for the resolver.
    private static func resolve(_ host: String, port: Int) -> Answer {
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        hints.ai_protocol = CInt(IPPROTO_TCP)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        guard code == 0 else {
            let cause = code == EAI_SYSTEM ? String(cString: strerror(errno)) : String(cString: gai_strerror(code))
            return .failure(NameUnresolved(host: host, cause: cause))
        }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = list
        while let info = next?.pointee {
            if let address = SocketAddress(info) { addresses.append(address) }
            next = info.ai_next
        }
        guard !addresses.isEmpty else { return .failure(NameUnresolved(host: host, cause: "no address")) }
        return .success(alternating(addresses))
    }

    /// The first address's family first, then the other one, and so on.
    package static func alternating(_ addresses: [SocketAddress]) -> [SocketAddress] {
        let first = addresses.filter { $0.protocol == addresses[0].protocol }
        let others = addresses.filter { $0.protocol != addresses[0].protocol }
        let pairs = zip(first, others).flatMap { [$0, $1] }
        return pairs + first.dropFirst(others.count) + others.dropFirst(first.count)
    }
}

extension SocketAddress {
    /// Nil for a family that TCP is not spoken over.
    fileprivate init?(_ info: addrinfo) {
        guard let address = info.ai_addr else { return nil }
        switch info.ai_family {
        case AF_INET:
            self.init(UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in.self))
        case AF_INET6:
            self.init(UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in6.self))
        default:
            return nil
        }
    }
}

/// A name that leads nowhere.
package struct NameUnresolved: Error, CustomStringConvertible {
    let host: String
    let cause: String

    package var description: String { "'\(host)' cannot be resolved (\(cause))" }
}
