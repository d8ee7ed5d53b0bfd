import RelayCore

extension World {
    /// A fault that has its times strikes now.
    func strike(_ fault: Fault) {
        let alive = members.compactMap { $0 }
        let member = alive.isEmpty ? nil : random.pick(alive)
        let app = random.number(0...weChat.apps.count - 1)
        say("\(fault.name) strikes")
        switch fault {
        case .stop:
            // Behind a closed gate nothing can be committed: such a stop is not clean, and no calm one.
            if scenario.mode == .calm && (group.isPreparing || member?.group.isJoining ?? true) { return }
            member?.stop()
        case .pause:
            guard let member else { return }
            let session = Int(scenario.timing.session.wholeMilliseconds)
            member.pause(for: random.milliseconds(100...session * 2))
        case .clockJump: member?.jumpClock(random.seconds(1...7_200), backwards: random.happens(500))
        case .isolation: member?.isolate(for: random.seconds(1...40))
        case .consumerDeath: member?.loseConsumer()
        case .producerDeath: member?.loseProducer()
        case .brokerOutage: broker.downUntil = now + random.seconds(1...40)
        case .retention: retain(random.number(0...broker.logs.count - 1))
        case .recreation: recreate(random.number(0...broker.logs.count - 1))
        case .topicTrouble:
            let usable = broker.topics.indices.filter { broker.topics[$0].exists }
            guard !usable.isEmpty else { return }
            let topic = random.pick(usable)
            broker.topics[topic].exists = false
            plan(.subside(.topic(topic)), after: random.seconds(1...90))
        case .outage:
            weChat.apps[app].outage = random.pick(ModelAnswer.away)
            plan(.subside(.outage(app: app)), after: random.seconds(1...120))
        case .misconfiguration: misconfigure(app)
        case .tokenLoss: weChat.apps[app].token += 1
        case .tokenEndpoint:
            weChat.apps[app].tokenRefusal = random.pick([
                .errcode(40_125, .misconfiguration), .errcode(40_164, .misconfiguration),
                .errcode(45_009, .quota), .errcode(-1, .transient), .lost(.connectTimeout, mayHaveRun: false),
            ])
            plan(.subside(.tokenEndpoint(app: app)), after: random.seconds(1...120))
        case .crash, .loopStall, .commitRefusal, .lostCommitAnswer, .lookUpFailure, .publishFailure, .lostReport,
            .throttling, .quota, .concurrency, .slowness, .badAnswer, .lostAnswer, .badRecord, .refusalAtLeave:
            break
        }
    }

    private func misconfigure(_ app: Int) {
        switch random.number(0...2) {
        case 0:
            weChat.apps[app].misconfiguration = random.pick(ModelAnswer.appMisconfigured)
            plan(.subside(.misconfiguration(app: app)), after: random.seconds(1...300))
        case 1:
            let environment = random.number(0...weChat.environments.count - 1)
            weChat.environments[environment] = random.pick(ModelAnswer.environmentAway)
            plan(.subside(.environment(environment)), after: random.seconds(1...300))
        default:
            let function = random.number(0...weChat.functions.count - 1)
            weChat.functions[function] = false
            plan(.subside(.function(function)), after: random.seconds(1...300))
        }
    }

    func subside(_ weather: Weather) {
        switch weather {
        case .outage(let app): weChat.apps[app].outage = nil
        case .misconfiguration(let app): weChat.apps[app].misconfiguration = nil
        case .environment(let index): weChat.environments[index] = nil
        case .function(let index): weChat.functions[index] = true
        case .tokenEndpoint(let app): weChat.apps[app].tokenRefusal = nil
        case .topic(let index): broker.topics[index].exists = true
        }
    }

    /// Retention deletes the log's beginning, relayed or not.
    private func retain(_ partition: Int) {
        let log = broker.logs[partition]
        let cut = log.start + Int64(random.number(0...Int(max(0, log.end - log.start))))
        say("retention deletes \(log.topic)/\(log.number) up to \(cut)")
        forget(partition, from: 0, to: cut)
        broker.logs[partition].start = cut
    }

    /// The log is cut at some offset (an unclean election) or made anew, and written again.
    private func recreate(_ partition: Int) {
        let log = broker.logs[partition]
        let isAnew = random.happens(500)
        let cut = isAnew ? 0 : log.start + Int64(random.number(0...Int(max(0, log.end - log.start))))
        let count = Int(log.end - cut)
        say("\(log.topic)/\(log.number) is cut at \(cut)")
        forget(partition, from: cut, to: .max)
        broker.logs[partition].records = log.records.filter { broker.records[$0].offset < cut }
        broker.logs[partition].checkedTo = min(log.checkedTo, broker.logs[partition].records.count)
        broker.logs[partition].start = min(log.start, cut)
        broker.logs[partition].hasLostCounts = true
        broker.logs[partition].end = cut
        for _ in 0..<random.number(0...min(20, count)) { append(partition, at: broker.logs[partition].end) }
        for member in members { member?.noticeAppend(partition) }
    }

    private func forget(_ partition: Int, from low: Int64, to high: Int64) {
        for number in broker.logs[partition].records where (low..<high).contains(broker.records[number].offset) {
            broker.records[number].isGone = true
        }
    }
}
