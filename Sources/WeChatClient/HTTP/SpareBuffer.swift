import NIOCore

/// A buffer that is used again and again, by one after the other.
final class SpareBuffer {
    /// What one large request has grown is not kept for the sake of small ones.
    private static let keptCapacity = 256 << 10

    private let capacity: Int
    private var buffer = ByteBuffer()

    init(capacity: Int) {
        self.capacity = capacity
    }

    func take() -> ByteBuffer {
        var taken = ByteBuffer()
        swap(&taken, &buffer)
        taken.clear(minimumCapacity: capacity)
        return taken
    }

    func keep(_ buffer: consuming ByteBuffer) {
        guard buffer.capacity <= Self.keptCapacity else { return }
        self.buffer = buffer
    }
}
