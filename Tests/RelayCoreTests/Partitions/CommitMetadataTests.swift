import RelayCore
import Testing

@Suite("Commit metadata on the wire") struct CommitMetadataTests {
    private static let sample = CommitMetadata(
        place: CommitMetadata.place(topic: "orders.requests", partition: 3),
        base: Offset(1_000),
        admissionLimit: Offset(2_200),
        nonce: 0x0123_4567_89AB_CDEF,
        isClean: false,
        baseTimestamp: WallTime(milliseconds: 1_700_000_000_000),
        highestDone: SeenRecord(offset: Offset(1_300), timestamp: WallTime(milliseconds: 1_700_000_000_999)),
        earlierRuns: [EarlierRuns(limit: Offset(1_040), count: 1), EarlierRuns(limit: Offset(2_500), count: 2)],
        doubtfulLimit: Offset(1_007),
        open: [
            OpenRecord(offset: Offset(1_000), history: CallHistory(attempts: 2, invocationsPossible: 1)),
            OpenRecord(offset: Offset(1_005)),
            OpenRecord(offset: Offset(1_205), history: CallHistory(attempts: 1, invocationsPossible: 300)),
        ]
    )

    /// Written by another program after the page's layout, its checksum by another implementation: versions of wxrelay
    /// that share a group must agree on it.
    private static let written = """
        AQ7LKea3oJ8k3+gDAAAAAAAAmAgAAAAAAADvzauJZ0UjAQBo5c+LAQAA52vlz4sBAACsAgIoAdwLAgcDAQIBCpEDAawCXMlPow==
        """

    private func random(_ random: inout RelayCore.SplitMix64) -> CommitMetadata {
        func below(_ limit: Int64) -> Int64 { Int64.random(in: 0..<limit, using: &random) }
        func maybe<Value>(_ value: @autoclosure () -> Value) -> Value? {
            Bool.random(using: &random) ? value() : nil
        }
        let scale: [Int64] = [2, 100, 100_000, 1 << 40]
        let reach = scale[Int(below(4))]
        let base = below(1 << 40)
        var metadata = CommitMetadata(
            place: random.next(),
            base: Offset(base),
            admissionLimit: Offset(base + below(reach)),
            nonce: random.next(),
            isClean: Bool.random(using: &random),
            baseTimestamp: maybe(WallTime(milliseconds: below(1 << 50) - 1_000)),
            highestDone: maybe(
                SeenRecord(offset: Offset(base + below(reach)), timestamp: WallTime(milliseconds: below(1 << 50)))
            ),
            doubtfulLimit: maybe(Offset(base + below(reach)))
        )
        for _ in 0..<below(9) {
            metadata.earlierRuns.append(EarlierRuns(limit: Offset(base + below(reach)), count: Int(below(500))))
        }
        var offset = base + below(2)
        for _ in 0..<below(300) {
            let history = maybe(CallHistory(attempts: Int(below(300)), invocationsPossible: Int(below(300))))
            metadata.open.append(OpenRecord(offset: Offset(offset), history: history))
            offset += 1 + below(reach)
        }
        return metadata
    }

    @Test("the text is what every version of this layout writes and reads")
    func fixture() {
        #expect(String(decoding: Self.sample.encoded(), as: UTF8.self) == Self.written)
        #expect(CommitMetadata.decode(Self.written.utf8) == .success(Self.sample))
    }

    @Test("what is written is read", arguments: UInt64(1)...40)
    func roundTrip(seed: UInt64) {
        var generator = RelayCore.SplitMix64(seed: seed)
        for _ in 0..<10 {
            let metadata = random(&generator)
            #expect(CommitMetadata.decode(metadata.encoded()) == .success(metadata), "seed \(seed)")
        }
    }

    @Test("no text with one character changed, left out or added is read")
    func damaged() {
        let text = Self.sample.encoded()
        var read: [Int] = []
        for index in text.indices {
            for character in [UInt8(ascii: "A"), UInt8(ascii: "z"), UInt8(ascii: "="), UInt8(ascii: "+"), 0, 0xFF] {
                var changed = text
                changed[index] = character
                if changed != text, case .success = CommitMetadata.decode(changed) { read.append(index) }
                changed = text
                changed.insert(character, at: index)
                if case .success = CommitMetadata.decode(changed) { read.append(index) }
            }
            var shorter = text
            shorter.remove(at: index)
            if case .success = CommitMetadata.decode(shorter) { read.append(index) }
            if case .success = CommitMetadata.decode(text.prefix(index)) { read.append(index) }
        }
        #expect(read == [])
    }

    @Test("any bytes decode to a value or a reason", arguments: UInt64(1)...20)
    func total(seed: UInt64) {
        var generator = RelayCore.SplitMix64(seed: seed)
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        for length in 0..<120 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let text = (0..<length / 4 * 4).map { _ in digits[Int.random(in: 0..<64, using: &generator)] }
            for input in [bytes, text] {
                if case .success(let metadata) = CommitMetadata.decode(input) {
                    Issue.record("\(input) is \(metadata), seed \(seed)")
                }
            }
        }
    }

    @Test(
        "other people's words are foreign, a later version's are newer",
        arguments: [
            ("NO_METADATA", MetadataRefusal.foreign), ("{\"a\":1}", .foreign), ("", .foreign), ("abcd", .foreign),
            ("consumer-1 2024-01-01", .foreign), ("AAAAAAAAAAA=", .damaged),
            // Version 2, nothing else, and its checksum.
            ("AqYjRrM=", .newer(version: 2)),
        ]
    )
    func others(text: String, refusal: MetadataRefusal) {
        #expect(CommitMetadata.decode(text.utf8) == .failure(refusal))
    }
}

