extension RequestDecoder {
    /// Finds the function's input in the value and, in an envelope, the members beside it; nil for a tombstone to skip.
    mutating func readBody(
        _ value: RawSpan?,
        _ record: Record,
        _ pipeline: PipelinePolicy,
        _ callStyle: CallStyle
    ) throws(Rejection) -> BodySource? {
        guard let value else { return try Self.null("the value is null", record, pipeline) }
        guard value.byteCount > 0 else {
            throw record.invalid(
                "the value is empty, which WeChat refuses with 44002",
                "send the function's input, {} when it needs none"
            )
        }
        switch pipeline.request.format {
        case .raw:
            guard callStyle == .query || UTF8Text.isValid(value) else {
                throw record.invalid(
                    "the value is not UTF-8, and call-style: body sends it as a JSON string",
                    "send UTF-8, or set apps.*.call-style to query"
                )
            }
            return .value(0..<value.byteCount)
        // A strict scan admits UTF-8 only.
        case .envelope: return try readEnvelope(value, record, pipeline)
        }
    }

    private static func null(
        _ problem: String,
        _ record: Record,
        _ pipeline: PipelinePolicy
    ) throws(Rejection) -> BodySource? {
        switch pipeline.request.onNull {
        case .skip: return nil
        case .emptyObject: return .emptyObject
        case .fail:
            throw record.invalid(
                "\(problem), and pipeline \(pipeline.name) has request.on-null: fail",
                "send the function's input, or set on-null to skip or empty-object"
            )
        }
    }

    private mutating func readEnvelope(
        _ value: RawSpan,
        _ record: Record,
        _ pipeline: PipelinePolicy
    ) throws(Rejection) -> BodySource? {
        // The last of repeated members counts, so nothing is judged before all of them are seen.
        for index in elements.indices { elements[index] = nil }
        var problem: Rejection?
        do throws(JSONProblem) {
            try JSONScanner.scanObject(value, .strict) { name, element in
                if let member = EnvelopeMember.named(name, in: value) { elements[member.rawValue] = element }
            }
        } catch {
            problem = record.invalid(
                "the value is not the JSON object that request.format: envelope asks for: \(Self.words(for: error))",
                #"send {"data": …}, or set the format to raw"#
            )
        }
        if let problem { keep(problem) }
        // Of a broken envelope the members before the break are read all the same: they say who waits for an answer.
        for index in elements.indices {
            guard let element = elements[index], let member = EnvelopeMember(rawValue: index), member != .body else {
                continue
            }
            do throws(Rejection) {
                try take(element, as: member, of: value, record)
            } catch {
                keep(error)
            }
        }
        if let problem { throw problem }
        guard let body = elements[EnvelopeMember.body.rawValue], body.kind != .null else {
            return try Self.null("the envelope has no data", record, pipeline)
        }
        // Of a string the scanner names the text between the quotes, which belong to the value.
        return .value(body.kind == .string ? body.start - 1..<body.end + 1 : body.start..<body.end)
    }

    /// Keeps the member's text; null counts as absent.
    private mutating func take(
        _ element: JSONElement,
        as member: EnvelopeMember,
        of value: RawSpan,
        _ record: Record
    ) throws(Rejection) {
        let takesNumber = member == .replyPartition || member == .deadline
        switch element.kind {
        case .null:
            break
        case .string:
            let start = bytes.count
            JSONText.unescape(value, element, into: &bytes)
            members.set(member.rawValue, start..<bytes.count)
        case .number where takesNumber:
            members.set(member.rawValue, append(value.extracting(element.start..<element.end)))
        case .number, .true, .false, .object, .array:
            throw record.invalid(
                "envelope member \(member.name) is \(Self.words(for: element.kind))",
                takesNumber ? "make it a number or a string" : "make it a string"
            )
        }
    }

    private static func words(for kind: JSONKind) -> String {
        switch kind {
        case .object: "an object"
        case .array: "an array"
        case .string: "a string"
        case .number: "a number"
        case .true: "true"
        case .false: "false"
        case .null: "null"
        }
    }

    private static func words(for problem: JSONProblem) -> String {
        switch problem {
        case .notAnObject(let offset): "no object begins at byte \(offset)"
        case .syntax(let offset): "byte \(offset) is not JSON"
        case .tooDeep(let offset): "at byte \(offset) it is nested deeper than \(JSONScanner.depthLimit) levels"
        case .truncated: "it ends too early"
        }
    }
}
