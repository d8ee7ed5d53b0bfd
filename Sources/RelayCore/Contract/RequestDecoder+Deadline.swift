extension RequestDecoder {
    /// When the answer stops being of use: what the record says, else what the pipeline says, else never.
    func deadline(_ record: Record, _ pipeline: PipelinePolicy) throws(Rejection) -> WallTime? {
        guard let field = field(.deadline) else { return pipeline.request.deadline.map { record.start + $0 } }
        let text = bytes.span.bytes.extracting(field.range)
        switch field.origin {
        case .header(.timeToLive), .member(.timeToLive):
            guard let duration = DurationText.parse(text) else {
                throw record.invalid(
                    "\(field.place) is \(Quotation.of(text)), not a duration",
                    "send a whole number with ms, s, m or h, such as 30s"
                )
            }
            return record.start + duration
        case .header, .member:
            guard let deadline = Self.time(text) else {
                throw record.invalid(
                    "\(field.place) is \(Quotation.of(text)), not a point in time",
                    "send RFC 3339, such as 2030-01-31T12:00:00Z, or milliseconds since 1970"
                )
            }
            return deadline
        }
    }

    /// All digits are milliseconds since the epoch, whatever their number.
    private static func time(_ text: RawSpan) -> WallTime? {
        DecimalText.parse(text).map { WallTime(milliseconds: $0) } ?? RFC3339.parse(text)
    }
}
