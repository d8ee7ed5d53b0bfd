extension ErrcodeTable {
    /// The row of an exchange without a whole answer. *Written* decides whether the function may have run.
    static func row(for outcome: TransportOutcome) -> OutcomeRow {
        switch outcome {
        case .connectRefused:
            notSent(
                outcome,
                "connection refused",
                remedy: "the host refused the connection: check apps.*.base-url, apps.*.proxy and the firewall"
            )
        case .dns:
            notSent(
                outcome,
                "host name not resolved",
                remedy: """
                    the host name was not resolved: check apps.*.base-url, apps.*.proxy and the name server of this \
                    machine
                    """
            )
        case .tls:
            notSent(
                outcome,
                "TLS handshake failed",
                remedy: "the TLS handshake failed: check that base-url names an HTTPS port and that no proxy breaks TLS"
            )
        case .certificateRefused:
            OutcomeRow(
                code: .transport(outcome),
                meaning: "the server's certificate is not trusted",
                outcomeClass: .permanentConfig,
                ran: .no,
                counted: false,
                scope: .app,
                remedy: """
                    the server's certificate was refused: set apps.*.tls.ca-file when a proxy has a certificate \
                    authority of its own, and check this machine's clock and the host name in base-url
                    """
            )
        case .connectTimeout:
            notSent(
                outcome,
                "no connection in time",
                remedy: """
                    the host did not accept a connection within timeouts.connect: check the route, the firewall \
                    and apps.*.proxy
                    """
            )
        case .proxyRefused:
            OutcomeRow(
                code: .transport(outcome),
                meaning: "the proxy refused a tunnel",
                outcomeClass: .permanentConfig,
                ran: .no,
                counted: false,
                scope: .app,
                remedy: """
                    the proxy refused a tunnel to the host: correct user and password in apps.*.proxy (HTTP 407, 401), or \
                    let the proxy admit the host and port of base-url
                    """
            )
        case .tunnelFailed:
            notSent(
                outcome,
                "the proxy opened no tunnel",
                remedy: """
                    the proxy opened no tunnel: check that apps.*.proxy names an HTTP proxy, and that it reaches the \
                    host of base-url
                    """
            )
        case .resetBeforeWrite:
            notSent(
                outcome,
                "connection lost before the request was written",
                remedy: "the connection broke before the request was written: wait; if it lasts, check the proxy"
            )
        case .requestTimeout:
            written(
                outcome,
                "no answer in time",
                scope: .function,
                remedy: """
                    no whole answer came within timeouts.request; the function may have run: make it faster \
                    (5 s over HTTP), and keep timeouts.request above that
                    """
            )
        case .resetAfterWrite:
            written(
                outcome,
                "connection lost after the request was written",
                scope: .app,
                remedy: """
                    the connection broke after the request was written; the function may have run: if it lasts, \
                    check the proxy
                    """
            )
        case .shortAnswer:
            written(
                outcome,
                "connection ended inside the answer",
                scope: .app,
                remedy: """
                    the connection ended before the answer did; the function may have run: if it lasts, check \
                    the proxy
                    """
            )
        case .answerTooLarge:
            written(
                outcome,
                "answer over 8 MiB",
                scope: nil,
                remedy: "the answer was over 8 MiB; the function may have run: let it return less"
            )
        }
    }

    /// The row of an answer without a readable errcode (`wechat.md`, rule 6).
    static func row(forStatus status: Int) -> OutcomeRow {
        switch status {
        case 408, 425:
            OutcomeRow(
                code: .status(status),
                meaning: "HTTP \(status): the request was not taken in",
                outcomeClass: .transient,
                ran: .no,
                counted: false,
                scope: .app,
                remedy: "a gateway did not take the request in: wait; if it lasts, check the proxy"
            )
        case 413:
            OutcomeRow(
                code: .status(status),
                meaning: "HTTP 413: the request is too large",
                outcomeClass: .permanentRequest,
                ran: .no,
                counted: true,
                scope: nil,
                remedy: "send a smaller body, or raise the limit of the proxy that refused it"
            )
        case 429:
            OutcomeRow(
                code: .status(status),
                meaning: "HTTP 429: too many requests",
                outcomeClass: .throttled,
                ran: .no,
                counted: false,
                scope: .app,
                remedy: "lower apps.*.limits.rate"
            )
        case 300..<500:
            OutcomeRow(
                code: .status(status),
                meaning: "HTTP \(status) without a readable errcode",
                outcomeClass: .permanentConfig,
                ran: .no,
                counted: false,
                scope: .app,
                remedy: status < 400
                    ? "redirects are not followed, because the token is in the URL: correct apps.*.base-url"
                    : "the host or a proxy refused the request: correct apps.*.base-url or apps.*.proxy"
            )
        case 500..<600 where status != 502 && status != 504:
            OutcomeRow(
                code: .status(status),
                meaning: "HTTP \(status): the server failed",
                outcomeClass: .transient,
                ran: .maybe,
                counted: false,
                scope: .app,
                remedy: "wait; if it lasts, check the proxy"
            )
        default:
            // 2xx, 502, 504, and what no HTTP server should send as its last word.
            OutcomeRow(
                code: .status(status),
                meaning: "HTTP \(status) without a readable errcode",
                outcomeClass: .unknownOutcome,
                ran: .maybe,
                counted: true,
                scope: .app,
                remedy: "the answer is not WeChat's; the function may have run: look who answers at apps.*.base-url"
            )
        }
    }

    private static func notSent(_ outcome: TransportOutcome, _ meaning: String, remedy: String) -> OutcomeRow {
        OutcomeRow(
            code: .transport(outcome),
            meaning: meaning,
            outcomeClass: .transient,
            ran: .no,
            counted: false,
            scope: .app,
            remedy: remedy
        )
    }

    private static func written(
        _ outcome: TransportOutcome,
        _ meaning: String,
        scope: HoldScope?,
        remedy: String
    ) -> OutcomeRow {
        OutcomeRow(
            code: .transport(outcome),
            meaning: meaning,
            outcomeClass: .unknownOutcome,
            ran: .maybe,
            counted: true,
            scope: scope,
            remedy: remedy
        )
    }
}
