/// What an HTTP answer of WeChat says.
package struct Answer: Hashable, Sendable {
    /// What the answer holds of the function's own answer.
    package enum ResponseData: Hashable, Sendable {
        /// Not successful, or `resp_data` is missing or null: an empty value, not a Kafka null.
        case absent
        /// A string, now unescaped in the buffer that the reader was given.
        case text
        /// Errcode 0 with a `resp_data` that is no string: this is `function_failed`, with that text (at most 512 bytes).
        case notText(String)
    }

    /// `.errcode` if one is readable, else `.status`.
    package let code: OutcomeCode
    /// At most 512 bytes, tokens masked; empty when absent and on success.
    package let errmsg: String
    /// The id to give to WeChat's support; good for 7 days.
    package let rid: String?
    package let respData: ResponseData
    /// The first bytes of an answer without a readable errcode, at most 256, tokens masked; else empty.
    package let excerpt: String

    package init(code: OutcomeCode, errmsg: String, rid: String?, respData: ResponseData, excerpt: String) {
        self.code = code
        self.errmsg = errmsg
        self.rid = rid
        self.respData = respData
        self.excerpt = excerpt
    }
}
