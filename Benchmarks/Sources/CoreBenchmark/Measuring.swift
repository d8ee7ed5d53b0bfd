import Glibc

/// CPU time that the calling thread has used, in nanoseconds: what others do on the machine does not count.
func threadTime() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// Ends the benchmark unless it measures what it should. An optimised `precondition` would not say why.
func require(_ condition: Bool, _ problem: @autoclosure () -> String) {
    guard !condition else { return }
    print("CoreBenchmark: \(problem())")
    exit(70)
}

/// Uses a value, so that the optimiser keeps what made it.
@inline(never)
@_optimize(none)
func consume<Value>(_ value: borrowing Value) {}

/// Measured values of one thing, one a round.
struct Rounds {
    private(set) var values: [Double] = []

    mutating func append(_ value: Double) { values.append(value) }

    var median: Double {
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// `median (min–max)`.
    func text(_ digits: Int = 0) -> String {
        let low = values.min() ?? 0
        let high = values.max() ?? 0
        return "\(decimal(median, digits)) (\(decimal(low, digits))–\(decimal(high, digits)))"
    }
}

/// A number with so many digits behind the point, thousands grouped.
func decimal(_ value: Double, _ digits: Int) -> String {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let scaled = Int64((value * scale).rounded())
    var whole = String(scaled / Int64(scale))
    var position = whole.count - 3
    while position > 0 {
        whole.insert(",", at: whole.index(whole.startIndex, offsetBy: position))
        position -= 3
    }
    guard digits > 0 else { return whole }
    let fraction = String(scaled % Int64(scale))
    return whole + "." + String(repeating: "0", count: digits - fraction.count) + fraction
}

/// Prints rows as a Markdown table.
func printTable(_ head: [String], _ rows: [[String]]) {
    print("| " + head.joined(separator: " | ") + " |")
    print("|" + String(repeating: "---|", count: head.count))
    for row in rows { print("| " + row.joined(separator: " | ") + " |") }
    print("")
}
