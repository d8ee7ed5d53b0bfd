import RelayCore

/// An outcome as a person writes it: an errcode, `http 502`, or a transport outcome's word.
enum OutcomeWord {
    /// The code; nil when the text is none.
    static func code(_ text: String) -> OutcomeCode? {
        let text = text.lowercased()
        if let errcode = Int64(text) { return .errcode(errcode) }
        if text.hasPrefix("http"), let status = Int(text.dropFirst(4).drop { " -_".contains($0) }),
            (100...599).contains(status)
        {
            return .status(status)
        }
        return TransportOutcome(rawValue: text.replacing("-", with: "_")).map { .transport($0) }
    }

    static var transportWords: String {
        TransportOutcome.allCases.map(\.rawValue).joined(separator: ", ")
    }
}
