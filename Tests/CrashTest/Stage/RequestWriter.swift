import Kafka

/// Writes the requests, evenly over the run, and goes on until the broker has all of them.
actor RequestWriter {
    private let properties: Properties
    private let topic: String
    private var dice: Dice
    private var producer: Producer?
    /// Requests that were handed over and not acknowledged.
    private var open: Set<Int> = []
    private var acknowledged = 0
    /// Since when nothing new is written.
    private var pausedAt: ContinuousClock.Instant?
    /// How long nothing was written so far.
    private var pauses: Duration = .zero

    /// Requests of one key keep their order; there are enough keys for many calls at once in each partition.
    private static let keys = 997

    init(_ broker: Broker, topic: String, seed: UInt64) throws {
        properties = try broker.clientProperties(["linger.ms": "5"])
        self.topic = topic
        dice = Dice(seed: seed)
    }

    func write(_ count: Int, over duration: Duration) async throws {
        let bodies = (0..<count).map { body($0) }
        let began = ContinuousClock.now
        var next = 0
        while acknowledged < count {
            try replaceIfNeeded(bodies)
            // A pause moves the rest, as it does with the plan: the accidents are to meet a group that works.
            let elapsed = (pausedAt ?? .now) - began - pauses
            let due = min(count, Int(Double(count) * (elapsed / duration)))
            while pausedAt == nil, next < due, try produce(next, bodies) { next += 1 }
            takeReports()
            try await Task.sleep(for: .milliseconds(10))
        }
        producer = nil
    }

    /// Writes nothing new, and waits until all that was written is acknowledged.
    ///
    /// - Throws: ``Missing`` when it is not in a minute: a stop of the broker would then lose some of it.
    func pause() async throws {
        pausedAt = .now
        let deadline = ContinuousClock.now + .seconds(60)
        while !open.isEmpty {
            guard ContinuousClock.now < deadline else {
                throw Missing("\(open.count) requests to be acknowledged before the broker stops")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    func goOn() {
        if let pausedAt { pauses += .now - pausedAt }
        pausedAt = nil
    }

    /// One request in two hundred is slow, so that calls are under way whenever something happens.
    private func body(_ number: Int) -> Request {
        let key = dice.number(0...Self.keys - 1)
        let isSlow = dice.number(0...199) == 0
        let directions = isSlow ? ",\"fake\":{\"latency-ms\":\(dice.number(100...700))}" : ""
        return Request(key: Array("key-\(key)".utf8), value: Array("{\"id\":\"\(number)\"\(directions)}".utf8))
    }

    private struct Request {
        let key: [UInt8]
        let value: [UInt8]
    }

    /// False when there is no room.
    private func produce(_ number: Int, _ bodies: [Request]) throws -> Bool {
        var headers = HeaderBlock()
        headers.append("correlation-id", "\(number)")
        let request = bodies[number]
        do throws(KafkaError) {
            try producer?.produce(
                topic: topic,
                key: request.key.span.bytes,
                value: request.value.span.bytes,
                headers: headers,
                tag: UInt64(number)
            )
        } catch {
            if error.code == .queueFull || error.isFatal { return false }
            throw error
        }
        open.insert(number)
        return true
    }

    private var isDead = true

    private func takeReports() {
        producer?.drain { event in
            switch event {
            case .delivered(let report):
                guard report.error == nil else { return }
                if open.remove(Int(report.tag)) != nil { acknowledged += 1 }
            case .error(let error):
                // A broker's restart may bring one.
                if error.isFatal { isDead = true }
            case .statistics: break
            }
        }
    }

    /// Makes a producer at the beginning and after a fatal error, and hands over what has no acknowledgement: some of it
    /// may then stand in the topic twice.
    private func replaceIfNeeded(_ bodies: [Request]) throws {
        guard isDead else { return }
        if producer != nil {
            producer?.purge()
            takeReports()
            guard producer?.outstanding == 0 else { return }
        }
        producer = try Producer(properties, logger: .silent) {}
        isDead = false
        for number in open.sorted() where try !produce(number, bodies) {
            throw Missing("room for what was not acknowledged")
        }
    }
}
