package import Logging
import NIOCore
package import RelayCore
package import Sockets

/// One app's access token in this process: fetched, renewed, told to all shards that subscribe.
///
/// May be called from anywhere; its work and its handlers' calls happen on the event loop that it is given. However many
/// ask at once, one token request is under way. A token or a secret never reaches a log, an error or an update's text.
package final class TokenKeeper: Sendable {
    private let desk: NIOLoopBoundBox<TokenDesk?>
    private let eventLoop: EpollLoop

    /// Makes a keeper that does nothing before `start()`.
    ///
    /// `appName` is the name under `apps:`, for the log. `client` says how the token endpoint is reached, at the hosts that
    /// calls go to, or the token service; a static token and a file do not use it. `now` is the monotonic clock that `AccessToken.expires` is meant
    /// on, and `random` spreads the renewals of several processes.
    package init(
        appName: String,
        source: TokenSource,
        client: HTTPClientSettings,
        eventLoop: EpollLoop,
        logger: Logger,
        now: @escaping @Sendable () -> MonotonicTime,
        random: any RandomNumberGenerator & Sendable
    ) {
        var logger = logger
        logger[metadataKey: "app"] = "\(appName)"
        let desk = NIOLoopBoundBox<TokenDesk?>.makeEmptyBox(valueType: TokenDesk.self, eventLoop: eventLoop)
        eventLoop.execute { [logger] in
            func fetcher(_ endpoint: TokenInquiry.Endpoint) -> TokenFetcher {
                TokenFetcher(
                    endpoint,
                    settings: client,
                    eventLoop: eventLoop,
                    logger: logger,
                    now: now,
                    random: random
                )
            }
            let provider: any TokenProvider =
                switch source {
                case .stable(let appID, let secret): fetcher(.stable(appID: appID, secret: secret))
                case .classic(let appID, let secret): fetcher(.classic(appID: appID, secret: secret))
                case .service(let service): fetcher(.service(service))
                case .file(let file, let path, let every):
                    FileTokenReader(file, at: path, every: every, eventLoop: eventLoop)
                case .fixed(let token): StaticTokenReader(token)
                }
            desk.value = TokenDesk(provider, logger: logger)
        }
        self.desk = desk
        self.eventLoop = eventLoop
    }

    /// Calls `handler` with every update from now on, and at once with the last one if there is one.
    package func subscribe(_ handler: @escaping @Sendable (TokenUpdate) -> Void) {
        onLoop { $0.subscribe(handler) }
    }

    /// Fetches the first token, and renews it from then on.
    package func start() {
        onLoop { $0.provider.start() }
    }

    /// A call was refused because of the token of that generation. An older one than the current is ignored, and so is a
    /// second refusal of the current one: the update after the first tells what came of it.
    package func refresh(refused generation: UInt64) {
        onLoop { $0.provider.refresh(refused: generation) }
    }

    /// Tries again, as a hold's probe does; nothing before `start()`. An update follows, that of the request under way if
    /// there is one.
    package func retry() {
        onLoop { $0.provider.retry() }
    }

    /// Ends everything: no update follows, a token request under way is dropped. There is no way back.
    package func stop() {
        onLoop { $0.stop() }
    }

    private func onLoop(_ act: @escaping @Sendable (TokenDesk) -> Void) {
        eventLoop.execute { [desk] in
            // Set by the first task that this loop was given for the keeper.
            if let desk = desk.value { act(desk) }
        }
    }
}
