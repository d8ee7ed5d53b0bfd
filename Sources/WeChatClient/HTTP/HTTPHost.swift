import NIOCore
import RelayCore

/// One of a client's hosts: how it is connected to, what stands in its requests, and who uses or waits for its
/// connections. Confined to the client's event loop.
final class HTTPHost {
    /// Its place in the order of preference.
    let index: Int
    let baseURL: BaseURL
    /// The host's own path, which stands before each target.
    let path: [UInt8]
    /// What stands in every request, behind the target.
    let commonHeaders: [UInt8]
    /// For SNI and the check of the certificate; nil for an address, which must then stand in the certificate.
    let serverName: String?
    /// Set for an address: it needs no resolver.
    let address: SocketAddress?

    /// The last one that was used is the first to be used again: the others may grow old and be closed.
    var idle: [HTTPConnection] = []
    var waiting = CircularBuffer<HTTPRequest>()
    var openingCount = 0

    init(_ baseURL: BaseURL, index: Int) {
        self.baseURL = baseURL
        self.index = index
        path = Array(baseURL.path.utf8)
        commonHeaders = Array(" HTTP/1.1\r\nHost: \(baseURL.authority)\r\nUser-Agent: wxrelay\r\n".utf8)
        address = Self.address(baseURL.host, baseURL.port)
        serverName = address == nil ? baseURL.host : nil
    }

    /// Nil for a name, which is then resolved for every opening.
    static func address(_ host: String, _ port: Int) -> SocketAddress? {
        // It throws for what is no address, and nothing else can be wrong.
        try? SocketAddress(ipAddress: host, port: port)
    }
}
