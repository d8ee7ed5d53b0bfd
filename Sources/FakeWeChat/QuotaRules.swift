package import RelayCore

/// The quotas of `invokecloudfunction`: how many calls a minute and a day.
package struct QuotaRules: Sendable {
    private var minute: Usage?
    private var day: Usage

    package init(_ quota: Scenario.Quota) {
        minute = quota.perMinute.map { Usage(limit: $0) }
        day = Usage(limit: quota.perDay)
    }

    /// The errcode for a call too many, nil for one that fits and is now counted.
    package mutating func take(now: Now) -> Int64? {
        guard day.hasRoom(in: now.wall.day) else { return 45_009 }
        if minute?.take(in: now.wall.minute) == false { return 45_011 }
        return day.take(in: now.wall.day) ? nil : 45_009
    }

    /// Puts other limits in place; what is used stays used.
    package mutating func adopt(_ quota: Scenario.Quota) {
        day.limit = quota.perDay
        guard let perMinute = quota.perMinute else {
            minute = nil
            return
        }
        var adopted = minute ?? Usage(limit: perMinute)
        adopted.limit = perMinute
        minute = adopted
    }

    /// The answer of `/cgi-bin/openapi/quota/get` (docs): the daily limit, and the limit per minute if there is one.
    package func document(now: Now) -> String {
        let used = day.used(in: now.wall.day)
        var members: [(name: String, value: String)] = [
            ("errcode", "0"), ("errmsg", JSONText.quoted("ok")),
            (
                "quota",
                JSONText.object([
                    ("daily_limit", "\(day.limit)"), ("used", "\(used)"), ("remain", "\(max(0, day.limit - used))"),
                ])
            ),
        ]
        if let minute {
            let rate = JSONText.object([("call_count", "\(minute.limit)"), ("refresh_second", "60")])
            members.append(("rate_limit", rate))
        }
        return JSONText.object(members)
    }
}
