/// Decides whether failures of a scope have become an outage: ten in a row, or half of at least twenty within ten
/// seconds, in ten buckets of one second.
struct FailureWindow: Sendable {
    private struct Bucket {
        var second: Int64 = .min
        var failures = 0
        var total = 0
    }

    private var buckets = InlineArray<10, Bucket>(repeating: Bucket())
    private var inRow = 0

    mutating func succeeded(at now: MonotonicTime) {
        inRow = 0
        record(failure: false, at: now)
    }

    /// - Returns: whether this failure makes it an outage.
    mutating func failed(at now: MonotonicTime) -> Bool {
        inRow += 1
        record(failure: true, at: now)
        if inRow >= 10 { return true }
        let second = Self.second(of: now)
        var failures = 0
        var total = 0
        for index in buckets.indices where buckets[index].second > second - 10 {
            failures += buckets[index].failures
            total += buckets[index].total
        }
        return total >= 20 && failures * 2 >= total
    }

    mutating func reset() {
        self = FailureWindow()
    }

    private mutating func record(failure: Bool, at now: MonotonicTime) {
        let second = Self.second(of: now)
        let index = Int(((second % 10) + 10) % 10)
        if buckets[index].second != second { buckets[index] = Bucket(second: second) }
        buckets[index].total += 1
        if failure { buckets[index].failures += 1 }
    }

    private static func second(of time: MonotonicTime) -> Int64 {
        time.nanoseconds.dividedFloor(by: 1_000_000_000)
    }
}

extension Int64 {
    fileprivate func dividedFloor(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
