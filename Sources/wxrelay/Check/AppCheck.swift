import Relay
import RelayConfiguration
import RelayCore
import Sockets
import WeChatClient

/// Tries an app's way to WeChat: its access token, and with it the question for its quota, which runs nothing.
struct AppCheck {
    let app: AppSettings
    let eventLoop: EpollLoop

    func run() async throws -> [Finding] {
        let (token, finding) = try await token()
        guard let token else { return [finding] }
        // Whether WeChat answers this question for a token of cloud hosting is documented nowhere.
        guard app.tokenParameter == .accessToken else { return [finding] }
        return [finding, try await quota(token)]
    }

    // MARK: Token

    private func token() async throws -> (Secret?, Finding) {
        let subject = "token of app '\(app.name)'"
        let update: TokenUpdate
        do {
            update = try await TokenQuestion.ask(app, on: eventLoop)
        } catch let problem as CommandProblem {
            return (nil, Finding(subject, .wrong, "\(problem)", remedy: nil))
        }
        if let trouble = TokenTrouble(update, from: app.token.kind) {
            let place = [.stable, .classic].contains(app.token.kind) ? "\(app.place): " : ""
            let state: Finding.State = trouble.isAway ? .unreachable : .wrong
            return (nil, Finding(subject, state, place + trouble.problem, remedy: trouble.remedy))
        }
        guard case .ready(let token) = update else { return (nil, Finding(subject, ok: "")) }
        return (token.value, Finding(subject, ok: words(token)))
    }

    private func words(_ token: AccessToken) -> String {
        let life = token.expires.map { expires in
            ", good for another \((expires - Clocks.now().monotonic).wholeMilliseconds / 1_000) s"
        }
        switch app.token {
        case .stable: return "given by \(app.place)\(life ?? "")"
        case .classic:
            return
                "app id and secret are right: stable_token at \(app.place) took them; no classic token was fetched,"
                + " which would have ended the relay's"
        case .service(let url, _, _): return "given by the token service \(url)\(life ?? "")"
        case .file(let file, _): return "there in the file '\(file)'"
        case .fixed: return "written in the configuration"
        }
    }

    // MARK: Quota

    private func quota(_ token: Secret) async throws -> Finding {
        var target: [UInt8] = []
        CallCodec().appendQuotaTarget(token: token, into: &target)
        switch try await SingleExchange.post(target, body: CallCodec.quotaBody, to: app, on: eventLoop) {
        case .failed(let outcome, let detail):
            return refusal(.transport(outcome), detail, rid: nil)
        case .answered(let status, let body):
            switch QuotaAnswer.read(status: status, body: body.span.bytes) {
            case .quota(let quota): return finding(quota)
            case .refused(let code, let errmsg, let rid): return refusal(code, errmsg, rid: rid)
            case .unreadable(let code, let excerpt): return refusal(code, excerpt, rid: nil)
            }
        }
    }

    private var quotaSubject: String { "quota of app '\(app.name)'" }

    private func finding(_ quota: QuotaAnswer.Quota) -> Finding {
        var words: [String] = []
        if let used = quota.used, let limit = quota.dailyLimit { words.append("\(used) of \(limit) calls used today") }
        if let remaining = quota.remaining { words.append("\(remaining) left") }
        if let rate = quota.rate, let period = quota.ratePeriod {
            words.append("at most \(rate) in \(period.wholeMilliseconds / 1_000) s")
        }
        guard quota.remaining != 0 else {
            return Finding(
                quotaSubject,
                .wrong,
                words.joined(separator: ", "),
                remedy: "wait for midnight UTC+8, or clear the quota in the WeChat admin console"
            )
        }
        return Finding(
            quotaSubject,
            ok: words.isEmpty ? "the token is good; WeChat tells no figures" : words.joined(separator: ", ")
        )
    }

    /// What the relay's calls would meet as well, so the row of a call's answer says what to do.
    private func refusal(_ code: OutcomeCode, _ text: String, rid: String?) -> Finding {
        let row = OutcomeRules.row(for: code, overrides: [:], unlisted: .transient)
        let shown = text.isEmpty ? "" : ": \(text.plain)"
        let address = code == .errcode(40164) ? AnswerReader.refusedAddress(text).map { ": \($0)" } : nil
        let isAway = row.outcomeClass == .transient || row.outcomeClass == .unknownOutcome
        return Finding(
            quotaSubject,
            isAway ? .unreachable : .wrong,
            "\(code.text), \(row.meaning)\(shown)" + (rid.map { " (rid \($0))" } ?? ""),
            remedy: row.remedy + (address ?? "")
        )
    }
}

extension AppSettings {
    /// Where the app's calls go, in words: all hosts, and the proxy.
    fileprivate var place: String {
        baseURLs.map(\.description).joined(separator: " or ") + (proxy.map { " through \($0)" } ?? "")
    }
}
