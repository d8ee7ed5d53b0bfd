/// What a request's own body asks the fake function to do, so that a test scripts each of its requests.
///
/// `{"id": "a", "fake": {"errcodes": [-1, "http 502", "close", 0], "latency-ms": 5}}`: the first call with this id gets
/// -1, the second HTTP 502, the third no answer, all others an echo. An entry is an errcode (0 = the proper answer), or
/// one of `"http N"`, `"close"` (no answer), `"cut"` (half an answer), `"hang"`. `status` is the HTTP status of
/// the error documents, `retry-after` the `Retry-After` of the HTTP statuses in seconds.
package struct Directions: Hashable, Sendable {
    /// Nil stands for the proper answer.
    private var outcomes: StepSequence<Fault?>?
    package var latency: Duration?

    /// Nil when the body has no readable member `fake`.
    package init?(body: [UInt8]) {
        guard let fake = JSONObject(body)?.object("fake") else { return nil }
        let status = fake.number("status").flatMap { Int($0) }
        latency = fake.number("latency-ms").flatMap { Int64($0) }.map { .milliseconds(max(0, $0)) }
        let retryAfter = fake.number("retry-after").flatMap { Int64($0) }.map { Duration.seconds($0) }
        let entries = (fake.elements("errcodes") ?? []).map { word in
            StepSequence.Entry(Self.fault(word, status: status, retryAfter: retryAfter))
        }
        outcomes = StepSequence(entries)
    }

    func result(at position: Int, otherwise answer: ScriptedAnswer) -> FunctionScript.Result {
        if let fault = outcomes?.outcome(at: position) { return .fault(fault) }
        return .answer(answer)
    }

    /// A word that is none of the above is an error that nobody can overlook.
    private static func fault(_ word: String, status: Int?, retryAfter: Duration?) -> Fault? {
        switch word {
        case "0": return nil
        case "close": return Fault(.closeAfterRequest)
        case "cut": return Fault(.closeMidAnswer)
        case "hang": return Fault(.hang)
        default: break
        }
        if let code = Int64(word) { return Fault(.errcode(code, status: status ?? 200)) }
        if word.hasPrefix("http "), let status = Int(word.dropFirst(5)) {
            return Fault(.status(status, retryAfter: retryAfter))
        }
        return Fault(.errcode(-501_020, errmsg: "fake.errcodes has an entry that is no outcome: \(word)"))
    }
}
