/// What is known of every code that WeChat answers with, and of every way in which no code comes.
///
/// The rows of errcodes are the project's collection of facts (documents, reports, SDKs), one row for one errcode; a test
/// holds them equal to it. Those of transport outcomes and HTTP statuses follow the contract.
package enum ErrcodeTable {
    /// The rows of all listed errcodes.
    package static let rows: [OutcomeRow] = generalRows + cloudRows

    private static let rowsByErrcode: [Int64: OutcomeRow] = {
        var rowsByErrcode: [Int64: OutcomeRow] = [:]
        for row in rows {
            guard case .errcode(let errcode) = row.code else { continue }
            rowsByErrcode[errcode] = row
        }
        return rowsByErrcode
    }()

    /// Errcode 0, what most answers have: found without a look into the table.
    static let success = row(0, .success, "success")

    private static let rowsByTransport = Dictionary(
        uniqueKeysWithValues: TransportOutcome.allCases.map { ($0, row(for: $0)) }
    )

    /// The table's row of a code; nil for an errcode that no source lists.
    package static func row(for code: OutcomeCode) -> OutcomeRow? {
        switch code {
        case .errcode(0): success
        case .errcode(let errcode): rowsByErrcode[errcode]
        case .transport(let outcome): rowsByTransport[outcome]
        case .status(let status): row(forStatus: status)
        }
    }

    /// Whether a source lists the errcode.
    static func lists(_ errcode: Int64) -> Bool { errcode == 0 || rowsByErrcode[errcode] != nil }

    /// One errcode's row; what is not given is as for most codes of its class.
    static func row(
        _ errcode: Int64,
        _ outcomeClass: OutcomeClass,
        _ meaning: String,
        ran: RanCertainty? = nil,
        counted: Bool? = nil,
        scope: HoldScope? = nil,
        remedy: String = "",
        note: String = ""
    ) -> OutcomeRow {
        let usual = usualHandling(of: outcomeClass)
        return OutcomeRow(
            code: .errcode(errcode),
            meaning: meaning,
            outcomeClass: outcomeClass,
            ran: ran ?? usual.ran,
            counted: counted ?? usual.counted,
            scope: scope ?? usual.scope,
            remedy: remedy,
            note: note
        )
    }

    private static func usualHandling(
        of outcomeClass: OutcomeClass
    ) -> (ran: RanCertainty, counted: Bool, scope: HoldScope?) {
        switch outcomeClass {
        case .success: (.yes, false, nil)
        case .transient: (.maybe, false, nil)
        case .refreshToken: (.no, false, nil)
        case .throttled, .quotaExhausted, .permanentConfig: (.no, false, .app)
        case .concurrencyLimited: (.no, false, .env)
        case .permanentRequest: (.no, true, nil)
        case .functionFailed: (.yes, true, nil)
        case .unknownOutcome: (.maybe, true, nil)
        }
    }
}

extension OutcomeRow {
    /// What an outage hold stops when attempts go on ending like this one; nil for an end that is no sign of an outage.
    ///
    /// Signs are the transport outcomes and HTTP statuses that say nothing of the request, and the transient codes that
    /// are not counted. A request that timed out speaks only against its function, or one hanging function would stop
    /// the app; an answer that is too large is the function's own doing.
    package var outageScope: HoldScope? {
        switch (code, outcomeClass) {
        case (.transport(.answerTooLarge), _): nil
        case (.transport(.requestTimeout), _): .function
        case (.transport, .transient), (.transport, .unknownOutcome): .app
        case (.status, .transient), (.status, .unknownOutcome): .app
        case (.errcode, .transient): counted ? nil : scope ?? .app
        default: nil
        }
    }
}
