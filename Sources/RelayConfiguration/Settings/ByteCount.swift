/// An amount of memory or payload in bytes.
package struct ByteCount: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Bytes, from 0.
    package let value: Int

    package init(_ value: Int) {
        self.value = value
    }

    package static func < (left: ByteCount, right: ByteCount) -> Bool { left.value < right.value }

    package static func + (left: ByteCount, right: ByteCount) -> ByteCount { ByteCount(left.value + right.value) }

    package static func * (count: Int, size: ByteCount) -> ByteCount { ByteCount(count * size.value) }

    /// The largest unit that divides it, as the configuration file writes it: `64MiB`.
    package var description: String {
        let unit = UnitText.sizes.last { value.isMultiple(of: $0.factor) && value >= $0.factor }
        guard let unit else { return "\(value)B" }
        return "\(value / unit.factor)\(unit.name)"
    }
}
