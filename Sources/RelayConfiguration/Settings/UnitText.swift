import RelayCore

/// Durations and sizes as the configuration file writes them: a whole number and a unit.
enum UnitText {
    struct Unit: Sendable {
        let name: String
        /// In milliseconds or bytes.
        let factor: Int
    }

    /// Why a text is no amount.
    enum Flaw: Error {
        case bareNumber
        /// `kB`, `MB`, `GB`: whether 1000 or 1024 is meant is anybody's guess.
        case ambiguousSize(suggestion: String)
        case malformed
    }

    /// Ascending.
    static let durations = [
        Unit(name: "ms", factor: 1), Unit(name: "s", factor: 1_000), Unit(name: "m", factor: 60_000),
        Unit(name: "h", factor: 3_600_000),
    ]
    /// Ascending.
    static let sizes = [
        Unit(name: "B", factor: 1), Unit(name: "KiB", factor: 1 << 10), Unit(name: "MiB", factor: 1 << 20),
        Unit(name: "GiB", factor: 1 << 30),
    ]

    /// As `RelayCore.DurationText` reads the header `wxrelay-ttl`, but it tells what is wrong.
    static func duration(_ text: String) throws(Flaw) -> Duration {
        .milliseconds(try amount(text, units: durations))
    }

    /// `1MiB`
    static func size(_ text: String) throws(Flaw) -> ByteCount {
        ByteCount(try amount(text, units: sizes))
    }

    /// `500/s`, `3000/min`
    static func rate(_ text: String) -> Rate? {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].allSatisfy({ ("0"..."9").contains($0) }), let calls = Int(parts[0]),
            let unit = Rate.Unit(rawValue: String(parts[1]))
        else { return nil }
        return Rate(calls, per: unit)
    }

    /// A duration of whole milliseconds by the largest unit that divides it: `10s`, `250ms`, `1h`.
    static func words(_ duration: Duration) -> String {
        let milliseconds = Int(duration / .milliseconds(1))
        let unit = durations.last { milliseconds != 0 && milliseconds.isMultiple(of: $0.factor) }
        guard let unit else { return "\(milliseconds)ms" }
        return "\(milliseconds / unit.factor)\(unit.name)"
    }

    private static func amount(_ text: String, units: [Unit]) throws(Flaw) -> Int {
        let digits = text.prefix { ("0"..."9").contains($0) }
        let name = text.dropFirst(digits.count)
        guard let number = Int(digits) else { throw .malformed }
        if name.isEmpty { throw .bareNumber }
        guard let unit = units.first(where: { $0.name == name }) else {
            let binary = units.first { $0.name.lowercased() == "\(name.prefix(1).lowercased())ib" }
            if let binary, name.count <= 2 { throw .ambiguousSize(suggestion: "\(digits)\(binary.name)") }
            throw .malformed
        }
        let (amount, overflow) = number.multipliedReportingOverflow(by: unit.factor)
        if overflow { throw .malformed }
        return amount
    }
}
