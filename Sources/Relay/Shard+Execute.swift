import RelayCore
import WeChatClient

extension Shard {
    /// Does what the core wants: one thin switch, without a decision.
    func execute(_ effect: Effect) {
        switch effect {
        case .call(let id):
            let address = machine.address(of: id)
            calls[address.app].call(id, to: address)
        case .cancel(let id): for call in calls { call.cancel(id) }
        case .copyOut(let id): request(id)?.copyOut()
        case .release(let id): request(id)?.clear()
        case .readOn(let partition): feed?.readOn(partition)
        case .publish(let publication): publisher?.publish(publication)
        case .lookUpTopic(let topic): lookUp(topic)
        case .commit: feed?.commit(machine.commitsUnderWay)
        case .takeUpAgain(let partition): feed?.takeUpAgain(partition)
        case .letGo: feed?.letGo()
        case .refreshToken(let app, let refused): tokens[app].refresh(refused: refused)
        case .probeToken(let app): tokens[app].retry()
        case .probeHost(let app): calls[app].probe()
        case .dropConnections(let app): calls[app].dropConnections()
        case .report(let report): log(report)
        case .finished(let isClean): finish(isClean: isClean)
        }
    }
}
