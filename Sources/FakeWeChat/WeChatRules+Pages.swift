package import RelayCore

extension WeChatRules {
    /// The fake's own pages, which WeChat does not have, for a test that started the fake as a process of its own:
    ///
    /// - `GET /_fake/stats`: `Statistics`.
    /// - `GET /_fake/calls?after=N&limit=N`: the log's calls with a sequence number above `after`, at most `limit`.
    /// - `GET /_fake/ids`: the counts by body id.
    /// - `GET /_fake/token`: the app's stable token as a company's central token server gives it, with
    ///   `?format=text` as plain text; with `?parameter=cloudbase_access_token` the scenario's token of that name.
    package mutating func page(
        for request: WeChatRequest,
        connectionsAccepted: Int,
        connectionsOpen: Int,
        now: Now
    ) -> HTTPAnswer {
        switch request.path {
        case "/_fake/stats":
            var statistics = statistics
            statistics.connectionsAccepted = connectionsAccepted
            statistics.connectionsOpen = connectionsOpen
            return .json(statistics.document)
        case "/_fake/calls":
            let after = request.query["after"].flatMap { Int($0) } ?? -1
            let limit = request.query["limit"].flatMap { Int($0) } ?? .max
            return .json(log.document(after: after, limit: max(0, limit)))
        case "/_fake/ids": return .json(log.idsDocument)
        case "/_fake/token" where request.query["parameter"] == "cloudbase_access_token":
            guard let token = scenario.app.cloudbaseToken else { return .gateway(404) }
            return .json(JSONText.object([("access_token", JSONText.quoted(token.exposed))]))
        case "/_fake/token": return centralToken(asText: request.query["format"] == "text", now: now)
        default: return HTTPAnswer(status: 404, contentType: "text/plain", body: Array("no such page\n".utf8))
        }
    }

    private mutating func centralToken(asText: Bool, now: Now) -> HTTPAnswer {
        switch tokens.stableToken(forceRefresh: false, app: scenario.app, now: now, using: &generator) {
        case .refused: return .gateway(503)
        case .token(let token, _) where asText:
            return HTTPAnswer(contentType: "text/plain", body: Array((token + "\n").utf8))
        case .token(let token, let expiresIn):
            return .json(JSONText.object([("access_token", JSONText.quoted(token)), ("expires_in", "\(expiresIn)")]))
        }
    }
}

extension Statistics {
    fileprivate var document: String {
        let functions = functions.sorted { $0.key < $1.key }.map { name, function in
            (
                name: name,
                value: JSONText.object([
                    ("calls", "\(function.calls)"), ("ran", "\(function.ran)"), ("underWay", "\(function.underWay)"),
                    ("highestConcurrency", "\(function.highestConcurrency)"),
                    ("outcomes", Self.document(function.outcomes)),
                ])
            )
        }
        return JSONText.object([
            ("requests", "\(requests)"), ("calls", "\(calls)"), ("functions", JSONText.object(functions)),
            ("refusals", Self.document(refusals)), ("highestConcurrency", "\(highestConcurrency)"),
            ("tokenRequests", "\(tokenRequests)"), ("tokenRefusals", Self.document(tokenRefusals)),
            ("tokensIssued", "\(tokensIssued)"), ("connectionsAccepted", "\(connectionsAccepted)"),
            ("connectionsOpen", "\(connectionsOpen)"),
        ])
    }

    private static func document(_ counts: [String: Int]) -> String {
        JSONText.object(counts.sorted { $0.key < $1.key }.map { (name: $0.key, value: "\($0.value)") })
    }
}

extension CallLog {
    fileprivate func document(after: Int, limit: Int) -> String {
        let wanted = calls.drop { $0.sequence <= after }.prefix(limit)
        return JSONText.object([
            ("total", "\(total)"), ("calls", "[" + wanted.map(\.document).joined(separator: ",") + "]"),
        ])
    }

    fileprivate var idsDocument: String {
        let ids = countsByID.sorted { $0.key < $1.key }.map { id, counts in
            let members = [("calls", counts.calls), ("ran", counts.ran), ("succeeded", counts.succeeded)]
            return (name: id, value: JSONText.object(members.map { (name: $0.0, value: "\($0.1)") }))
        }
        return JSONText.object([("uncounted", "\(uncounted)"), ("ids", JSONText.object(ids))])
    }
}

extension CallRecord {
    fileprivate var document: String {
        JSONText.object([
            ("sequence", "\(sequence)"), ("arrival", "\(arrival.milliseconds)"),
            ("end", end.map { "\($0.milliseconds)" } ?? "null"),
            ("environment", JSONText.quoted(environment)), ("function", JSONText.quoted(function)),
            ("id", JSONText.quoted(id)), ("byteCount", "\(byteCount)"),
            ("hash", JSONText.quoted(ErrorText.hexadecimal(hash, digits: 16))), ("ran", "\(ran)"),
            ("outcome", outcome.map { JSONText.quoted($0.description) } ?? "null"),
        ])
    }
}
