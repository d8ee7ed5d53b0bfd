extension CallCodec {
    /// Writes the member that tells a function which request this is, for a body that is a JSON object.
    ///
    /// The member is `"member":{"correlationId":"…","attempt":1,"source":"topic/partition/offset"}`. It goes behind the
    /// body's own members: where a record brings one of the same name, parsers take the last. The rest of the body is
    /// sent as it is: the bytes before the returned offset, then `inserted`, then the bytes from the offset on.
    ///
    /// - Parameters:
    ///   - member: The member's name.
    ///   - correlationID: A text; bytes that are no UTF-8 are given as `correlationIdBase64` instead.
    ///   - attempt: The number of this HTTP request among those of the record, from 1.
    ///   - source: The record, as `topic/partition/offset`.
    ///   - body: The body as it would be sent without the member.
    ///   - inserted: Cleared; its capacity is kept.
    /// - Returns: Where in the body the bytes go, nil for a body that is no JSON object by RFC 8259 or is nested deeper
    ///   than `JSONScanner.depthLimit`: it is to be sent unchanged.
    package static func inject(
        member: String,
        correlationID: RawSpan,
        attempt: Int,
        source: String,
        into body: RawSpan,
        inserted: inout [UInt8]
    ) -> Int? {
        inserted.removeAll(keepingCapacity: true)
        let place: JSONObjectPlace
        do throws(JSONProblem) {
            place = try JSONScanner.scanObject(body, .strict) { _, _ in }
        } catch {
            // The contract: only a JSON object gets the member.
            return nil
        }
        if !place.isEmpty { inserted.append(.comma) }
        var writer = JSONWriter(appendingTo: inserted)
        // Else the writer would work on a copy.
        inserted = []
        writer.beginObject(member)
        if UTF8Text.isValid(correlationID) {
            writer.member("correlationId", text: correlationID)
        } else {
            var base64: [UInt8] = []
            Base64.append(correlationID, into: &base64)
            writer.member("correlationIdBase64", text: base64.span.bytes)
        }
        writer.member("attempt", attempt)
        writer.member("source", source)
        writer.endObject()
        inserted = writer.bytes
        return place.close
    }
}