@Suite("Judging a commit") struct CommitReadingTests {
    private let metadata = CommitMetadata(
        place: CommitMetadata.place(topic: "requests", partition: 2),
        base: Offset(10),
        admissionLimit: Offset(1_010),
        nonce: 1,
        isClean: false,
        baseTimestamp: WallTime(milliseconds: 5),
        highestDone: SeenRecord(offset: Offset(30), timestamp: WallTime(milliseconds: 7)),
        open: [OpenRecord(offset: Offset(10))]
    )

    private func read(
        _ metadata: CommitMetadata,
        topic: String = "requests",
        partition: Int32 = 2,
        committed: Int64? = 10,
        low: Int64 = 0,
        end: Int64 = 100
    ) -> CommitReading {
        CommitReading.reading(
            metadata.encoded(),
            topic: topic,
            partition: partition,
            committed: committed.map { Offset($0) },
            low: Offset(low),
            end: Offset(end)
        )
    }

    @Test("metadata of this partition and offset is used once its record is found as it was")
    func usable() {
        let reading = read(metadata)
        #expect(reading == .usable(metadata))
        #expect(reading.anchor == metadata.highestDone)
        let end = Offset(100)
        func verified(_ finding: AnchorFinding) -> CommitReading? {
            reading.verified(by: finding, end: end, mayAskAgain: false)
        }
        #expect(verified(.record(WallTime(milliseconds: 7)))?.inheritance == .records(metadata))
        let other = verified(.record(WallTime(milliseconds: 8)))
        #expect(other == .refused(.otherRecord(Offset(30)), end: end))
        #expect(other?.inheritance == .doubtful(below: end))
        #expect(verified(.absent) == .refused(.absent(Offset(30)), end: end))
    }

    @Test("a record that nobody says anything of is asked for again, and only without an answer in the end not used")
    func unanswered() {
        let reading = read(metadata)
        let end = Offset(100)
        #expect(reading.verified(by: .unanswered, end: end, mayAskAgain: true) == nil)
        #expect(
            reading.verified(by: .unanswered, end: end, mayAskAgain: false)
                == .refused(.unanswered(Offset(30)), end: end)
        )
        #expect(reading.verified(by: .absent, end: end, mayAskAgain: true) == .refused(.absent(Offset(30)), end: end))
    }

    @Test("where the log's beginning is gone, the rest is believed as before, and needs no proof if none of it is done")
    func retention() {
        var left = metadata
        left.baseTimestamp = nil
        left.open = []
        #expect(read(metadata, low: 11) == .usable(left))
        #expect(read(metadata, low: 11).anchor == metadata.highestDone)
        left.highestDone = nil
        #expect(read(metadata, low: 31) == .usable(left))
        #expect(read(metadata, low: 31).anchor == nil)
        #expect(read(metadata, low: 10) == .usable(metadata))
    }

    @Test("without a done record the base proves the log, and where nothing was read nothing has to be proved")
    func anchors() {
        var other = metadata
        other.highestDone = nil
        #expect(read(other).anchor == SeenRecord(offset: Offset(10), timestamp: WallTime(milliseconds: 5)))
        other.baseTimestamp = nil
        #expect(read(other).anchor == nil)
        let verified = read(other).verified(by: .unanswered, end: Offset(100), mayAskAgain: true)
        #expect(verified?.inheritance == .records(other))
        #expect(read(other, end: 10) == .usable(other))
    }

    @Test("metadata that was copied to another place, moved to another offset or cut off its log is not used")
    func refused() {
        let end = Offset(100)
        #expect(read(metadata, topic: "a.requests") == .refused(.otherPartition, end: end))
        #expect(read(metadata, partition: 3) == .refused(.otherPartition, end: end))
        #expect(read(metadata, committed: 11) == .refused(.otherOffset(Offset(10)), end: end))
        #expect(read(metadata, end: 30) == .refused(.beyondEnd(Offset(30)), end: Offset(30)))
        #expect(read(metadata, end: 5) == .refused(.beyondEnd(Offset(10)), end: Offset(5)))
        #expect(read(metadata, end: 31) == .usable(metadata))
    }

    @Test("without a commit nothing is known and nothing is wrong")
    func nothing() {
        #expect(read(metadata, committed: nil) == .nothing)
        #expect(CommitReading.nothing.inheritance == .nothing)
    }

    @Test("a commit without metadata says nothing of who called what: whatever is there may have run")
    func missing() {
        for text in [nil, []] as [[UInt8]?] {
            let reading = CommitReading.reading(
                text,
                topic: "requests",
                partition: 2,
                committed: Offset(1),
                low: Offset(0),
                end: Offset(2)
            )
            #expect(reading == .refused(.missing, end: Offset(2)))
            #expect(reading.inheritance == .doubtful(below: Offset(2)))
        }
    }

    @Test("each refusal says what is wrong in words of its own")
    func words() {
        let refusals: [MetadataRefusal] = [
            .missing, .foreign, .damaged, .newer(version: 2), .otherPartition, .otherOffset(Offset(1)),
            .beyondEnd(Offset(1)), .otherRecord(Offset(1)), .absent(Offset(1)), .unanswered(Offset(1)),
        ]
        #expect(Set(refusals.map(\.message)).count == refusals.count)
    }
}
