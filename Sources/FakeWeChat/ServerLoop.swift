import Glibc
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import RelayCore

/// What belongs to the server's one event loop: the rules, the connections and the outages' timers.
///
/// Created and used on that loop only.
final class ServerLoop {
    var rules: WeChatRules
    private let eventLoop: any EventLoop
    private let logger: Logger
    private var host = ""
    private var port = 0
    private var listener: (any Channel)?
    private var isAway = false
    private var connections: [ObjectIdentifier: any Channel] = [:]
    private var connectionsAccepted = 0
    /// Whether a scenario's outage, and not a test, sent the server away.
    private var isOutage = false
    /// Which scenario's outages the timers belong to: older timers do nothing.
    private var schedule = 0

    init(scenario: Scenario, log: CallLog, eventLoop: any EventLoop, logger: Logger) {
        self.eventLoop = eventLoop
        self.logger = logger
        rules = WeChatRules(scenario, log: log, now: Self.clock())
    }

    var now: Now { Self.clock() }

    var statistics: Statistics {
        var statistics = rules.statistics
        statistics.connectionsAccepted = connectionsAccepted
        statistics.connectionsOpen = connections.count
        return statistics
    }

    // MARK: Life

    /// The port that is listened on.
    func start(host: String, port: Int) -> EventLoopFuture<Int> {
        self.host = host
        self.port = port
        let handle = NIOLoopBound(self, eventLoop: eventLoop)
        return listen().map {
            let server = handle.value
            server.scheduleOutages()
            return server.port
        }
    }

    func stop() -> EventLoopFuture<Void> {
        schedule += 1
        return goAway()
    }

    func goAway() -> EventLoopFuture<Void> {
        let listening = listener
        listener = nil
        isAway = true
        let closed = listening?.close() ?? eventLoop.makeSucceededVoidFuture()
        let handle = NIOLoopBound(self, eventLoop: eventLoop)
        return closed.flatMap { handle.value.closeConnections() }
    }

    func comeBack() -> EventLoopFuture<Void> {
        listener == nil ? listen() : eventLoop.makeSucceededVoidFuture()
    }

    func closeConnections() -> EventLoopFuture<Void> {
        // One that the peer closed meanwhile fails to close, which is as good.
        let closing = connections.values.map { $0.close().recover { _ in } }
        return EventLoopFuture.andAllSucceed(closing, on: eventLoop)
    }

    func adopt(_ scenario: Scenario) {
        rules.adopt(scenario, now: now)
        endOutage()
        scheduleOutages()
    }

    private func listen() -> EventLoopFuture<Void> {
        let handle = NIOLoopBound(self, eventLoop: eventLoop)
        return ServerBootstrap(group: eventLoop)
            .serverChannelOption(.backlog, value: 1_024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
                    try pipeline.addHandler(ConnectionHandler(server: handle.value))
                }
            }
            .bind(host: host, port: port)
            .map { channel in
                let server = handle.value
                server.listener = channel
                server.isAway = false
                server.port = channel.localAddress?.port ?? server.port
            }
    }

    // MARK: Connections

    func opened(_ channel: any Channel) {
        connections[ObjectIdentifier(channel)] = channel
        connectionsAccepted += 1
        // A connection that was accepted while the server went away must not outlive that.
        if isAway { channel.close(promise: nil) }
    }

    func closed(_ channel: any Channel) {
        connections[ObjectIdentifier(channel)] = nil
    }

    func react(to request: WeChatRequest) -> Reaction {
        guard request.path.hasPrefix("/_fake/") else { return rules.react(to: request, now: now) }
        let page = rules.page(
            for: request,
            connectionsAccepted: connectionsAccepted,
            connectionsOpen: connections.count,
            now: now
        )
        return Reaction(.answer(page))
    }

    // MARK: Outages

    /// Arms the timers of those outages that are more than an answer; the former scenario's no longer count.
    private func scheduleOutages() {
        schedule += 1
        for outage in rules.scenario.outages where outage.kind == .refuse { begin(outage, in: outage.after) }
    }

    private func begin(_ outage: Scenario.Outage, in delay: Duration) {
        after(delay) { server in
            server.logger.notice("outage begins", metadata: ["for": "\(outage.lasting)"])
            server.isOutage = true
            server.logFailure(of: server.goAway(), "going away failed")
            server.after(outage.lasting) { $0.endOutage() }
            if let every = outage.every { server.begin(outage, in: every) }
        }
    }

    private func endOutage() {
        guard isOutage else { return }
        isOutage = false
        logger.notice("outage ends")
        logFailure(of: comeBack(), "listening again failed")
    }

    private func after(_ delay: Duration, _ body: @escaping @Sendable (ServerLoop) -> Void) {
        let handle = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.scheduleTask(in: .nanoseconds(delay.wholeNanoseconds)) { [schedule] in
            let server = handle.value
            if server.schedule == schedule { body(server) }
        }
    }

    private func logFailure(of future: EventLoopFuture<Void>, _ message: Logger.Message) {
        future.whenFailure { [logger] error in logger.error(message, metadata: ["error": "\(error)"]) }
    }

    private static func clock() -> Now {
        var wall = timespec()
        clock_gettime(CLOCK_REALTIME, &wall)
        return Now(
            monotonic: MonotonicTime(nanoseconds: Int64(NIODeadline.now().uptimeNanoseconds)),
            wall: WallTime(milliseconds: Int64(wall.tv_sec) * 1_000 + Int64(wall.tv_nsec) / 1_000_000)
        )
    }
}
