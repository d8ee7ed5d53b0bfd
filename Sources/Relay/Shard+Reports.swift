import Kafka
import Logging
import NIOCore
import RelayCore

extension Shard {
    /// One log line for what a person should know.
    func log(_ report: Report) {
        switch report {
        case .holdOpened(let hold):
            logger.error("hold opened: \(hold.sentence)", metadata: hold.metadata)
        case .holdProbeFailed(let hold):
            logger.info("hold goes on: the probe failed", metadata: hold.metadata)
        case .holdClosed(let hold, let lasted):
            logger.notice(
                "hold closed after \(lasted.wholeMilliseconds / 1_000) s",
                metadata: hold.metadata
            )
        case .unlistedCode(let code, let errmsg):
            logger.warning(
                "a code that no table lists: say under errcodes: what it means",
                metadata: ["code": "\(code.text)", "errmsg": "\(errmsg)"]
            )
        case .replyRedirected(let id, let topic, let error, let place):
            logger.warning(
                "a reply could not be written where it was asked for",
                metadata: [
                    "record": "\(machine.place(of: id))", "topic": "\(topic)", "error": "\(error)", "to": "\(place)",
                ]
            )
        case .nowhereToWrite(let id, let error):
            logger.error(
                "an answer can be written nowhere: its partition waits; mend the reply topic or add a dead-letter topic",
                metadata: ["record": "\(machine.place(of: id))", "error": "\(error)"]
            )
        case .deadLetterDropped(let record, let error):
            logger.error(
                "the reply is written, its dead letter cannot be",
                metadata: ["record": "\(record)", "error": "\(error)"]
            )
        case .commitRefused(let topic, let partition, let error, let count):
            logger.warning(
                "a commit was refused; it is repeated",
                metadata: ["partition": "\(topic)/\(partition)", "error": "\(error)", "refused": "\(count)"]
            )
        case .lateTick(let gap):
            logger.warning(
                "the process stood still for \(gap.wholeMilliseconds / 1_000) s: no call starts before the group answers"
            )
        case .gateStaysClosed(let time):
            logger.warning(
                """
                the group has been changing for \(time.wholeMilliseconds / 1_000) s, longer than a rebalance may take: \
                nothing is committed and no call starts; look for a member that does not answer \
                (kafka-consumer-groups.sh --describe --members), then restart this process
                """
            )
        case .gateOpened(let time):
            logger.notice(
                "the group has come together after \(time.wholeMilliseconds / 1_000) s: commits and calls go on"
            )
        case .leftLog(let topic, let partition, let offset, let isTakenUp):
            logger.error(
                """
                the next offset is not in the log any more: records were deleted before they were relayed, or the log was \
                cut; \(isTakenUp ? "going on at the log's start" : ConsumerFeed.stopAdvice)
                """,
                metadata: ["partition": "\(topic)/\(partition)", "offset": "\(offset)"]
            )
        case .limboEnded(let end, let topic, let partition, let requests):
            logger.log(
                level: end == .resumed ? .notice : .warning,
                "\(end.sentence)",
                metadata: ["partition": "\(topic)/\(partition)", "requests": "\(requests)"]
            )
        case .stalled(let what):
            logger.error("stalled: \(what)")
        }
    }

    /// Asks the brokers about a reply topic, off the loop.
    func lookUp(_ topic: String) {
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let lookups = lookups
        lookups.run {
            let lookup: TopicLookup
            do throws(KafkaError) {
                let found = try lookups.topics([topic], timeout: .seconds(5)).first
                lookup = .judging(
                    code: found?.error?.code.rawValue ?? 0,
                    name: found?.error?.name ?? "",
                    isRetriable: found?.error?.isRetriable ?? false,
                    partitions: found?.partitionCount ?? 0
                )
            } catch {
                lookup = .unanswered
            }
            bound.eventLoop.execute { bound.value.handle(.topicLookedUp(topic, lookup)) }
        }
    }
}

extension LimboEnd {
    fileprivate var sentence: String {
        switch self {
        case .resumed: "a lost partition is back and nobody else had begun: it goes on where it was"
        case .changedHands:
            "a lost partition is back, and what is committed is not this member's: what was kept of it is dropped"
        case .outOfTime: "a lost partition did not come back within session.timeout.ms: what was kept of it is dropped"
        case .stopped: "the relay stops while a partition is lost: what was kept of it is dropped"
        }
    }
}

extension OutcomeCode {
    /// `-504002`, `HTTP 502` or `request_timeout`, as people write them.
    package var text: String {
        switch self {
        case .errcode(let code): "\(code)"
        case .status(let status): "HTTP \(status)"
        case .transport(let outcome): outcome.rawValue
        }
    }
}

extension HoldReport {
    /// What is held, why, and what a person can do.
    package var sentence: String {
        let what =
            switch scope {
            case .app: "app '\(app)'"
            case .env: "environment '\(name)' of app '\(app)'"
            case .function: "function '\(name)' of app '\(app)'"
            }
        let address = code == .errcode(40164) ? AnswerReader.refusedAddress(errmsg).map { "; address \($0)" } : nil
        return "\(what), \(cause.rawValue), \(code.text)\(address ?? ""): \(remedy)"
    }

    var metadata: Logger.Metadata {
        var metadata: Logger.Metadata = [
            "app": "\(app)", "scope": "\(scope.rawValue)", "cause": "\(cause.rawValue)", "code": "\(code.text)",
            "waiting": "\(waiting)",
        ]
        if !name.isEmpty { metadata["name"] = "\(name)" }
        if !errmsg.isEmpty { metadata["errmsg"] = "\(errmsg)" }
        if let rid { metadata["rid"] = "\(rid)" }
        if let nextProbe { metadata["next-probe-ms"] = "\(nextProbe.wholeMilliseconds)" }
        return metadata
    }
}
