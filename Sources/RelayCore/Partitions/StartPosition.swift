/// `start-from`: where a group without commits begins.
package enum StartFrom: Hashable, Sendable {
    case earliest
    case latest
    case time(WallTime)
}

/// `on-out-of-range`: what happens when the committed offset, or the next one, is no longer in the log.
package enum OutOfRangeRule: String, CaseIterable, Hashable, Codable, Sendable {
    case stop, earliest
}

/// Where the relay begins to read a partition it was assigned.
package enum StartPosition: Hashable, Sendable {
    case at(Offset)
    /// `committed` is not within the log: records were deleted before they were relayed, or the log was cut.
    case outOfRange(committed: Offset, low: Offset, high: Offset)

    /// Decides from what the brokers said.
    ///
    /// - Parameters:
    ///   - committed: the group's committed offset, nil without one.
    ///   - low: the log's first offset.
    ///   - high: the offset behind the log's last readable record.
    ///   - startFrom: where a group without a commit begins.
    ///   - atTime: the first offset at or behind `start-from`'s time, nil when there is none.
    ///   - onOutOfRange: what to do when `committed` is not in the log.
    /// - Returns: the first offset to read, or that the committed one cannot be read.
    package static func decide(
        committed: Offset?,
        low: Offset,
        high: Offset,
        startFrom: StartFrom,
        atTime: Offset?,
        onOutOfRange: OutOfRangeRule
    ) -> StartPosition {
        if let committed {
            if committed >= low && committed <= high { return .at(committed) }
            return onOutOfRange == .earliest
                ? .at(low) : .outOfRange(committed: committed, low: low, high: high)
        }
        switch startFrom {
        case .earliest: return .at(low)
        case .latest: return .at(high)
        case .time: return .at(atTime ?? high)
        }
    }
}
