import Dispatch
import Kafka
import Logging
import Synchronization

/// The demo's user of the relay: writes sample requests to the request topic and reads their replies.
///
/// `@unchecked`: all but `stopSending` happens on its own queue.
final class DemoClient: @unchecked Sendable {
    private let plan: DemoPlan
    private let queue = DispatchQueue(label: "wxrelay.demo")
    private let bell = Bell()
    private let isStopped = Atomic(false)
    private var tally: DemoTally
    private var view: DemoView
    private var connections: Connections?
    private var warmUpsOpen = 0

    private struct Connections: ~Copyable {
        let producer: Producer
        var replies: TopicReader
    }

    init(plan: DemoPlan) {
        self.plan = plan
        tally = DemoTally(prefix: plan.prefix)
        view = DemoView(total: plan.requests, now: .now)
    }

    /// Connects to the brokers, where the topics exist, and waits for the relay, showing that time passes.
    ///
    /// A producer, here and in the relay, takes up to a second for its first record to a partition. So a record that is
    /// no request goes to each partition, and its answer comes on each; no function is called for it.
    func connect(properties: Properties, logger: Logger) async throws {
        try await onQueue { [self] in
            let bell = bell
            connections = Connections(
                producer: try Producer(properties, logger: logger) { bell.ring() },
                replies: try TopicReader(
                    [DemoPlan.replyTopic],
                    properties: properties,
                    logger: logger,
                    bell: bell,
                    timeout: .seconds(10)
                )
            )
            try warmUp()
            let began = ContinuousClock.now
            var said = 0
            while warmUpsOpen > 0 {
                if isStopped.load(ordering: .relaxed) { throw CancellationError() }
                try takeReplies()
                bell.wait(atMost: .milliseconds(200))
                let seconds = Int((ContinuousClock.now - began) / .seconds(1))
                if seconds > said { Console.outPart(" \(seconds) s") }
                said = seconds
            }
        }
    }

    /// Sends requests and reads replies until all are answered, or, once `stopSending` was called, until what was sent
    /// is answered, for at most `patience`.
    func relayRequests(patience: Duration) async throws {
        try await onQueue { [self] in
            view = DemoView(total: plan.requests, now: .now)
            var nextAt = ContinuousClock.now
            var giveUpAt: ContinuousClock.Instant?
            while true {
                let now = ContinuousClock.now
                let isStopped = isStopped.load(ordering: .relaxed)
                if isStopped {
                    let limit = giveUpAt ?? now + patience
                    giveUpAt = limit
                    if tally.outstanding == 0 || now >= limit { return }
                } else if let requests = plan.requests {
                    while tally.sent < requests, tally.outstanding < DemoPlan.outstandingMax { try send() }
                    if tally.answered == requests { return }
                } else if now >= nextAt, tally.outstanding < DemoPlan.outstandingMax {
                    try send()
                    nextAt = now + DemoPlan.pace
                }
                try takeReplies()
                view.progress(tally, at: .now)
                guard connections?.replies.hasMore != true else { continue }
                let isPaced = plan.requests == nil && !isStopped
                bell.wait(atMost: isPaced ? min(.seconds(1), nextAt - .now) : .milliseconds(200))
            }
        }
    }

    /// Reads what still comes, to the end of the reply topic: a duplicate would be behind the last first reply.
    func readOn() async throws -> DemoTally {
        try await onQueue { [self] in
            let limit = ContinuousClock.now + .seconds(10)
            while ContinuousClock.now < limit {
                try takeReplies()
                if try connections?.replies.isAtEnd(timeout: .seconds(5)) ?? true { break }
                bell.wait(atMost: .milliseconds(50))
            }
            connections = nil
            return tally
        }
    }

    /// No request follows. May be called from anywhere.
    func stopSending() {
        isStopped.store(true, ordering: .relaxed)
        bell.ring()
    }

    private func warmUp() throws {
        guard let replies = connections?.replies.partitions.count,
            let requests = try connections?.replies.lookups.topic(DemoPlan.requestTopic, timeout: .seconds(10))
        else { return }
        for partition in 0..<max(replies, requests.partitionCount) {
            var headers = HeaderBlock()
            headers.append("wxrelay-correlation-id", warmUpID)
            headers.append("wxrelay-reply-partition", "\(partition % replies)")
            try connections?.producer.produce(
                topic: DemoPlan.requestTopic,
                partition: Int32(partition % max(1, requests.partitionCount)),
                key: nil,
                value: nil,
                headers: headers,
                tag: 0
            )
            warmUpsOpen += 1
        }
    }

    private func send() throws {
        let request = tally.send(at: .now)
        let id = tally.id(of: request)
        let key = "customer-\(request % DemoPlan.keys + 1)"
        let body = plan.body(of: request, id: id)
        var headers = HeaderBlock()
        headers.append("wxrelay-correlation-id", id)
        try connections?.producer.produce(
            topic: DemoPlan.requestTopic,
            key: key.utf8.span.bytes,
            value: body.utf8.span.bytes,
            headers: headers,
            tag: 0
        )
        view.show(request: id, key: key, body: body)
    }

    private var warmUpID: String { "\(plan.prefix)warm-up" }

    private func takeReplies() throws {
        var failure: KafkaError?
        connections?.producer.drain { event in
            switch event {
            case .delivered(let report):
                if let error = report.error { failure = error }
            case .error(let error) where error.isFatal: failure = error
            case .error, .statistics: break
            }
        }
        if let failure { throw failure }
        let now = ContinuousClock.now
        try connections?.replies.read { message in
            let reply = ReplyRecord(message)
            guard reply.correlationID != warmUpID else {
                warmUpsOpen -= 1
                return
            }
            let duplicates = tally.duplicates
            if let latency = tally.take(reply, at: now) {
                view.show(reply, latency: latency)
            } else if tally.duplicates > duplicates {
                view.show(duplicate: reply)
            }
        }
    }

    private func onQueue<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Swift.Result { try body() }) }
        }
    }
}
