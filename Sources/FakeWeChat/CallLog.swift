package import RelayCore

/// How a call ended, as the caller saw it.
package enum CallOutcome: Hashable, Sendable, CustomStringConvertible {
    /// An answer with this errcode; 0 for success.
    case errcode(Int64)
    /// An HTTP answer without an errcode of the fake's own.
    case status(Int)
    /// The connection was closed without an answer.
    case closed
    /// The connection was closed in the middle of the answer.
    case cut
    /// The caller's connection ended first, or the call hung until it did.
    case disconnected

    package var description: String {
        switch self {
        case .errcode(let code): "\(code)"
        case .status(let status): "http \(status)"
        case .closed: "closed"
        case .cut: "cut"
        case .disconnected: "disconnected"
        }
    }
}

/// One call that reached a function.
package struct CallRecord: Hashable, Sendable {
    /// 0 for the first call; in the order of arrival.
    package var sequence: Int
    package var arrival: WallTime
    /// When the answer was handed to the socket, or the connection ended; nil as long as the call is under way.
    package var end: WallTime?
    package var environment: String
    package var function: String
    /// The input's own member `id`, else `hash-` and its hash.
    package var id: String
    package var byteCount: Int
    /// FNV-1a of the function's input.
    package var hash: UInt64
    /// Whether the function ran, whatever the caller was told.
    package var ran: Bool
    /// Nil as long as the call is under way.
    package var outcome: CallOutcome?
}

/// What became of all the calls with one body id.
package struct IDCounts: Hashable, Sendable {
    package var calls = 0
    /// In how many of them the function ran.
    package var ran = 0
    /// How many were answered with errcode 0.
    package var succeeded = 0
}

/// The fake's own account of the calls, for a checker to hold the relay's against.
///
/// The newest `limit` calls are kept, and the counts of the first `limit × 16` body ids.
package struct CallLog: Sendable {
    private let limit: Int
    private var ring: [CallRecord] = []
    /// Calls that ever came.
    package private(set) var total = 0
    package private(set) var countsByID: [String: IDCounts] = [:]
    /// Calls whose id was not counted because there were too many ids.
    package private(set) var uncounted = 0

    package init(limit: Int = 65_536) {
        precondition(limit > 0, "a call log needs room, got \(limit)")
        self.limit = limit
    }

    /// The calls that are still kept, oldest first.
    package var calls: [CallRecord] {
        guard total > limit else { return ring }
        let oldest = total % limit
        return Array(ring[oldest...] + ring[..<oldest])
    }

    /// Enters a call and returns its sequence number.
    mutating func begin(_ record: CallRecord) -> Int {
        var record = record
        record.sequence = total
        if ring.count < limit { ring.append(record) } else { ring[total % limit] = record }
        total += 1
        guard countsByID[record.id] != nil || countsByID.count < limit * 16 else {
            uncounted += 1
            return record.sequence
        }
        countsByID[record.id, default: IDCounts()].calls += 1
        if record.ran { countsByID[record.id]?.ran += 1 }
        return record.sequence
    }

    /// Enters a call's end. One that is no longer kept is only missing there; its id's success is then not counted,
    /// which takes a call that outlasts `limit` others.
    mutating func end(_ sequence: Int, as outcome: CallOutcome, at time: WallTime) {
        guard total - sequence <= limit else { return }
        let slot = sequence % limit
        ring[slot].end = time
        ring[slot].outcome = outcome
        if outcome == .errcode(0) { countsByID[ring[slot].id]?.succeeded += 1 }
    }

    /// FNV-1a, 64 bits.
    package static func hash(_ bytes: [UInt8]) -> UInt64 {
        bytes.withUnsafeBufferPointer { bytes in
            var hash: UInt64 = 0xCBF2_9CE4_8422_2325
            for index in 0..<bytes.count {
                hash = (hash ^ UInt64(bytes[index])) &* 0x100_0000_01B3
            }
            return hash
        }
    }
}
