import Logging
import Relay
import RelayConfiguration
import RelayCore
import Sockets
import WeChatClient

/// Gets an app's access token as the relay does: one request, once.
///
/// But for source `token`, where a request would end the token of the relay that runs: `stable_token` takes the same app id
/// and secret, from the same addresses, and its tokens have nothing to do with classic ones (docs, page
/// getStableAccessToken).
enum TokenQuestion {
    /// - Throws: `CommandProblem` for what only a person can mend in the configuration: a `ca-file` that is none,
    ///   a proxy that cannot be read.
    static func ask(_ app: AppSettings, on eventLoop: EpollLoop) async throws -> TokenUpdate {
        let settings: HTTPClientSettings
        do {
            settings = try HTTPClientSettings(tokensOf: app)
        } catch let problem as ProxyUnusable {
            throw CommandProblem(
                "apps.\(app.name).proxy: \(problem); write http://user:password@host:port into it",
                ExitStatus.configuration
            )
        } catch {
            throw CommandProblem(
                "apps.\(app.name).tls.ca-file: \(error); name a file with certificates in PEM",
                ExitStatus.configuration
            )
        }
        let keeper = TokenKeeper(
            appName: app.name,
            source: app.harmlessTokenSource,
            client: settings,
            eventLoop: eventLoop,
            logger: Logger(label: "token") { _ in SwiftLogNoOpLogHandler() },
            now: { Clocks.now().monotonic },
            random: SystemRandomNumberGenerator()
        )
        let (updates, continuation) = AsyncStream<TokenUpdate>.makeStream()
        keeper.subscribe { continuation.yield($0) }
        keeper.start()
        defer { keeper.stop() }
        // The keeper tells one update for each request, so the stream never ends before one.
        for await update in updates { return update }
        throw CancellationError()
    }
}

extension AppSettings {
    fileprivate var harmlessTokenSource: WeChatClient.TokenSource {
        guard case .classic(let appID, let secret) = clientTokenSource() else { return clientTokenSource() }
        return .stable(appID: appID, secret: secret)
    }
}

/// Why there is no token, in words.
struct TokenTrouble {
    private let kind: TokenKind
    let code: OutcomeCode
    let errmsg: String
    let rid: String?

    /// Nil for a token.
    init?(_ update: TokenUpdate, from kind: TokenKind) {
        self.kind = kind
        switch update {
        case .ready: return nil
        case .refused(let code, let errmsg, let rid, _): (self.code, self.errmsg, self.rid) = (code, errmsg, rid)
        case .away(let code, let detail, _): (self.code, errmsg, rid) = (code, detail, nil)
        }
    }

    /// Whether it may pass by itself.
    var isAway: Bool {
        [.transient, .throttled].contains(row.outcomeClass)
    }

    private var row: OutcomeRow { TokenAnswer.row(for: code, from: kind) }

    /// The code with its meaning and WeChat's own words.
    var problem: String {
        let isSaid = errmsg.isEmpty || errmsg.plain.lowercased() == row.meaning
        return "\(code.text), \(row.meaning)" + (isSaid ? "" : ": \(errmsg.plain)")
    }

    var remedy: String {
        let address = code == .errcode(40164) ? AnswerReader.refusedAddress(errmsg).map { ": \($0)" } : nil
        return row.remedy + (address ?? "")
    }
}

extension String {
    /// The system's words without NIO's around them: `connection reset (error set): Connection refused) (errno: 111)`
    /// becomes `Connection refused`.
    var plain: String {
        replacing(/connection reset \(error set\): (?<cause>[^)]+)\) \(errno: \d+\)/) { $0.cause }
    }
}
