/// Reads request records: their headers one by one as Kafka hands them out, then the value.
///
/// One decoder is kept and reused, so that in the long run a record costs no allocation but the texts of a function,
/// an environment or a reply topic that is not the pipeline's own. Of each meaning the first name in the contract's
/// order that is present counts, of several headers of one name the last. A null header counts as absent, and so does
/// an empty correlation id or trace, which would identify nothing; every other empty header is malformed.
package struct RequestDecoder: Sendable {
    let consumedTopics: Set<String>
    /// What the headers and envelope members of the current record say, copied.
    var bytes: [UInt8] = []
    private var headers = TextPlaces(count: RequestHeader.allCases.count)
    var members = TextPlaces(count: EnvelopeMember.count)
    /// Where the members of the current envelope lie in its value.
    var elements = [JSONElement?](repeating: nil, count: EnvelopeMember.count)
    private var rejection: Rejection?

    /// - Parameter consumedTopics: The request topics of all pipelines: none of them may be a reply topic.
    package init(consumedTopics: Set<String>) {
        self.consumedTopics = consumedTopics
    }

    /// Forgets the record before.
    package mutating func begin() {
        bytes.removeAll(keepingCapacity: true)
        headers.removeAll()
        members.removeAll()
        rejection = nil
    }

    /// Takes one header of the record; to be called for each in its order.
    package mutating func header(name: RawSpan, value: RawSpan?) {
        guard let value, let header = RequestHeader.named(name) else { return }
        headers.set(header.rawValue, append(value))
    }

    /// Reads the value and judges the record.
    ///
    /// - Parameters:
    ///   - value: The record's value; nil for a tombstone.
    ///   - topic: The request topic.
    ///   - partition: The partition in it.
    ///   - offset: The record's offset.
    ///   - timestamp: The record's timestamp; nil when it has none, which counts as now.
    ///   - now: The time on the wall clock.
    ///   - pipeline: The pipeline that consumes the topic.
    ///   - callStyle: How its app's calls carry the input: as a JSON string it has to be UTF-8.
    ///   - head: Filled anew, as far as the record can be read.
    /// - Returns: What the record is.
    package mutating func finish(
        value: RawSpan?,
        topic: String,
        partition: Int32,
        offset: Int64,
        timestamp: WallTime?,
        now: WallTime,
        pipeline: PipelinePolicy,
        callStyle: CallStyle,
        into head: inout RequestHead
    ) -> Decoding {
        let record = Record(
            source: RecordSource(topic: topic, partition: partition, offset: offset),
            start: min(timestamp ?? now, now)
        )
        head.removeAll(keepingCapacity: true)
        head.timestamp = timestamp
        do throws(Rejection) {
            guard let body = try readBody(value, record, pipeline, callStyle) else { return .skipped }
            head.body = body
        } catch {
            keep(error)
        }
        readIdentity(record, into: &head)
        readChoices(record, pipeline, into: &head)
        do throws(Rejection) {
            head.deadline = try deadline(record, pipeline)
        } catch {
            keep(error)
        }
        return rejection.map { .rejected($0) } ?? .request
    }

    /// Keeps the first thing that is wrong with the record: one is enough to name.
    mutating func keep(_ rejection: Rejection) {
        if self.rejection == nil { self.rejection = rejection }
    }

    mutating func append(_ value: RawSpan) -> Range<Int> {
        let start = bytes.count
        value.withUnsafeBytes { bytes.append(contentsOf: $0) }
        return start..<bytes.count
    }
}

extension RequestDecoder {
    /// What is known of the current record beside its bytes.
    struct Record {
        let source: RecordSource
        /// The moment that durations count from: the record's timestamp, or now when that lies in the future.
        let start: WallTime

        func invalid(_ problem: String, _ remedy: String) -> Rejection {
            Rejection(.invalidRequest, problem: problem, remedy: remedy, source: source)
        }

        func notAllowed(_ problem: String, _ remedy: String) -> Rejection {
            Rejection(.notAllowed, problem: problem, remedy: remedy, source: source)
        }
    }

    /// One thing that the record says, and where it says so.
    struct Field {
        enum Origin: Equatable {
            case header(RequestHeader)
            case member(EnvelopeMember)
        }

        let origin: Origin
        let range: Range<Int>

        /// `header wxrelay-env` or `envelope member env`.
        var place: String {
            switch origin {
            case .header(let header): "header \(header.name)"
            case .member(let member): "envelope member \(member.name)"
            }
        }
    }

    /// The place that counts among those where the record says this.
    func field(_ meaning: RequestMeaning) -> Field? {
        let takesEmpty = meaning != .correlationId
        if let (index, range) = members.first(in: meaning.members, takesEmpty: takesEmpty),
            let member = EnvelopeMember(rawValue: index)
        {
            return Field(origin: .member(member), range: range)
        }
        if let (index, range) = headers.first(in: meaning.headers, takesEmpty: takesEmpty),
            let header = RequestHeader(rawValue: index)
        {
            return Field(origin: .header(header), range: range)
        }
        return nil
    }

    private func readIdentity(_ record: Record, into head: inout RequestHead) {
        if let field = field(.correlationId) {
            head.correlationId = head.append(bytes.span.bytes.extracting(field.range))
        } else {
            record.source.append(separator: .minus, into: &head.bytes)
            head.correlationId = 0..<head.bytes.count
        }
        head.springCorrelation = copy(.springCorrelationId, into: &head)
        head.traceparent = copy(.traceparent, into: &head)
        head.tracestate = copy(.tracestate, into: &head)
    }

    /// Copies the header's value into the head's buffer, unless it is absent or empty.
    private func copy(_ header: RequestHeader, into head: inout RequestHead) -> Range<Int>? {
        guard let range = headers[header.rawValue], !range.isEmpty else { return nil }
        return head.append(bytes.span.bytes.extracting(range))
    }

    /// Reads where the reply shall go, and which function of which environment is asked for.
    ///
    /// What is refused or malformed is left out of the head, so that the pipeline's own stands; a reply partition goes
    /// with its topic, since it was meant for no other.
    private mutating func readChoices(_ record: Record, _ pipeline: PipelinePolicy, into head: inout RequestHead) {
        // Most records leave all of it to their pipeline.
        guard headers.hasAny(in: RequestMeaning.choiceHeaders) || members.hasAny(in: RequestMeaning.choiceMembers)
        else { return }
        do throws(Rejection) {
            head.replyTopic = try replyTopic(record, pipeline)?.name
            head.replyPartition = try replyPartition(record)
        } catch {
            keep(error)
        }
        do throws(Rejection) {
            if let choice = try function(record, pipeline) {
                head.function = choice.name
                head.functionNamedByRecord = choice.isNamedByRecord
            }
        } catch {
            keep(error)
        }
        do throws(Rejection) {
            if let choice = try environment(record, pipeline) {
                head.environment = choice.name
                head.environmentNamedByRecord = choice.isNamedByRecord
            }
        } catch {
            keep(error)
        }
    }
}
