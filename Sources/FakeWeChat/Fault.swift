/// What a call or a token request gets instead of a proper answer.
package struct Fault: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// An error document; nil for the errmsg that WeChat has for the code. WeChat's HTTP status is 200 for errors
        /// too; another one makes a gateway's.
        case errcode(Int64, errmsg: String? = nil, status: Int = 200)
        /// A gateway's page, without a readable errcode.
        case status(Int, retryAfter: Duration? = nil)
        /// The request is read, then the connection is closed without a byte of answer.
        case closeAfterRequest
        /// The connection is closed in the middle of a proper answer.
        case closeMidAnswer
        /// No answer, and the connection stays open.
        case hang
    }

    package var kind: Kind
    /// Whether the function ran all the same: what a checker holds the relay's `invocationsPossible` against.
    package var ran: Bool

    /// Without `ran`, the function ran for the codes that its own code causes, for time-outs, HTTP 502 and 504, and
    /// for whatever ends a connection.
    package init(_ kind: Kind, ran: Bool? = nil) {
        self.kind = kind
        self.ran = ran ?? Self.runs(kind)
    }

    private static func runs(_ kind: Kind) -> Bool {
        switch kind {
        case .errcode(let code, _, _):
            switch code {
            case 0, -501_002, -504_002, -504_003, -503_999 ... -502_000: true
            default: false
            }
        case .status(let status, _): status == 502 || status == 504
        case .closeAfterRequest, .closeMidAnswer, .hang: true
        }
    }
}
