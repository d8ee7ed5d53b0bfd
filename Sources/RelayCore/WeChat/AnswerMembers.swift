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
        return (shown, Self.rid(atEndOf: text))
    }

    /// The id in ` rid: <8 hex>-<8 hex>-<8 hex>` at the end, nil if the text ends otherwise.
    ///
    /// Each refused call brings one, so it is found without making characters of the bytes.
    private static func rid(atEndOf text: [UInt8]) -> String? {
        let text = text[...].droppingLast(while: \.isWhiteSpace)
        let id = text.suffix(ridLength)
        guard id.count == ridLength, id.indices.allSatisfy({ stands(id[$0], at: $0 - id.startIndex) }) else {
            return nil
        }
        let spaced = text.dropLast(ridLength)
        let label = spaced.droppingLast(while: \.isWhiteSpace)
        guard label.count < spaced.count, label.suffix(4).elementsEqual("rid:".utf8) else { return nil }
        // Of a longer word it is the end.
        let before = String(decoding: label.dropLast(4).suffix(16), as: UTF8.self).last
        guard before.map({ !$0.isLetter && !$0.isNumber }) ?? true else { return nil }
        return String(decoding: id, as: UTF8.self)
    }

    /// Three times eight digits, and what stands between.
    private static let ridLength = 26

    private static func stands(_ byte: UInt8, at place: Int) -> Bool {
        place == 8 || place == 17 ? byte == .minus : byte.hexDigit != nil
    }
}

extension UInt8 {
    fileprivate var isWhiteSpace: Bool { self == .space || (.tab ... .carriageReturn).contains(self) }
}

extension ArraySlice {
    /// Without what stands at the end and is as said.
    fileprivate func droppingLast(while isMeant: (Element) -> Bool) -> ArraySlice {
        lastIndex { !isMeant($0) }.map { self[...$0] } ?? []
    }
}
