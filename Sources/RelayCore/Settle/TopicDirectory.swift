/// What is known of reply topics that headers named.
///
/// Such a topic is looked up before the first reply to it, and an unusable one is remembered for a minute, so that
/// a million requests that name it cost one question.
struct TopicDirectory: Sendable {
    enum Knowledge: Equatable {
        case unknown
        case underWay
        case usable
        case unusable(error: String)
    }

    private struct Entry {
        var knowledge: Knowledge
        var until: MonotonicTime?
    }

    private var entries: [String: Entry] = [:]

    func knowledge(of topic: String, at now: MonotonicTime) -> Knowledge {
        guard let entry = entries[topic] else { return .unknown }
        if let until = entry.until, until <= now { return .unknown }
        return entry.knowledge
    }

    mutating func beginLookUp(of topic: String, at now: MonotonicTime) {
        if entries.count >= 10_000 { entries = entries.filter { $0.value.knowledge == .underWay } }
        entries[topic] = Entry(knowledge: .underWay, until: now + .seconds(60))
    }

    mutating func learn(_ lookup: TopicLookup, of topic: String, at now: MonotonicTime) {
        switch lookup {
        case .exists: entries[topic] = Entry(knowledge: .usable, until: nil)
        case .unusable(let error):
            entries[topic] = Entry(knowledge: .unusable(error: error), until: now + .seconds(60))
        case .unanswered: entries[topic] = nil
        }
    }

    /// A produce to the topic was refused: it is asked about again after a minute.
    mutating func refuse(_ topic: String, error: String, at now: MonotonicTime) {
        entries[topic] = Entry(knowledge: .unusable(error: error), until: now + .seconds(60))
    }
}

extension TopicLookup {
    /// Judges what the brokers said of a topic.
    ///
    /// - Parameters:
    ///   - code: the number in `rd_kafka_resp_err_t`; 0: the topic is there.
    ///   - name: the error's name, for people.
    ///   - isRetriable: the same question may have another answer later.
    ///   - partitions: how many the topic has.
    /// - Returns: whether answers can be written to it.
    package static func judging(code: Int32, name: String, isRetriable: Bool, partitions: Int) -> TopicLookup {
        switch code {
        case 0: .exists(partitions: partitions)
        // UNKNOWN_TOPIC_OR_PART passes when somebody creates the topic; the request does not wait for that.
        case 3: .unusable(name)
        default: isRetriable ? .unanswered : .unusable(name)
        }
    }
}
