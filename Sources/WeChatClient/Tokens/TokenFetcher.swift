import Logging
import NIOCore
import RelayCore
import Sockets

/// Gets an app's token over HTTP: does what a `TokenSchedule` says.
final class TokenFetcher: TokenProvider, HTTPClientDelegate {
    var update: (TokenUpdate) -> Void = { _ in }
    private let inquiry: TokenInquiry
    private let settings: HTTPClientSettings
    private let eventLoop: EpollLoop
    private let logger: Logger
    private let now: @Sendable () -> MonotonicTime
    private var random: any RandomNumberGenerator & Sendable
    private var schedule: TokenSchedule
    private var client: HTTPClient?
    private var timer: Scheduled<Void>?
    private var exchange: UInt64 = 0
    /// The request under way; its secrets are masked wherever the answer repeats them.
    private var request = TokenInquiry.Request()

    /// Of an answer that holds one token nothing is read beyond this.
    private static let answerLimit = 64 << 10

    init(
        _ endpoint: TokenInquiry.Endpoint,
        settings: HTTPClientSettings,
        eventLoop: EpollLoop,
        logger: Logger,
        now: @escaping @Sendable () -> MonotonicTime,
        random: any RandomNumberGenerator & Sendable
    ) {
        inquiry = TokenInquiry(endpoint: endpoint, codec: CallCodec())
        schedule =
            switch endpoint {
            case .stable: TokenSchedule(.stable)
            case .classic: TokenSchedule(.classic)
            case .service: TokenSchedule(.service)
            }
        self.settings = settings
        self.eventLoop = eventLoop
        self.logger = logger
        self.now = now
        self.random = random
    }

    func start() {
        guard client == nil else { return }
        var settings = settings
        settings.maximumAnswerByteCount = Self.answerLimit
        client = HTTPClient(eventLoop: eventLoop, settings: settings, delegate: self, random: random)
        perform(schedule.begin(at: now()))
    }

    func refresh(refused generation: UInt64) {
        guard client != nil else { return }
        warn(ofRefusal: generation)
        let fetch = refuse(generation, using: &random)
        if schedule.isWaiting(at: now()) { tellOfWaiting() } else { perform(fetch) }
    }

    func retry() {
        guard client != nil else { return }
        if schedule.isWaiting(at: now()) { tellOfWaiting() } else { perform(schedule.begin(at: now())) }
    }

    func stop() {
        timer?.cancel()
        client?.shutDown()
        client = nil
    }

    // MARK: Asking

    private func perform(_ fetch: TokenSchedule.Fetch?) {
        guard let fetch, let client else { return }
        timer?.cancel()
        timer = nil
        do throws(TokenInquiry.Unprepared) {
            request = try inquiry.request(fetch)
        } catch {
            conclude(error.code, error.words, rid: nil)
            return
        }
        exchange += 1
        let head = HTTPRequestHead(
            request.method,
            target: request.target,
            contentType: request.method == .post ? "application/json" : nil,
            headers: request.headers
        )
        client.send(exchange, head, bodyLength: request.body.count)
    }

    func writeBody(of exchange: UInt64, into sink: (RawSpan) -> Void) {
        let body = request.body
        sink(body.span.bytes)
    }

    func exchange(_ exchange: UInt64, answered status: Int, retryAfter: RetryAfter?, body: RawSpan) {
        switch inquiry.read(status: status, body: body) {
        case .token(let value, let expiresIn):
            let token = obtain(value, expiresIn, using: &random)
            request = TokenInquiry.Request()
            arm()
            update(.ready(token))
        case .refused(let code, let errmsg, let rid):
            // An address that WeChat has retired: the next question resolves the name anew.
            if code == .errcode(48017) { client?.dropConnections() }
            conclude(code, errmsg, rid: rid)
        case .unreadable(let code, let excerpt):
            let isWeChat = inquiry.kind != .service
            conclude(code, isWeChat ? "no token and no errcode in the answer: \(excerpt)" : excerpt, rid: nil)
        }
    }

    func exchange(_ exchange: UInt64, failed outcome: TransportOutcome, detail: String) {
        conclude(.transport(outcome), detail, rid: nil)
    }

    /// No token: what passes by itself is `away`, all else `refused`, by the rows of the source.
    private func conclude(_ code: OutcomeCode, _ text: String, rid: String?) {
        let isUsable = fail(using: &random)
        let hidden = request.hidden + (schedule.current.map { [$0.value] } ?? [])
        let shown = inquiry.words(Redaction.redact(text, secrets: hidden))
        request = TokenInquiry.Request()
        arm()
        if TokenAnswer.row(for: code, from: inquiry.kind).outcomeClass == .transient {
            update(.away(code, detail: shown, isUsable: isUsable))
        } else {
            update(.refused(code: code, errmsg: shown, rid: rid, isUsable: isUsable))
        }
    }

    // MARK: Classic tokens

    /// Nothing but another request ends a classic token before its time.
    private func warn(ofRefusal generation: UInt64) {
        guard inquiry.kind == .classic, schedule.current?.generation == generation, schedule.isUsable(at: now()),
            let age = schedule.age(at: now())
        else { return }
        logger.warning(
            "a classic access token was refused before its time: another process or tool fetched one; use token.source stable_token or url",
            metadata: ["age-s": "\(age.wholeMilliseconds / 1_000)"]
        )
    }

    private func tellOfWaiting() {
        arm()
        let seconds = schedule.due.map { ($0 - now()).wholeMilliseconds / 1_000 } ?? 0
        let errmsg =
            "calls refuse each classic token right after it was given: another process or tool fetches them too;"
            + " the next one is fetched in \(seconds) s"
        update(.refused(code: .errcode(40001), errmsg: errmsg, rid: nil, isUsable: false))
    }

    // MARK: The schedule

    /// Arms the timer for what the schedule does by itself.
    private func arm() {
        timer?.cancel()
        timer = nil
        guard let due = schedule.due else { return }
        timer = eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(max(.zero, due - now()))) {
            self.timer = nil
            self.perform(self.schedule.begin(at: self.now()))
            // Timers and the clock that waits are told in need not agree to the nanosecond.
            if self.schedule.isWaiting(at: self.now()) { self.arm() }
        }
    }

    private func obtain(
        _ value: Secret,
        _ expiresIn: Duration?,
        using random: inout some RandomNumberGenerator
    ) -> AccessToken {
        schedule.obtain(value, expiresIn: expiresIn, at: now(), using: &random)
    }

    private func refuse(
        _ generation: UInt64,
        using random: inout some RandomNumberGenerator
    ) -> TokenSchedule.Fetch? {
        schedule.refuse(generation: generation, at: now(), using: &random)
    }

    private func fail(using random: inout some RandomNumberGenerator) -> Bool {
        schedule.fail(at: now(), using: &random)
    }
}
