/// What the commit that a partition begins at tells its new owner.
package enum CommitReading: Equatable, Sendable {
    /// There is no commit: a start by `start-from`.
    case nothing
    /// The last owner's words, as far as they can be judged without the log's records.
    case usable(CommitMetadata)
    /// Metadata that must not be used, and the end of the log at that time.
    case refused(MetadataRefusal, end: Offset)

    /// Judges what was committed with an offset.
    ///
    /// - Parameters:
    ///   - text: the commit's metadata, nil or empty for none.
    ///   - topic: the topic that was assigned.
    ///   - partition: the partition that was assigned.
    ///   - committed: the group's committed offset, nil without one.
    ///   - low: the log's first offset.
    ///   - end: the offset behind the log's last readable record.
    /// - Returns: the judgement, subject to the anchor.
    package static func reading(
        _ text: [UInt8]?,
        topic: String,
        partition: Int32,
        committed: Offset?,
        low: Offset,
        end: Offset
    ) -> CommitReading {
        guard let committed else { return .nothing }
        guard let text, !text.isEmpty else { return .refused(.missing, end: end) }
        switch CommitMetadata.decode(text) {
        case .failure(let refusal):
            return .refused(refusal, end: end)
        case .success(let metadata):
            if metadata.place != CommitMetadata.place(topic: topic, partition: partition) {
                return .refused(.otherPartition, end: end)
            }
            if metadata.base != committed { return .refused(.otherOffset(metadata.base), end: end) }
            if committed > end { return .refused(.beyondEnd(committed), end: end) }
            // It was read once, so the log was cut.
            if let anchor = metadata.anchor, anchor.offset >= end {
                return .refused(.beyondEnd(anchor.offset), end: end)
            }
            return .usable(metadata.ofRecords(from: low))
        }
    }

    /// The record whose timestamp has to be looked up before the metadata may be used; nil when there is none.
    package var anchor: SeenRecord? {
        if case .usable(let metadata) = self { metadata.anchor } else { nil }
    }

    /// The same, once the anchor was looked up.
    ///
    /// - Parameters:
    ///   - finding: what the look-up brought; of no account without an anchor.
    ///   - end: the offset behind the log's last readable record.
    ///   - mayAskAgain: there is time for another look-up.
    /// - Returns: the final judgement; nil: look it up again.
    package func verified(by finding: AnchorFinding, end: Offset, mayAskAgain: Bool) -> CommitReading? {
        guard let anchor else { return self }
        switch finding {
        case .record(let timestamp):
            return timestamp == anchor.timestamp ? self : .refused(.otherRecord(anchor.offset), end: end)
        case .absent: return .refused(.absent(anchor.offset), end: end)
        // Brokers that are slow say nothing of the log: what is done must not be called again for that.
        case .unanswered: return mayAskAgain ? nil : .refused(.unanswered(anchor.offset), end: end)
        }
    }

    /// How long a partition's start waits for its anchor, at most: records of an owner that is gone wait meanwhile.
    package static let patience = Duration.seconds(30)

    /// What the new owner goes by.
    package var inheritance: Inheritance {
        switch self {
        case .nothing: .nothing
        case .usable(let metadata): .records(metadata)
        case .refused(_, let end): .doubtful(below: end)
        }
    }
}

/// What the look-up of an anchor brought.
package enum AnchorFinding: Hashable, Sendable {
    /// The record that is there has this timestamp.
    case record(WallTime)
    /// There is no such record, or it has no timestamp.
    case absent
    /// Nobody said, in the time that there was.
    case unanswered
}

/// What a partition's owner knows of those before it.
package enum Inheritance: Equatable, Codable, Sendable {
    /// Every record is new.
    case nothing
    /// The last owner's commit tells which records are done and which may have run.
    case records(CommitMetadata)
    /// Every record below may have run, none is known to be done.
    case doubtful(below: Offset)
}
