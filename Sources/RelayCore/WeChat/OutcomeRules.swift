/// The outcome table as it holds under a configuration.
package enum OutcomeRules {
    /// Attempts that a request has when they end with a code that nothing lists.
    package static let unlistedAttempts = 3

    /// Whether the table or an override names the code. One that is not listed has at most `unlistedAttempts`.
    package static func isListed(_ code: OutcomeCode, overrides: [Int64: OutcomeClass]) -> Bool {
        guard case .errcode(let errcode) = code else { return true }
        return ErrcodeTable.lists(errcode) || overrides[errcode] != nil
    }

    /// Whether what a code means depends on the body that was sent: 47001 on JSON is not the record's fault (the row for
    /// a request has the rule).
    package static func dependsOnBody(_ code: OutcomeCode) -> Bool { code == .errcode(47001) }

    /// The row that decides about an outcome.
    ///
    /// An override changes a code's class; then the attempt counts, what is known of *ran* stays, and a hold has the
    /// table's scope, else the function. Errcode 0 has no override. For -501000 and -501001 the errmsg tells whether the
    /// environment is meant (community reports, see their notes). A code that neither the table nor an override names has
    /// the class `unlisted`; it may have run, and it counts.
    package static func row(
        for code: OutcomeCode,
        errmsg: String = "",
        overrides: [Int64: OutcomeClass],
        unlisted: OutcomeClass
    ) -> OutcomeRow {
        if case .errcode(0) = code { return ErrcodeTable.success }
        guard case .errcode(let errcode) = code else {
            return ErrcodeTable.row(for: code) ?? unknown(code, unlisted)
        }
        var row = ErrcodeTable.row(for: code) ?? unknown(code, unlisted)
        refine(&row, errcode, by: errmsg)
        if let outcomeClass = overrides[errcode] {
            row.outcomeClass = outcomeClass
            row.counted = true
            row.scope = row.scope ?? .function
        }
        return row
    }

    private static func refine(_ row: inout OutcomeRow, _ errcode: Int64, by errmsg: String) {
        switch errcode {
        case -501000 where errmsg.contains("env not exists") || errmsg.contains("Environment"):
            row.scope = .env
        case -501001 where errmsg.contains("Environment not found"):
            row.outcomeClass = .permanentConfig
            row.scope = .env
        default:
            break
        }
    }

    private static func unknown(_ code: OutcomeCode, _ outcomeClass: OutcomeClass) -> OutcomeRow {
        OutcomeRow(
            code: code,
            meaning: "not listed by any source",
            outcomeClass: outcomeClass,
            ran: .maybe,
            counted: true,
            scope: .function,
            remedy: "read errmsg; say under errcodes: in the configuration what this code means"
        )
    }
}
