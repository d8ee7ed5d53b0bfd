/// The values that a scenario file writes with a unit.
enum ScenarioScalar {
    /// `250us`, `20ms`, `5s`, `2m`, `1h`, also with a fraction; up to a year.
    static func duration(_ text: String) -> Duration? {
        let units: [(suffix: String, seconds: Double)] = [
            ("us", 1e-6), ("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3_600),
        ]
        for unit in units where text.hasSuffix(unit.suffix) {
            guard let number = amount(text.dropLast(unit.suffix.count)) else { continue }
            let seconds = number * unit.seconds
            return seconds <= 31_536_000 ? .nanoseconds(Int64((seconds * 1e9).rounded())) : nil
        }
        return text == "0" ? .zero : nil
    }

    /// `4096`, `512KiB`, `1MiB`, in bytes, up to 64 MiB.
    static func size(_ text: String) -> Int? {
        for (suffix, factor) in [("KiB", 1_024), ("MiB", 1_048_576), ("", 1)] where text.hasSuffix(suffix) {
            guard let number = Int(text.dropLast(suffix.count)), number >= 0, number <= (64 << 20) / factor else {
                continue
            }
            return number * factor
        }
        return nil
    }

    /// `3%` or `0.03`, as 0 … 1.
    static func share(_ text: String) -> Double? {
        let isPercent = text.hasSuffix("%")
        guard let number = amount(isPercent ? text.dropLast() : text[...]) else { return nil }
        let share = isPercent ? number / 100 : number
        return share <= 1 ? share : nil
    }

    /// Digits with at most one point in them: no sign, no exponent, no `nan`.
    private static func amount(_ text: Substring) -> Double? {
        guard text.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }) else { return nil }
        return Double(text)
    }
}
