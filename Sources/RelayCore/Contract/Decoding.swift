/// What a record turned out to be.
package enum Decoding: Equatable, Sendable {
    /// A request: the head says what to call, with what, and where the answer goes.
    case request
    /// A tombstone under `on-null: skip`: no request, nothing to answer.
    case skipped
    /// A request that cannot be one. The head carries what could be read, so that the failure reaches its asker.
    case rejected(Rejection)
}

/// Why a record cannot be a request.
package struct Rejection: Error, Hashable, Codable, Sendable, CustomStringConvertible {
    /// `invalidRequest` or `notAllowed`.
    package let reason: FailureReason
    /// What is wrong, what to do about it, and which record it is: the `errmsg` of the failure.
    ///
    /// Text of the record is cut to 64 bytes, made valid UTF-8 and freed of characters that steer a terminal or a line.
    package let message: String

    init(_ reason: FailureReason, problem: String, remedy: String, source: RecordSource) {
        self.reason = reason
        message = "\(problem); \(remedy) (request \(source))"
    }

    package var description: String { "\(reason.rawValue): \(message)" }
}

/// Text of a record as a message may show it.
enum Quotation {
    static let bytesShown = 64

    /// The text in single quotes, cut to 64 bytes, with U+FFFD for what is no UTF-8, a control or format character, or
    /// a line break.
    static func of(_ text: RawSpan) -> String {
        let length = UTF8Text.length(of: text, cutTo: bytesShown)
        var quoted = "'"
        let shown = text.extracting(0..<length).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        for scalar in shown.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: quoted.unicodeScalars.append("\u{FFFD}")
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + (length < text.byteCount ? "…'" : "'")
    }
}
