import Logging
import RelayCore

/// What gets tokens from somewhere; confined to its keeper's event loop.
protocol TokenProvider: AnyObject {
    var update: (TokenUpdate) -> Void { get set }
    func start()
    func refresh(refused generation: UInt64)
    func retry()
    func stop()
}

/// A keeper's side on its event loop: hands a provider's updates to the subscribers and to the log.
final class TokenDesk {
    let provider: any TokenProvider
    private let logger: Logger
    private var handlers: [@Sendable (TokenUpdate) -> Void] = []
    private var last: TokenUpdate?

    init(_ provider: any TokenProvider, logger: Logger) {
        self.provider = provider
        self.logger = logger
        provider.update = { [weak self] in self?.publish($0) }
    }

    func subscribe(_ handler: @escaping @Sendable (TokenUpdate) -> Void) {
        handlers.append(handler)
        if let last { handler(last) }
    }

    func stop() {
        provider.stop()
        handlers = []
    }

    private func publish(_ update: TokenUpdate) {
        // A trouble that goes on is told once; its repetitions are for those who look closely.
        let isRepetition = last.flatMap(TokenDesk.trouble) == TokenDesk.trouble(update)
        last = update
        switch update {
        case .ready(let token):
            logger.info("the access token is ready", metadata: ["generation": "\(token.generation)"])
        case .refused(let code, let errmsg, let rid, let isUsable):
            logger.log(
                level: isRepetition ? .debug : .error,
                "the access token is refused",
                metadata: [
                    "code": "\(code)", "errmsg": "\(errmsg)", "rid": "\(rid ?? "none")",
                    "usable-token-left": "\(isUsable)",
                ]
            )
        case .away(let code, let detail, let isUsable):
            logger.log(
                level: isRepetition ? .debug : .warning,
                "the token endpoint is away",
                metadata: ["code": "\(code)", "detail": "\(detail)", "usable-token-left": "\(isUsable)"]
            )
        }
        for handler in handlers { handler(update) }
    }

    private static func trouble(_ update: TokenUpdate) -> OutcomeCode? {
        switch update {
        case .ready: nil
        case .refused(let code, _, _, _), .away(let code, _, _): code
        }
    }
}
