extension RandomNumberGenerator {
    /// A number of the range, all alike likely; callable on an existential, as `Double.random(in:using:)` is not.
    mutating func uniform(_ range: ClosedRange<Double>) -> Double {
        range.lowerBound + (range.upperBound - range.lowerBound) * Double(next() >> 11) * 0x1p-53
    }
}
