/// What `/cgi-bin/openapi/quota/get` says of an API (docs, page openapi/quota/get): how much of it is left today.
package enum QuotaAnswer: Hashable, Sendable {
    case quota(Quota)
    /// A readable errcode other than 0, with its errmsg: at most 512 bytes, tokens masked, empty when absent.
    case refused(code: OutcomeCode, errmsg: String, rid: String?)
    /// Neither; `code` is the HTTP status, `excerpt` at most 256 bytes of the answer with tokens masked.
    case unreadable(code: OutcomeCode, excerpt: String)

    /// Calls of one API by one app.
    package struct Quota: Hashable, Sendable {
        /// `quota.daily_limit`; nil when the answer names none.
        package var dailyLimit: Int64?
        /// `quota.used`
        package var used: Int64?
        /// `quota.remain`
        package var remaining: Int64?
        /// `rate_limit.call_count`: calls in each `rate_limit.refresh_second`.
        package var rate: Int64?
        /// `rate_limit.refresh_second`
        package var ratePeriod: Duration?

        package init(
            dailyLimit: Int64? = nil,
            used: Int64? = nil,
            remaining: Int64? = nil,
            rate: Int64? = nil,
            ratePeriod: Duration? = nil
        ) {
            self.dailyLimit = dailyLimit
            self.used = used
            self.remaining = remaining
            self.rate = rate
            self.ratePeriod = ratePeriod
        }
    }

    /// Reads an answer, leniently as those to calls.
    package static func read(status: Int, body: RawSpan) -> QuotaAnswer {
        guard let members = AnswerMembers(body), let errcode = members.readableErrcode(body) else {
            return .unreadable(
                code: .status(status),
                excerpt: UntrustedText.shown(body, limit: UntrustedText.excerptLimit)
            )
        }
        guard errcode == 0 else {
            let (errmsg, rid) = members.errmsgAndRid(body)
            return .refused(code: .errcode(errcode), errmsg: errmsg, rid: rid)
        }
        let limits = numbers(of: "quota", in: body)
        let rate = numbers(of: "rate_limit", in: body)
        return .quota(
            Quota(
                dailyLimit: limits["daily_limit"],
                used: limits["used"],
                remaining: limits["remain"],
                rate: rate["call_count"],
                ratePeriod: rate["refresh_second"].map { .seconds($0) }
            )
        )
    }

    /// The integers of one member that is an object; none when it is missing or something else.
    private static func numbers(of member: StaticString, in body: RawSpan) -> [String: Int64] {
        var found: [String: Int64] = [:]
        do throws(JSONProblem) {
            var place: JSONElement?
            try JSONScanner.scanObject(body, .lenient) { name, value in
                if value.kind == .object, JSONText.equals(body, name, member) { place = value }
            }
            guard let place else { return [:] }
            let object = body.extracting(place.start..<place.end)
            try JSONScanner.scanObject(object, .lenient) { name, value in
                found[JSONText.string(object, name)] = JSONText.integer(object, value)
            }
        } catch {
            // The whole was read before, for its errcode.
            return [:]
        }
        return found
    }
}
