import Foundation

/// The end of an invocation for programs.
struct InvokeReport: Encodable {
    /// `ok`, `failed`, or `none` without a reply.
    var status: String
    var correlationId: String?
    var `class`: String?
    var errcode: String?
    var errmsg: String?
    var rid: String?
    var attempts: Int?
    var invocationsPossible: Int?
    var durationMs: Int?
    var function: String?
    var env: String?
    /// `topic/partition/offset`
    var request: String?
    var reply: String?
    /// The reply's value, when it is text.
    var value: String?
    /// The reply's value, when it is none.
    var valueBase64: String?
    /// Without a reply: why.
    var why: String?
    /// Of a direct call: what the relay would do.
    var relay: [String]?

    init(status: String) {
        self.status = status
    }

    mutating func setValue(_ bytes: [UInt8]) {
        if let text = String(validating: bytes, as: UTF8.self) {
            value = text
        } else {
            valueBase64 = Data(bytes).base64EncodedString()
        }
    }
}
