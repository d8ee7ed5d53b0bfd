/// What the commit that a partition begins at tells its new owner.
package enum CommitReading: Equatable, Sendable {
    /// There is no commit, or one without metadata: a start by `start-from`, or an offset that somebody set by hand.
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
    ///   - end: the offset behind the log's last readable record.
    /// - Returns: the judgement, subject to the anchor.
    package static func reading(
        _ text: [UInt8]?,
        topic: String,
        partition: Int32,
        committed: Offset?,
        end: Offset
    ) -> CommitReading {
        guard let committed, let text, !text.isEmpty else { return .nothing }
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
            return .usable(metadata)
        }
    }

    /// The record whose timestamp has to be looked up before the metadata may be used; nil when there is none.
    package var anchor: SeenRecord? {
        if case .usable(let metadata) = self { metadata.anchor } else { nil }
    }

    /// The same, once the anchor was looked up.
    ///
    /// - Parameters:
    ///   - timestamp: the anchor's timestamp now, nil when it could not be had.
    ///   - end: the offset behind the log's last readable record.
    /// - Returns: the final judgement.
    package func verified(by timestamp: WallTime?, end: Offset) -> CommitReading {
        guard let anchor else { return self }
        guard let timestamp else { return .refused(.unverified(anchor.offset), end: end) }
        return timestamp == anchor.timestamp ? self : .refused(.otherRecord(anchor.offset), end: end)
    }

    /// What the new owner goes by.
    package var inheritance: Inheritance {
        switch self {
        case .nothing: .nothing
        case .usable(let metadata): .records(metadata)
        case .refused(_, let end): .doubtful(below: end)
        }
    }
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
