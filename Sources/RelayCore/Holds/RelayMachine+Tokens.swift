extension RelayMachine {
    /// A call was refused for its token: asks for another one, once for each token.
    mutating func refreshToken(after result: AttemptResult, of id: RequestID) {
        let index = scope(.app, of: id)
        let app = scopes[index].app
        // Without a token another one is being asked for already; a newer one has not been refused.
        guard apps[app].token == result.token else { return }
        apps[app].refusalsInRow += 1
        apps[app].token = nil
        effects.append(.refreshToken(app: app, refused: result.token))
        // The first refusal and two refreshes that did not help.
        if apps[app].refusalsInRow >= 3 {
            var row = OutcomeRules.row(for: result.code, overrides: [:], unlisted: policy.unlistedClass)
            switch policy.apps[app].token {
            case .stable, .classic: break
            // A token that somebody else provides is mended there.
            case .service, .file, .fixed:
                row.remedy = TokenAnswer.row(for: result.code, from: policy.apps[app].token).remedy
            }
            openHold(index, cause: .misconfiguration, row: row, errmsg: result.errmsg, rid: result.rid)
        }
    }

    mutating func takeToken(_ app: Int, _ event: TokenEvent) {
        let index = appScope(app)
        switch event {
        case .ready(let generation):
            apps[app].token = generation
            if let hold = scopes[index].hold, hold.probesToken, hold.isClosedToCalls { passProbe(index) }
            returnTargets()
        case .refused(let code, let errmsg, let rid, let isUsable):
            // While a good token is left, calls go on: nothing fails for what may be mended before it expires.
            if isUsable && apps[app].token != nil { return }
            let row = TokenAnswer.row(for: code, from: policy.apps[app].token)
            let cause: HoldCause =
                switch row.outcomeClass {
                case .quotaExhausted: .quota
                case .throttled: .throttled
                case .transient: .outage
                default: .misconfiguration
                }
            holdForToken(index, cause, row, errmsg: errmsg, rid: rid)
        case .away(let code, let detail, let isUsable):
            if isUsable && apps[app].token != nil { return }
            let row = TokenAnswer.row(for: code, from: policy.apps[app].token)
            holdForToken(index, .outage, row, errmsg: detail, rid: nil)
        }
    }

    private mutating func holdForToken(
        _ index: Int,
        _ cause: HoldCause,
        _ row: OutcomeRow,
        errmsg: String,
        rid: String?
    ) {
        if scopes[index].hold?.phase == .probing(.token) {
            changeCause(index, to: cause, row, errmsg: errmsg, rid: rid)
            failProbe(index)
            return
        }
        if let hold = scopes[index].hold, hold.isClosedToCalls {
            if !hold.probesToken {
                // The app was held for its calls; now its token is what has to be mended first.
                scopes[index].hold?.probesToken = true
                changeCause(index, to: cause, row, errmsg: errmsg, rid: rid)
                if case .probing(.host) = hold.phase { scheduleProbe(index) }
            } else if case .open = hold.phase {
                // Another shard has asked, and the answer is this one's as well: together they ask as often as one.
                changeCause(index, to: cause, row, errmsg: errmsg, rid: rid)
                scheduleProbe(index)
            }
            return
        }
        apps[scopes[index].app].token = nil
        openHold(index, cause: cause, row: row, errmsg: errmsg, rid: rid, probesToken: true)
    }

    /// The call that changes nothing was answered, or was not.
    mutating func takeHostProbe(_ app: Int, _ code: OutcomeCode) {
        let row = OutcomeRules.row(for: code, overrides: [:], unlisted: policy.unlistedClass)
        for index in heldScopes where scopes[index].app == app && scopes[index].hold?.phase == .probing(.host) {
            if row.outageScope == nil { passProbe(index) } else { failProbe(index) }
        }
    }
}
