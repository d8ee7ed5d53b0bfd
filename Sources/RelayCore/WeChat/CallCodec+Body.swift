extension CallCodec {
    /// Appends the HTTP body of a call in body style: `{"env":"…","name":"…","req_data":"…"}`.
    ///
    /// The input is escaped in one pass straight into `body`. It must be UTF-8, as the request's decoding makes sure: what
    /// is no character would become U+FFFD.
    ///
    /// - Parameters:
    ///   - environment: The environment's id.
    ///   - function: The function's name.
    ///   - body: What it is appended to.
    ///   - lendInput: Lends the function's input in one or more pieces, each of whole characters.
    package static func appendBody(
        environment: String,
        function: String,
        into body: inout [UInt8],
        _ lendInput: ((RawSpan) -> Void) -> Void
    ) {
        body.append(contentsOf: #"{"env":""#.utf8)
        JSONText.appendEscaped(environment.utf8, into: &body)
        body.append(contentsOf: #"","name":""#.utf8)
        JSONText.appendEscaped(function.utf8, into: &body)
        body.append(contentsOf: #"","req_data":""#.utf8)
        lendInput { JSONText.appendEscaped($0, into: &body) }
        body.append(contentsOf: #""}"#.utf8)
    }
}
