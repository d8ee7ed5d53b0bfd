package import RelayCore

/// Where a client's requests get their bodies from and their outcomes go to. All on the client's event loop.
///
/// Every exchange that was sent ends in exactly one call, of `answered` or of `failed`, unless it is cancelled. Both may
/// send, cancel and shut down; neither is ever called from within `send`.
package protocol HTTPClientDelegate: AnyObject {
    /// Lends the request's body in one or more spans, in all the `bodyLength` bytes that were announced.
    ///
    /// Called when the request is about to be written, perhaps from within `send`, and again when the connection turned
    /// out to be dead before a byte was handed to it, on the same host or on the next one. It must not call the client.
    func writeBody(of exchange: UInt64, into sink: (RawSpan) -> Void)

    /// An answer was read to its end, whatever its status; redirects are not followed. `body` is valid during the call only.
    func exchange(_ exchange: UInt64, answered status: Int, retryAfter: RetryAfter?, body: RawSpan)

    /// The same of an answer that came in several pieces: the body is in a buffer that may be kept, or be exchanged for
    /// another one. Without an implementation of its own it is lent as any other.
    func exchange(_ exchange: UInt64, answered status: Int, retryAfter: RetryAfter?, collected body: inout [UInt8])

    /// There is no whole answer. `detail` says why in words, without anything of the request or the proxy's password; of
    /// several hosts that were tried, what each of them said.
    func exchange(_ exchange: UInt64, failed outcome: TransportOutcome, detail: String)
}

extension HTTPClientDelegate {
    package func exchange(
        _ exchange: UInt64,
        answered status: Int,
        retryAfter: RetryAfter?,
        collected body: inout [UInt8]
    ) {
        self.exchange(exchange, answered: status, retryAfter: retryAfter, body: body.span.bytes)
    }
}
