import Logging
import RelayCore
import Sockets
import Synchronization
import WeChatClient

/// A `TokenKeeper` with its updates in order, its secret as a variable, and its log as text.
final class TokenBench: Sendable {
    struct NoSecret: Error {}

    let keeper: TokenKeeper
    /// Every update; for one reader.
    let updates: AsyncStream<TokenUpdate>
    let log = LogRecorder()
    private let secret: SharedSecret

    /// `source` makes another one than `stable_token`, with the secret that the test sets.
    init(
        baseURLs: [String],
        secret: String?,
        appID: String = "wx0",
        proxy: String? = nil,
        now: @escaping @Sendable () -> MonotonicTime = { MonotonicTime(nanoseconds: 0) },
        source: (@Sendable (_ secret: @escaping @Sendable () throws -> Secret) -> TokenSource)? = nil
    ) throws {
        let shared = SharedSecret()
        let read: @Sendable () throws -> Secret = {
            guard let secret = shared.value.withLock({ $0 }) else { throw NoSecret() }
            return Secret(secret)
        }
        let log = log
        var settings = HTTPClientSettings.patient(hosts: try baseURLs.map { try BaseURL($0) })
        settings.proxy = try proxy.map { try ProxyURL($0) }
        let keeper = TokenKeeper(
            appName: "main",
            source: source?(read) ?? .stable(appID: appID, secret: read),
            client: settings,
            eventLoop: EpollLoop.forTests,
            logger: Logger(label: "test") { _ in log },
            now: now,
            random: SplitMix(state: 1)
        )
        let (updates, continuation) = AsyncStream.makeStream(of: TokenUpdate.self)
        keeper.subscribe { continuation.yield($0) }
        self.keeper = keeper
        self.updates = updates
        self.secret = shared
        self.set(secret: secret)
    }

    convenience init(
        baseURL: String,
        secret: String?,
        appID: String = "wx0",
        proxy: String? = nil,
        now: @escaping @Sendable () -> MonotonicTime = { MonotonicTime(nanoseconds: 0) },
        source: (@Sendable (_ secret: @escaping @Sendable () throws -> Secret) -> TokenSource)? = nil
    ) throws {
        try self.init(
            baseURLs: [baseURL],
            secret: secret,
            appID: appID,
            proxy: proxy,
            now: now,
            source: source
        )
    }

    /// What the configuration's secret reads as from now on; nil: it cannot be read.
    func set(secret text: String?) {
        secret.value.withLock { $0 = text }
    }
}

private final class SharedSecret: Sendable {
    let value = Mutex<String?>(nil)
}

/// Keeps every log line with its metadata as text.
final class LogRecorder: LogHandler, Sendable {
    private let lines = Mutex<[String]>([])

    var text: [String] { lines.withLock { $0 } }

    func log(event: LogEvent) {
        let metadata = (event.metadata ?? [:]).map { "\($0)=\($1)" }.sorted().joined(separator: " ")
        lines.withLock { $0.append("\(event.level) \(event.message) \(metadata)") }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }

    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
}
