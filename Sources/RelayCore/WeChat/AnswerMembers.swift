/// The places of the members that answers of WeChat have; of repeated ones, the last (`wechat.md`, rule 3).
struct AnswerMembers {
    private(set) var errcode: JSONElement?
    private(set) var errmsg: JSONElement?
    private(set) var respData: JSONElement?
    private(set) var accessToken: JSONElement?
    private(set) var expiresIn: JSONElement?

    /// Nil if the bytes are not one JSON object.
    init?(_ body: RawSpan) {
        var members = AnswerMembers()
        do throws(JSONProblem) {
            try JSONScanner.scanObject(body, .lenient) { name, value in
                if JSONText.equals(body, name, "errcode") {
                    members.errcode = value
                } else if JSONText.equals(body, name, "errmsg") {
                    members.errmsg = value
                } else if JSONText.equals(body, name, "resp_data") {
                    members.respData = value
                } else if JSONText.equals(body, name, "access_token") {
                    members.accessToken = value
                } else if JSONText.equals(body, name, "expires_in") {
                    members.expiresIn = value
                }
            }
        } catch {
            // A broken or foreign answer is judged by its HTTP status; what is wrong with it is seen in its excerpt.
            return nil
        }
        self = members
    }

    private init() {}

    func readableErrcode(_ body: RawSpan) -> Int64? {
        errcode.flatMap { JSONText.integer(body, $0) }
    }

    /// The errmsg as it may be shown, and the id that was found at the end of the whole of it.
    func errmsgAndRid(_ body: RawSpan) -> (errmsg: String, rid: String?) {
        guard let errmsg, errmsg.kind != .null else { return ("", nil) }
        var text: [UInt8] = []
        JSONText.unescape(body, errmsg, into: &text)
        let shown = UntrustedText.shown(text.span.bytes, limit: UntrustedText.errmsgLimit)
        // The id, its label and some white space.
        return (shown, Self.rid(atEndOf: String(decoding: text.suffix(64), as: UTF8.self)))
    }

    /// The id in ` rid: <8 hex>-<8 hex>-<8 hex>` at the end, nil if the text ends otherwise.
    private static func rid(atEndOf text: String) -> String? {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count >= 2, let id = words.last else { return nil }
        let label = words[words.count - 2]
        guard label.hasSuffix("rid:"), label.dropLast(4).last.map({ !$0.isLetter && !$0.isNumber }) ?? true else {
            return nil
        }
        let parts = id.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ $0.utf8.count == 8 && $0.utf8.allSatisfy { $0.hexDigit != nil } })
        else { return nil }
        return String(id)
    }
}
