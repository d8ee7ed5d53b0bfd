/// Reads the answer to a call by the seven rules of `wechat.md`.
package enum AnswerReader {
    /// The answer's meaning. After a success with a string in `resp_data`, `respData` holds that string, unescaped byte for
    /// byte; else it is empty. Its capacity is kept, so a success allocates nothing once the buffer has grown.
    package static func read(status: Int, body: RawSpan, respData: inout [UInt8]) -> Answer {
        respData.removeAll(keepingCapacity: true)
        let (answer, text) = read(status, body)
        if let text { JSONText.unescape(body, text, into: &respData) }
        return answer
    }

    /// As `read(status:body:respData:)`, for a body that the caller gives away: after a success the string is in `body` itself, and
    /// `respData` says where; else that is empty.
    package static func read(status: Int, owned body: inout [UInt8]) -> (answer: Answer, respData: Range<Int>) {
        let (answer, text) = read(status, body.span.bytes)
        guard let text else { return (answer, 0..<0) }
        return (answer, JSONText.unescape(text, in: &body))
    }

    /// The answer's meaning, and the string that is the function's.
    private static func read(_ status: Int, _ body: RawSpan) -> (Answer, JSONElement?) {
        guard let members = AnswerMembers(body), let errcode = errcode(members, body, status: status) else {
            let excerpt = UntrustedText.shown(body, limit: UntrustedText.excerptLimit)
            return (Answer(code: .status(status), errmsg: "", rid: nil, respData: .absent, excerpt: excerpt), nil)
        }
        guard errcode == 0 else {
            let (errmsg, rid) = members.errmsgAndRid(body)
            return (Answer(code: .errcode(errcode), errmsg: errmsg, rid: rid, respData: .absent, excerpt: ""), nil)
        }
        let (respData, text) = respData(members, body)
        return (Answer(code: .errcode(0), errmsg: "", rid: nil, respData: respData, excerpt: ""), text)
    }

    /// A missing errcode beside a string `resp_data` at HTTP 200 counts as 0, as in all SDKs (rule 3).
    private static func errcode(_ members: AnswerMembers, _ body: RawSpan, status: Int) -> Int64? {
        if members.errcode == nil, status == 200, members.respData?.kind == .string { return 0 }
        return members.readableErrcode(body)
    }

    /// Rule 5.
    private static func respData(_ members: AnswerMembers, _ body: RawSpan) -> (Answer.ResponseData, JSONElement?) {
        guard let respData = members.respData, respData.kind != .null else { return (.absent, nil) }
        guard respData.kind == .string else {
            let text = body.extracting(respData.start..<respData.end)
            return (.notText(UntrustedText.shown(text, limit: UntrustedText.errmsgLimit)), nil)
        }
        return (.text, respData)
    }

    /// The caller's address that WeChat refused with 40164: what the IP allow-list must have.
    ///
    /// The errmsg is `invalid ip A ipv6 ::ffff:A, not in whitelist` (community reports). Nil if it has another form.
    package static func refusedAddress(_ errmsg: String) -> String? {
        let words = errmsg.split { $0 == " " || $0 == "," || $0 == ";" }
        for (index, word) in words.enumerated() where word == "ip" && index > 0 && words[index - 1] == "invalid" {
            var address = words[(index + 1)...].first { $0 != "ipv6" } ?? ""
            if address.hasPrefix("::ffff:"), address.contains(".") { address = address.dropFirst(7) }
            guard address.contains(where: { $0 == "." || $0 == ":" }),
                address.allSatisfy({ $0.isHexDigit || $0 == "." || $0 == ":" })
            else { return nil }
            return String(address)
        }
        return nil
    }
}
