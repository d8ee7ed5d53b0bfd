import RelayCore

/// How much of a limit per minute or day is used up.
struct Usage: Sendable {
    var limit: Int
    private var period: Int64 = .min
    private var count = 0

    init(limit: Int) {
        self.limit = limit
    }

    /// Whether one more fits into this period.
    func hasRoom(in period: Int64) -> Bool {
        used(in: period) < limit
    }

    /// Takes one if it fits.
    mutating func take(in period: Int64) -> Bool {
        guard hasRoom(in: period) else { return false }
        count = used(in: period) + 1
        self.period = period
        return true
    }

    func used(in period: Int64) -> Int {
        period == self.period ? count : 0
    }
}

extension WallTime {
    /// The number of the minute, by which WeChat counts its per-minute quotas.
    var minute: Int64 { milliseconds / 60_000 }

    /// The number of the day in UTC+8, by which WeChat counts its daily quotas.
    var day: Int64 { (milliseconds + 8 * 3_600_000) / 86_400_000 }
}
