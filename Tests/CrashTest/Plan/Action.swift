import RelayCore

/// One thing that the conductor does; each can be done at any moment without looking.
package enum Action: Equatable, Sendable {
    case start(relay: Int)
    /// SIGKILL.
    case kill(relay: Int)
    /// SIGSTOP.
    case suspend(relay: Int)
    /// SIGCONT.
    case resume(relay: Int)
    /// SIGTERM: it drains, commits and leaves.
    case terminate(relay: Int)
    /// SIGSTOP: connections stay, nothing is answered.
    case pauseBroker
    case resumeBroker
    /// SIGTERM, which saves what was acknowledged.
    case stopBroker
    case startBroker
    /// WeChat's side closes every connection, calls under way among them.
    case closeConnections

    /// The number of the relay that it is done to.
    package var relay: Int? {
        switch self {
        case .start(let relay), .kill(let relay), .suspend(let relay), .resume(let relay), .terminate(let relay): relay
        case .pauseBroker, .resumeBroker, .stopBroker, .startBroker, .closeConnections: nil
        }
    }
}

extension Action: CustomStringConvertible {
    package var description: String {
        switch self {
        case .start(let relay): "start relay\(relay)"
        case .kill(let relay): "SIGKILL relay\(relay)"
        case .suspend(let relay): "SIGSTOP relay\(relay)"
        case .resume(let relay): "SIGCONT relay\(relay)"
        case .terminate(let relay): "SIGTERM relay\(relay)"
        case .pauseBroker: "SIGSTOP the broker"
        case .resumeBroker: "SIGCONT the broker"
        case .stopBroker: "SIGTERM the broker"
        case .startBroker: "start the broker"
        case .closeConnections: "WeChat's side closes all connections"
        }
    }
}

/// An action at its time since the run began.
package struct Step: Equatable, Sendable, CustomStringConvertible {
    package let at: Duration
    package let action: Action

    package var description: String {
        let milliseconds = at.wholeMilliseconds
        let fraction = String(milliseconds % 1_000 + 1_000).dropFirst()
        return "\(milliseconds / 1_000).\(fraction) s  \(action)"
    }
}
