import Glibc
import NIOCore
import Sockets

/// Owns a descriptor at a loop, and does what the test says when it is told.
final class Owner: DescriptorOwner, Sendable {
    private let act: @Sendable () -> Void

    init(_ act: @escaping @Sendable () -> Void) {
        self.act = act
    }

    func isReady() {
        act()
    }
}

/// Two descriptors of which each reads what is written to the other.
struct DescriptorPair: Sendable {
    struct Failure: Error {
        let code: CInt
    }

    let near: CInt
    let far: CInt

    init() throws(Failure) {
        var pair: [CInt] = [-1, -1]
        let kind = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &pair) == 0 else { throw Failure(code: errno) }
        (near, far) = (pair[0], pair[1])
    }

    /// The near end is readable when this returns.
    func fill() {
        write(far, "x", 1)
    }

    func closeFar() {
        Glibc.close(far)
    }

    func close() {
        Glibc.close(near)
        Glibc.close(far)
    }
}

/// Takes what has come; the descriptor is not readable any more then.
func drain(_ descriptor: CInt) {
    var buffer: [UInt8] = Array(repeating: 0, count: 64)
    while read(descriptor, &buffer, buffer.count) > 0 {}
}
