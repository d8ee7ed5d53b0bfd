import RelayCore

/// What WeChat writes into `errmsg`.
enum ErrorText {
    /// The text for a code; the forms are those seen in reports, else the documented meaning.
    static func errmsg(for code: Int64, peer: String) -> String {
        switch code {
        case 40_164: "invalid ip \(peer) ipv6 ::ffff:\(peer), not in whitelist"
        default: known[code] ?? "error code \(code)"
        }
    }

    /// ` rid: ` and three times eight hexadecimal digits, the first eight of them the time in seconds.
    static func rid(now: Now, using generator: inout SeededGenerator) -> String {
        let parts = [UInt64(max(0, now.wall.milliseconds / 1_000)), generator.next(), generator.next()]
        return " rid: " + parts.map { hexadecimal($0 & 0xFFFF_FFFF, digits: 8) }.joined(separator: "-")
    }

    static func hexadecimal(_ value: UInt64, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    static let environmentMissing = "[100003] env not exists"
    static let functionMissing = "FunctionName parameter could not be found."

    private static let known: [Int64: String] = [
        -1: "system error",
        -1_000: "system error",
        40_001: "invalid credential, access_token is invalid or not latest, could get access_token by "
            + "getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r",
        40_002: "invalid grant_type",
        40_013: "invalid appid",
        40_014: "invalid access_token",
        40_066: "invalid url",
        40_101: "missing parameter",
        40_125: "invalid appsecret",
        40_243: "AppSecret has been frozen",
        41_001: "access_token missing",
        41_002: "appid missing",
        41_004: "appsecret missing",
        42_001: "access_token expired",
        43_001: "require GET method",
        43_002: "require POST method",
        43_003: "require https",
        44_002: "empty post data",
        45_002: "content size out of limit",
        45_009: "reach max api daily quota limit",
        45_011: "api minute-quota reach limit, must slower, retry next minute",
        47_001: "data format error",
        48_001: "api unauthorized",
        48_004: "api forbidden for irregularities",
        50_002: "user limited",
        50_004: "user not allow to use accesstoken, maybe for punishment",
        61_024: "component is authorized this account, need use component access token",
        76_021: "cgi_path not found",
        85_088: "no qbase privilege",
        89_503: "this call need admin confirm",
        -501_000: functionMissing,
        -501_001: "cloud system error",
        -501_002: "cloud response timed out",
        -501_003: "requests exceed the quota of the environment",
        -501_004: "concurrent requests exceed the quota of the environment",
        -501_005: "environment state abnormal",
        -501_007: "parameter error",
        -504_001: "function call failed",
        -504_002: "function execution failed: Error: the scripted function threw",
        -504_003: "Invoking task timed out after 5 seconds",
        -604_101: "system error",
    ]
}
