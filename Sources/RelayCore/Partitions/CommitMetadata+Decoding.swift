/// Why a commit's metadata is not used.
package enum MetadataRefusal: Error, Hashable, Sendable {
    /// There is none: a version of wxrelay without it, or a tool that set the group's offset.
    case missing
    /// Some other program's.
    case foreign
    /// The bytes are not those that were written.
    case damaged
    /// Of a version of wxrelay that this one does not know.
    case newer(version: UInt8)
    /// Written for another topic or partition.
    case otherPartition
    /// Written for another offset: somebody moved the group's offset, or copied it.
    case otherOffset(Offset)
    /// The log ends below a record that was done.
    case beyondEnd(Offset)
    /// The record at this offset has another timestamp.
    case otherRecord(Offset)
    /// The record at this offset is gone: its log was compacted.
    case absent(Offset)
    /// The brokers did not say, as often as they were asked, which record is at this offset.
    case unanswered(Offset)

    /// The reason as people read it.
    package var message: String {
        switch self {
        case .missing: "there is none"
        case .foreign: "it is not wxrelay's"
        case .damaged: "it is damaged"
        case .newer(let version): "it is of version \(version), which this wxrelay does not know"
        case .otherPartition: "it was written for another topic or partition"
        case .otherOffset(let offset): "it was written for the offset \(offset)"
        case .beyondEnd(let offset): "the log ends below the offset \(offset), which it names"
        case .otherRecord(let offset):
            "the record at the offset \(offset) is another one: the log was cut or re-created"
        case .absent(let offset): "the record at the offset \(offset), which would prove it, is gone"
        case .unanswered(let offset):
            "the brokers do not say which record is at the offset \(offset), which would prove it"
        }
    }
}

extension CommitMetadata {
    /// Reads any text: what `encoded()` wrote, or why it is something else.
    package static func decode(_ text: some Collection<UInt8>) -> Result<CommitMetadata, MetadataRefusal> {
        guard let bytes = Base64.decode(text), bytes.count > 4 else { return .failure(.foreign) }
        let body = bytes.dropLast(4)
        let sum = bytes.suffix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard CRC32C.checksum(of: body) == sum else { return .failure(.damaged) }
        guard bytes[0] == version else { return .failure(.newer(version: bytes[0])) }
        var reader = MetadataReader(body.dropFirst())
        guard let metadata = read(&reader), reader.isAtEnd else { return .failure(.damaged) }
        return .success(metadata)
    }

    private static func read(_ reader: inout MetadataReader) -> CommitMetadata? {
        guard let rawFlags: UInt8 = reader.next() else { return nil }
        let flags = Flags(rawValue: rawFlags)
        guard flags.isSubset(of: .known), let place: UInt64 = reader.next(),
            let base = reader.nextOffset(), let limit = reader.nextOffset(), limit >= base,
            let nonce: UInt64 = reader.next(),
            let baseTimestamp: Int64 = reader.next(), let highestTimestamp: Int64 = reader.next()
        else { return nil }
        var metadata = CommitMetadata(
            place: place,
            base: base,
            admissionLimit: limit,
            nonce: nonce,
            isClean: flags.contains(.clean),
            baseTimestamp: flags.contains(.baseTimestamp) ? WallTime(milliseconds: baseTimestamp) : nil
        )
        if flags.contains(.highestDone) {
            guard let offset = reader.nextOffset(above: base) else { return nil }
            metadata.highestDone = SeenRecord(offset: offset, timestamp: WallTime(milliseconds: highestTimestamp))
        }
        guard let earlierCount = reader.nextCount() else { return nil }
        for _ in 0..<earlierCount {
            guard let limit = reader.nextOffset(above: base), let count = reader.nextNumber() else { return nil }
            metadata.earlierRuns.append(EarlierRuns(limit: limit, count: count))
        }
        if flags.contains(.doubtfulLimit) {
            guard let limit = reader.nextOffset(above: base) else { return nil }
            metadata.doubtfulLimit = limit
        }
        guard let openCount = reader.nextCount() else { return nil }
        metadata.open.reserveCapacity(openCount)
        for _ in 0..<openCount {
            let previous = metadata.open.last?.offset
            guard let record = nextOpenRecord(&reader, after: previous, base: base) else { return nil }
            metadata.open.append(record)
        }
        return metadata
    }

    private static func nextOpenRecord(
        _ reader: inout MetadataReader,
        after previous: Offset?,
        base: Offset
    ) -> OpenRecord? {
        guard let step = reader.nextVarint(), let offset = (previous ?? base).advanced(by: step >> 1),
            previous.map({ offset > $0 }) ?? true
        else { return nil }
        guard step & 1 == 1 else { return OpenRecord(offset: offset) }
        guard let attempts = reader.nextNumber(), let runs = reader.nextNumber() else { return nil }
        return OpenRecord(offset: offset, history: CallHistory(attempts: attempts, invocationsPossible: runs))
    }
}

/// Takes the metadata's parts one after the other; nil when they are not there or mean nothing.
private struct MetadataReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func next<Value: FixedWidthInteger>() -> Value? {
        let size = Value.bitWidth / 8
        guard rest.count >= size else { return nil }
        var value: Value = 0
        for (index, byte) in rest.prefix(size).enumerated() { value |= Value(truncatingIfNeeded: byte) << (8 * index) }
        rest = rest.dropFirst(size)
        return value
    }

    mutating func nextOffset() -> Offset? {
        guard let value: Int64 = next(), value >= 0 else { return nil }
        return Offset(value)
    }

    mutating func nextOffset(above base: Offset) -> Offset? {
        nextVarint().flatMap { base.advanced(by: $0) }
    }

    mutating func nextVarint() -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: 0, to: 64, by: 7) {
            guard let byte = rest.popFirst() else { return nil }
            let bits = UInt64(byte & 0x7F)
            guard (bits << shift) >> shift == bits else { return nil }
            value |= bits << shift
            if byte < 0x80 { return value }
        }
        return nil
    }

    /// A number of attempts or runs: far below what would be an overflow when a few are added.
    mutating func nextNumber() -> Int? {
        nextVarint().flatMap { $0 <= UInt32.max ? Int($0) : nil }
    }

    /// How many things follow, each of at least a byte.
    mutating func nextCount() -> Int? {
        nextNumber().flatMap { $0 <= rest.count ? $0 : nil }
    }
}

extension Offset {
    /// nil when there is no such offset.
    fileprivate func advanced(by distance: UInt64) -> Offset? {
        guard let distance = Int64(exactly: distance) else { return nil }
        let (sum, isOverflow) = value.addingReportingOverflow(distance)
        return isOverflow || sum == .max ? nil : Offset(sum)
    }
}
