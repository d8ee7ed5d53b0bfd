import RelayCore

/// What the relay does after an attempt that ended with a row of the outcome table, in sentences.
struct RelayAction {
    let row: OutcomeRow
    let retry: RetryPolicy
    /// Whether the table or the configuration names the code.
    let isListed: Bool

    var sentences: [String] {
        switch row.outcomeClass {
        case .success:
            ["It replies with resp_data, and never calls again, whatever else is wrong with the answer."]
        case .transient, .unknownOutcome: again
        case .refreshToken:
            [
                "It gets one new access token for all calls that wait, and calls again at once.",
                "When two new tokens in a row do not help, it holds the app as misconfigured.",
            ]
        case .throttled: throttled
        case .concurrencyLimited:
            [
                "It halves the pipeline's calls in flight, and then searches, between in-flight.min and max, for as many as"
                    + " are taken."
            ] + again
        case .quotaExhausted:
            [
                "It holds \(held): no call but one probe at a time, after 10 s, later up to every 10 min.",
                "No request fails for it, unless its own deadline passes.",
            ]
        case .permanentRequest: refusedRequest
        case .permanentConfig:
            onRetiredAddress + [
                "It holds \(held) as soon as two different requests are refused alike with no success between,"
                    + " or the only one there is three times: no call but one probe at a time, after 5 s, later up to"
                    + " every 5 min.",
                "No request fails for it, but one that is refused alike three times while others succeed.",
            ]
        case .functionFailed:
            [
                "It answers with a failure at once (reason permanent): the function ran, and whether to call it again is"
                    + " the sender's decision."
            ]
        }
    }

    private var onRetiredAddress: [String] {
        guard row.code == .errcode(48017) else { return [] }
        return ["It closes the app's connections, resolves the host's name anew, and calls once more at once."]
    }

    private var again: [String] {
        if row.ran != .no, retry.maybeRan == .fail {
            return ["It answers with a failure at once (reason maybe_ran), because of retry.maybe-ran: fail."]
        }
        let second = min(retry.initial * retry.multiplier, retry.max)
        let pause =
            "It calls again after a pause of up to \(retry.initial.words), then \(second.words), and so on to"
            + " \(retry.max.words)."
        let end: String
        if row.code == .errcode(-504003) {
            end = "After 2 calls it answers with a failure (reason attempts_exhausted)."
        } else if row.counted {
            let attempts = isListed ? retry.maxAttempts : min(retry.maxAttempts, OutcomeRules.unlistedAttempts)
            end = "After \(attempts) calls it answers with a failure (reason attempts_exhausted)."
        } else {
            end =
                "\(retry.budget.words) after the first call, time under a hold not counted, it answers with a failure"
                + " (reason budget_exhausted)."
        }
        var sentences = [pause, end]
        if let scope = row.outageScope {
            sentences.append(
                "When it goes on, 10 times in a row or half of 20 calls in 10 s, it holds \(Self.words(scope)): no call but"
                    + " one probe at a time, after 1 s, later up to every 30 s, and no request fails for it."
            )
        }
        return sentences
    }

    private var throttled: [String] {
        let until =
            switch row.code {
            case .errcode(45011): "the next full minute"
            case .errcode(-501003): "60 s have passed"
            default: "the time that Retry-After names, else 10 s, has passed"
            }
        return [
            "It holds \(held) until \(until), then asks with one call; no request fails for it, unless its own deadline"
                + " passes.",
            "Where limits name a rate for \(held), or within, three quarters of it are left; a tenth comes back each minute.",
        ]
    }

    private var refusedRequest: [String] {
        switch row.code {
        case .errcode(44002):
            [
                "It holds the app like a misconfiguration: the relay never sends an empty body, so something on the way"
                    + " dropped it."
            ]
        case .status(413):
            ["It answers with a failure at once (reason request_too_large)."]
        default:
            [
                "It answers with a failure at once (reason permanent).",
                "When ten different requests of one function are refused alike with no success between, it holds the"
                    + " function.",
            ]
                + (row.code == .errcode(47001)
                    ? ["If the body is JSON, it holds the app: something on the way broke it."] : [])
        }
    }

    private var held: String { Self.words(row.scope ?? .app) }

    private static func words(_ scope: HoldScope) -> String {
        switch scope {
        case .app: "the app"
        case .env: "the environment"
        case .function: "the function"
        }
    }
}

extension Duration {
    /// By the largest unit that divides it, as the configuration file writes it: `250ms`, `30s`, `1h`.
    var words: String {
        let milliseconds = wholeMilliseconds
        for (name, factor) in [("h", Int64(3_600_000)), ("m", 60_000), ("s", 1_000)]
        where milliseconds != 0 && milliseconds % factor == 0 {
            return "\(milliseconds / factor)\(name)"
        }
        return "\(milliseconds)ms"
    }
}
