/// CRC-32C (Castagnoli), the checksum of Kafka's own record batches (RFC 3720, appendix B.4).
enum CRC32C {
    static func checksum(of bytes: some Sequence<UInt8>) -> UInt32 {
        var state = UInt32.max
        for byte in bytes {
            state = state >> 8 ^ table[Int(UInt8(truncatingIfNeeded: state) ^ byte)]
        }
        return ~state
    }

    /// What eight steps by the reflected polynomial make of each byte.
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { state, _ in state & 1 == 0 ? state >> 1 : state >> 1 ^ 0x82F6_3B78 }
    }
}
