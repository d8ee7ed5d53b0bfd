import NIOCore
import Relay
import RelayConfiguration
import RelayCore
import Sockets
import WeChatClient

/// One POST to an app's WeChat API, without a retry.
enum SingleExchange {
    enum Ending: Sendable {
        case answered(status: Int, body: [UInt8])
        case failed(TransportOutcome, detail: String)
    }

    static func post(
        _ target: [UInt8],
        body: [UInt8],
        to app: AppSettings,
        on eventLoop: EpollLoop
    ) async throws -> Ending {
        let settings = try HTTPClientSettings(app, connections: 1)
        return try await eventLoop.flatSubmit {
            let exchange = Exchange(body: body, promise: eventLoop.makePromise())
            let client = HTTPClient(
                eventLoop: eventLoop,
                settings: settings,
                delegate: exchange,
                random: SystemRandomNumberGenerator()
            )
            let head = HTTPRequestHead(.post, target: target, contentType: "application/json")
            client.send(0, head, bodyLength: body.count)
            let bound = NIOLoopBound((exchange, client), eventLoop: eventLoop)
            return exchange.promise.futureResult.always { _ in bound.value.1.shutDown() }
        }.get()
    }

    /// Confined to its client's loop.
    private final class Exchange: HTTPClientDelegate {
        let promise: EventLoopPromise<Ending>
        private let body: [UInt8]

        init(body: [UInt8], promise: EventLoopPromise<Ending>) {
            self.body = body
            self.promise = promise
        }

        func writeBody(of exchange: UInt64, into sink: (RawSpan) -> Void) {
            let body = body
            sink(body.span.bytes)
        }

        func exchange(_ exchange: UInt64, answered status: Int, retryAfter: RetryAfter?, body: RawSpan) {
            promise.succeed(.answered(status: status, body: body.withUnsafeBytes { Array($0) }))
        }

        func exchange(_ exchange: UInt64, failed outcome: TransportOutcome, detail: String) {
            promise.succeed(.failed(outcome, detail: detail))
        }
    }
}
