import RelayCore

extension Rejection {
    /// What the decoder says of a record with an empty value.
    static let bench: Rejection = {
        var decoder = RequestDecoder(consumedTopics: ["requests"])
        var head = RequestHead()
        let empty: [UInt8] = []
        decoder.begin()
        let decoding = decoder.finish(
            value: empty.span.bytes,
            topic: "requests",
            partition: 0,
            offset: 0,
            timestamp: nil,
            now: WallTime(milliseconds: 0),
            pipeline: .bench(),
            callStyle: .query,
            into: &head
        )
        guard case .rejected(let rejection) = decoding else {
            preconditionFailure("an empty value was taken for a request: \(decoding)")
        }
        return rejection
    }()
}
