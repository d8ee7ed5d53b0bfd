import NIOCore
import RelayCore

/// Gets an app's token from `/cgi-bin/stable_token`: does what a `TokenSchedule` says.
final class StableTokenFetcher: TokenProvider, HTTPClientDelegate {
    var update: (TokenUpdate) -> Void = { _ in }
    private let appID: String
    private let readSecret: @Sendable () throws -> Secret
    private let settings: HTTPClientSettings
    private let eventLoop: any EventLoop
    private let now: @Sendable () -> MonotonicTime
    private var random: any RandomNumberGenerator & Sendable
    private var schedule = TokenSchedule()
    private var client: HTTPClient?
    private var timer: Scheduled<Void>?
    private var exchange: UInt64 = 0
    private var requestBody: [UInt8] = []
    /// The secret of the request under way: masked wherever the answer repeats it.
    private var secret = Secret("")

    init(
        appID: String,
        secret: @escaping @Sendable () throws -> Secret,
        settings: HTTPClientSettings,
        eventLoop: any EventLoop,
        now: @escaping @Sendable () -> MonotonicTime,
        random: any RandomNumberGenerator & Sendable
    ) {
        self.appID = appID
        readSecret = secret
        self.settings = settings
        self.eventLoop = eventLoop
        self.now = now
        self.random = random
    }

    func start() {
        guard client == nil else { return }
        client = HTTPClient(eventLoop: eventLoop, settings: settings, delegate: self, random: random)
        perform(schedule.begin(at: now()))
    }

    func refresh(refused generation: UInt64) {
        guard client != nil else { return }
        perform(schedule.refuse(generation: generation, at: now()))
    }

    func retry() {
        guard client != nil else { return }
        perform(schedule.begin(at: now()))
    }

    func stop() {
        timer?.cancel()
        client?.shutDown()
        client = nil
    }

    private func perform(_ fetch: TokenSchedule.Fetch?) {
        guard let fetch, let client else { return }
        timer?.cancel()
        timer = nil
        do {
            secret = try readSecret()
        } catch {
            // 41004 is WeChat's own code for a token request without a secret.
            conclude(.errcode(41004), "the app secret cannot be read: \(error)", rid: nil)
            return
        }
        exchange += 1
        requestBody = CallCodec.stableTokenBody(appID: appID, secret: secret, force: fetch == .forced)
        client.send(
            exchange,
            method: .post,
            target: Array(CallCodec().stableTokenTarget.utf8),
            contentType: "application/json",
            bodyLength: requestBody.count
        )
    }

    func writeBody(of exchange: UInt64, into sink: (RawSpan) -> Void) {
        let body = requestBody
        sink(body.span.bytes)
    }

    func exchange(_ exchange: UInt64, answered status: Int, retryAfter: RetryAfter?, body: RawSpan) {
        switch TokenAnswer.read(status: status, body: body) {
        case .token(let value, let expiresIn):
            let token = obtain(value, expiresIn, using: &random)
            clear()
            arm()
            update(.ready(token))
        case .refused(let code, let errmsg, let rid):
            // An address that WeChat has retired: the next question resolves the name anew.
            if code == .errcode(48017) { client?.dropConnections() }
            conclude(code, errmsg, rid: rid)
        case .unreadable(let code, let excerpt):
            conclude(code, "no token and no errcode in the answer: \(excerpt)", rid: nil)
        }
    }

    func exchange(_ exchange: UInt64, failed outcome: TransportOutcome, detail: String) {
        conclude(.transport(outcome), detail, rid: nil)
    }

    /// No token: what passes by itself is `away`, all else `refused`, by the rows of the token endpoint.
    private func conclude(_ code: OutcomeCode, _ text: String, rid: String?) {
        let isUsable = fail(using: &random)
        let shown = Redaction.redact(text, secrets: [secret] + (schedule.current.map { [$0.value] } ?? []))
        clear()
        arm()
        if TokenAnswer.row(for: code).outcomeClass == .transient {
            update(.away(code, detail: shown, isUsable: isUsable))
        } else {
            update(.refused(code: code, errmsg: shown, rid: rid, isUsable: isUsable))
        }
    }

    private func clear() {
        secret = Secret("")
        requestBody = []
    }

    /// Arms the timer for what the schedule does by itself.
    private func arm() {
        timer?.cancel()
        timer = nil
        guard let due = schedule.due else { return }
        timer = eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(max(.zero, due - now()))) {
            self.timer = nil
            self.perform(self.schedule.begin(at: self.now()))
        }
    }

    private func obtain(
        _ value: Secret,
        _ expiresIn: Duration,
        using random: inout some RandomNumberGenerator
    ) -> AccessToken {
        schedule.obtain(value, expiresIn: expiresIn, at: now(), using: &random)
    }

    private func fail(using random: inout some RandomNumberGenerator) -> Bool {
        schedule.fail(at: now(), using: &random)
    }
}
