extension CommitMetadata {
    static let version: UInt8 = 1

    /// What the brokers take as text, and how many bytes that is.
    package static let textLimit = 4_096
    static let byteLimit = textLimit / 4 * 3

    struct Flags: OptionSet {
        let rawValue: UInt8

        static let clean = Flags(rawValue: 1)
        static let baseTimestamp = Flags(rawValue: 2)
        static let highestDone = Flags(rawValue: 4)
        static let doubtfulLimit = Flags(rawValue: 8)
        static let known: Flags = [.clean, .baseTimestamp, .highestDone, .doubtfulLimit]
    }

    /// The text that is committed. It may be longer than `textLimit` unless this was made to fit.
    package func encoded() -> [UInt8] {
        var writer = MetadataWriter()
        writer.append(Self.version)
        var flags: Flags = []
        if isClean { flags.insert(.clean) }
        if baseTimestamp != nil { flags.insert(.baseTimestamp) }
        if highestDone != nil { flags.insert(.highestDone) }
        if doubtfulLimit != nil { flags.insert(.doubtfulLimit) }
        writer.append(flags.rawValue)
        writer.append(place)
        writer.append(UInt64(bitPattern: base.value))
        writer.append(UInt64(bitPattern: admissionLimit.value))
        writer.append(nonce)
        writer.append(UInt64(bitPattern: baseTimestamp?.milliseconds ?? 0))
        writer.append(UInt64(bitPattern: highestDone?.timestamp.milliseconds ?? 0))
        if let highestDone { writer.appendVarint(distance(to: highestDone.offset)) }
        writer.appendVarint(UInt64(earlierRuns.count))
        for runs in earlierRuns {
            writer.appendVarint(distance(to: runs.limit))
            writer.appendVarint(UInt64(runs.count))
        }
        if let doubtfulLimit { writer.appendVarint(distance(to: doubtfulLimit)) }
        writer.appendVarint(UInt64(open.count))
        var previous = base
        for record in open {
            writer.appendVarint(Self.step(from: previous, to: record))
            if let history = record.history {
                writer.appendVarint(UInt64(history.attempts))
                writer.appendVarint(UInt64(history.invocationsPossible))
            }
            previous = record.offset
        }
        return writer.text()
    }

    /// As much of this as the brokers take: the list of open records first, then histories, the lowest offsets first.
    ///
    /// A record behind the list's new end counts as not done, so a list that is cut is not clean. The histories that are
    /// left out leave their highest count, for all records up to the last of them.
    ///
    /// - Parameter ledger: knows of the records that are done.
    /// - Returns: what needs `textLimit` bytes at most.
    func fitted(_ ledger: borrowing OffsetLedger) -> CommitMetadata {
        var room = Self.byteLimit - fixedSize
        if open.count * Self.longestRecord <= room { return self }
        room -= UntoldRuns.longest
        var fitted = self
        var untold = UntoldRuns(told: earlierRuns)
        var previous = base
        var listed = 0
        for record in open {
            let size = MetadataWriter.size(ofVarint: Self.step(from: previous, to: record))
            guard size <= room else { break }
            room -= size
            previous = record.offset
            listed += 1
        }
        if listed < open.count {
            let end = open[listed].offset
            untold.add(open[listed...])
            untold.add(ledger.doneRecords(above: end))
            fitted.open.removeSubrange(listed...)
            if let highestDone, highestDone.offset > end { fitted.highestDone = ledger.highestDone(below: end) }
            fitted.isClean = false
        }
        for (index, record) in fitted.open.enumerated() {
            guard let history = record.history else { continue }
            let size = MetadataWriter.size(of: history)
            if size <= room {
                room -= size
            } else {
                untold.add([record])
                fitted.open[index].history = nil
            }
        }
        untold.tell(&fitted.earlierRuns)
        return fitted
    }

    /// This without its list, for brokers that take no more. The counts are left as in `fitted`.
    func withoutList(_ ledger: borrowing OffsetLedger) -> CommitMetadata {
        guard highestDone != nil || !open.isEmpty else { return self }
        var short = self
        var untold = UntoldRuns(told: earlierRuns)
        untold.add(open[...])
        untold.add(ledger.doneRecords(above: base))
        untold.tell(&short.earlierRuns)
        short.open = []
        short.highestDone = nil
        short.isClean = false
        return short
    }

    /// How far a record of the list is from the one before, and whether a history follows.
    private static func step(from previous: Offset, to record: OpenRecord) -> UInt64 {
        UInt64(record.offset.value - previous.value) << 1 | (record.history == nil ? 0 : 1)
    }

    private func distance(to offset: Offset) -> UInt64 {
        UInt64(offset.value - base.value)
    }

    /// Three varints of ten bytes.
    private static let longestRecord = 30

    /// All but the open records.
    private var fixedSize: Int {
        var size = 2 + 6 * 8 + 4
        if let highestDone { size += MetadataWriter.size(ofVarint: distance(to: highestDone.offset)) }
        if let doubtfulLimit { size += MetadataWriter.size(ofVarint: distance(to: doubtfulLimit)) }
        size += MetadataWriter.size(ofVarint: UInt64(earlierRuns.count))
        for runs in earlierRuns {
            size += MetadataWriter.size(ofVarint: distance(to: runs.limit))
            size += MetadataWriter.size(ofVarint: UInt64(runs.count))
        }
        return size + MetadataWriter.size(ofVarint: UInt64(open.count))
    }
}

/// The highest count of the records whose histories are left out, beyond what is told of all.
private struct UntoldRuns {
    /// In the metadata: a limit, a count, and the number of limits grows.
    static let longest = 10 + 3 + 1

    private let told: [EarlierRuns]
    private var limit: Offset?
    private var most = 0

    init(told: [EarlierRuns]) {
        self.told = told
    }

    mutating func add(_ records: some Sequence<OpenRecord>) {
        for record in records {
            let more = (record.history?.invocationsPossible ?? 0) - told.possibleRuns(of: record.offset)
            guard more > 0 else { continue }
            most = max(most, more)
            limit = max(limit ?? record.offset, record.offset)
        }
    }

    func tell(_ runs: inout [EarlierRuns]) {
        if let limit { runs.add(limit: limit, runs: most) }
    }
}

/// Bytes of the metadata on their way to text.
private struct MetadataWriter {
    private var bytes: [UInt8] = []

    init() {
        bytes.reserveCapacity(CommitMetadata.byteLimit)
    }

    mutating func append(_ value: some FixedWidthInteger) {
        for shift in stride(from: 0, to: value.bitWidth, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    /// Seven bits a byte, the lowest first; all bytes but the last have their highest bit set.
    mutating func appendVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// Ends with the checksum.
    consuming func text() -> [UInt8] {
        append(CRC32C.checksum(of: bytes))
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        Base64.append(bytes.span.bytes, into: &text)
        return text
    }

    static func size(ofVarint value: UInt64) -> Int {
        max(1, (UInt64.bitWidth - value.leadingZeroBitCount + 6) / 7)
    }

    static func size(of history: CallHistory) -> Int {
        size(ofVarint: UInt64(history.attempts)) + size(ofVarint: UInt64(history.invocationsPossible))
    }
}
