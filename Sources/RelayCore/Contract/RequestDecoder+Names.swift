extension RequestDecoder {
    /// Something that the pipeline has one of, and that a record may choose another of within the allow-list.
    struct Choice: Equatable {
        let name: String
        /// Nobody but the record named it: no pattern of the allow-list spells it out.
        let isNamedByRecord: Bool
    }

    /// The reply topic that the record names; nil for the pipeline's own.
    func replyTopic(_ record: Record, _ pipeline: PipelinePolicy) throws(Rejection) -> Choice? {
        guard let field = field(.replyTopic) else { return nil }
        let text = bytes.span.bytes.extracting(field.range)
        if let own = pipeline.replyTopic, Self.equals(own, text) { return nil }
        guard Self.isTopicName(text) else {
            throw record.invalid(
                "\(field.place) is \(Quotation.of(text))",
                "a topic name is 1 to 249 printable ASCII characters"
            )
        }
        if text.byteCount >= 2, text.byte(at: 0) == UInt8(ascii: "_"), text.byte(at: 1) == UInt8(ascii: "_") {
            throw record.notAllowed(
                "\(field.place) names \(Quotation.of(text)), an internal topic, which never receives replies",
                "name another topic, or none for the pipeline's own"
            )
        }
        let choice = try admit(field, pipeline.allow.replyTopics, key: "reply-topics", record, pipeline)
        if consumedTopics.contains(choice.name) {
            throw record.notAllowed(
                "\(field.place) names \(Quotation.of(text)), whose records a pipeline takes for requests",
                "name another topic, or none for the pipeline's own"
            )
        }
        return choice
    }

    /// The partition of the reply topic that the record names; nil for the one that the key falls into.
    func replyPartition(_ record: Record) throws(Rejection) -> Int32? {
        guard let field = field(.replyPartition) else { return nil }
        let text = bytes.span.bytes.extracting(field.range)
        if field.origin == .header(.springReplyPartition) {
            guard let partition = Self.bigEndian(text) else {
                throw record.invalid(
                    "\(field.place) of \(text.byteCount) bytes is not a partition number",
                    "send it as 4 bytes, big-endian, not negative"
                )
            }
            return partition
        }
        guard let number = DecimalText.parse(text), let partition = Int32(exactly: number) else {
            throw record.invalid(
                "\(field.place) is \(Quotation.of(text)), not a partition number",
                "send a decimal number from 0 to \(Int32.max)"
            )
        }
        return partition
    }

    /// The function that the record names; nil for the pipeline's own.
    func function(_ record: Record, _ pipeline: PipelinePolicy) throws(Rejection) -> Choice? {
        guard let field = field(.function) else { return nil }
        let text = bytes.span.bytes.extracting(field.range)
        if Self.equals(pipeline.function, text) { return nil }
        guard Self.isFunctionName(text) else {
            throw record.invalid(
                "\(field.place) is \(Quotation.of(text))",
                "a function name is a letter and up to 59 letters, digits, - or _"
            )
        }
        return try admit(field, pipeline.allow.functions, key: "functions", record, pipeline)
    }

    /// The environment that the record names; nil for the pipeline's own.
    func environment(_ record: Record, _ pipeline: PipelinePolicy) throws(Rejection) -> Choice? {
        guard let field = field(.environment) else { return nil }
        let text = bytes.span.bytes.extracting(field.range)
        if Self.equals(pipeline.environment, text) { return nil }
        guard Self.isEnvironmentId(text) else {
            throw record.invalid(
                "\(field.place) is \(Quotation.of(text))",
                "an environment id is 1 to 64 small letters, digits or -"
            )
        }
        return try admit(field, pipeline.allow.environments, key: "envs", record, pipeline)
    }

    private func admit(
        _ field: Field,
        _ patterns: [String],
        key: String,
        _ record: Record,
        _ pipeline: PipelinePolicy
    ) throws(Rejection) -> Choice {
        let text = bytes.span.bytes.extracting(field.range)
        var isAdmitted = false
        var isSpeltOut = false
        for pattern in patterns where Glob.matches(pattern, text) {
            isAdmitted = true
            isSpeltOut = isSpeltOut || Glob.isLiteral(pattern)
        }
        guard isAdmitted else {
            throw record.notAllowed(
                "\(field.place) names \(Quotation.of(text)), which the allow-list does not admit",
                "add it to pipelines.\(pipeline.name).allow.\(key), or name nothing for the pipeline's own"
            )
        }
        return Choice(
            name: text.withUnsafeBytes { String(decoding: $0, as: UTF8.self) },
            isNamedByRecord: !isSpeltOut
        )
    }
}

extension RequestDecoder {
    private static func equals(_ name: String, _ text: RawSpan) -> Bool {
        let own = name.utf8.span.bytes
        guard own.byteCount == text.byteCount else { return false }
        for index in 0..<own.byteCount where own.byte(at: index) != text.byte(at: index) { return false }
        return true
    }

    /// Spring's form: `ByteBuffer.putInt` (`ReplyingKafkaTemplate`).
    private static func bigEndian(_ text: RawSpan) -> Int32? {
        guard text.byteCount == 4 else { return nil }
        let partition = Int32(bigEndian: text.unsafeLoadUnaligned(fromByteOffset: 0, as: Int32.self))
        return partition >= 0 ? partition : nil
    }

    /// `[A-Za-z][A-Za-z0-9_-]{0,59}` (WeChat docs, cloudbase functions page).
    private static func isFunctionName(_ text: RawSpan) -> Bool {
        guard (1...60).contains(text.byteCount), isLetter(text.byte(at: 0)) else { return false }
        return all(text) { isLetter($0) || $0.isDigit || $0 == .minus || $0 == UInt8(ascii: "_") }
    }

    /// `[a-z0-9-]{1,64}` (the same page, for the characters).
    private static func isEnvironmentId(_ text: RawSpan) -> Bool {
        guard (1...64).contains(text.byteCount) else { return false }
        return all(text) { (isLetter($0) && $0 >= UInt8(ascii: "a")) || $0.isDigit || $0 == .minus }
    }

    /// Whether the brokers can be asked about it. What else is wrong with an admitted name they say themselves, and the
    /// answer goes to the pipeline's own topic then.
    private static func isTopicName(_ text: RawSpan) -> Bool {
        (1...249).contains(text.byteCount) && all(text) { $0 > 0x20 && $0 < 0x7F }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- UInt8(ascii: "a") < 26
    }

    private static func all(_ text: RawSpan, _ isFit: (UInt8) -> Bool) -> Bool {
        for index in 0..<text.byteCount where !isFit(text.byte(at: index)) { return false }
        return true
    }
}
