import RelayCore
import Testing

struct OutcomeRulesTests {
    @Test func `Without an override the table's row decides`() throws {
        for row in ErrcodeTable.rows {
            #expect(OutcomeRules.row(for: row.code, overrides: [:], unlisted: .functionFailed) == row)
            #expect(OutcomeRules.isListed(row.code, overrides: [:]))
        }
        let timeout = OutcomeCode.transport(.requestTimeout)
        #expect(OutcomeRules.row(for: timeout, overrides: [:], unlisted: .transient) == ErrcodeTable.row(for: timeout))
        #expect(OutcomeRules.isListed(timeout, overrides: [:]))
        #expect(OutcomeRules.isListed(.status(599), overrides: [:]))
    }

    @Test func `An override changes the class, makes the attempt count and keeps ran, for every code`() {
        for row in ErrcodeTable.rows {
            guard case .errcode(let code) = row.code, code != 0 else { continue }
            for outcomeClass in OutcomeClass.allCases {
                let resolved = OutcomeRules.row(for: row.code, overrides: [code: outcomeClass], unlisted: .transient)
                var expected = row
                expected.outcomeClass = outcomeClass
                expected.counted = true
                expected.scope = row.scope ?? .function
                #expect(resolved == expected)
                #expect(resolved.outageScope == nil)
            }
        }
    }

    @Test func `Success cannot be overridden`() {
        let row = OutcomeRules.row(for: .errcode(0), overrides: [0: .transient], unlisted: .transient)
        #expect(row.outcomeClass == .success)
    }

    @Test(arguments: OutcomeClass.allCases)
    func `An unlisted code may have run, counts, and has the configured class`(_ unlisted: OutcomeClass) {
        let code = OutcomeCode.errcode(123_456_789)
        let row = OutcomeRules.row(for: code, overrides: [:], unlisted: unlisted)
        #expect(row.code == code)
        #expect(row.outcomeClass == unlisted)
        #expect(row.ran == .maybe)
        #expect(row.counted)
        #expect(row.scope == .function)
        #expect(!OutcomeRules.isListed(code, overrides: [1: .transient]))
        #expect(OutcomeRules.isListed(code, overrides: [123_456_789: .transient]))
        let overridden = OutcomeRules.row(for: code, overrides: [123_456_789: .throttled], unlisted: unlisted)
        #expect(overridden.outcomeClass == .throttled)
        #expect(overridden.ran == .maybe)
    }

    @Test(
        arguments: [
            (-501000, "[100003] env not exists", .permanentConfig, .env),
            (-501000, "Environment invalid", .permanentConfig, .env),
            (-501000, "FunctionName parameter could not be found", .permanentConfig, .function),
            (-501000, "", .permanentConfig, .function),
            (-501001, "Environment not found", .permanentConfig, .env), (-501001, "system error", .transient, .env),
            (-501005, "Environment not found", .permanentConfig, .env), (-1, "Environment not found", .transient, nil),
        ] as [(Int64, String, OutcomeClass, HoldScope?)]
    )
    func `The errmsg tells whether the environment is meant`(
        _ code: Int64,
        _ errmsg: String,
        _ outcomeClass: OutcomeClass,
        _ scope: HoldScope?
    ) {
        let row = OutcomeRules.row(for: .errcode(code), errmsg: errmsg, overrides: [:], unlisted: .transient)
        #expect(row.outcomeClass == outcomeClass)
        #expect(row.scope == scope)
        let overridden = OutcomeRules.row(
            for: .errcode(code),
            errmsg: errmsg,
            overrides: [code: .functionFailed],
            unlisted: .transient
        )
        #expect(overridden.outcomeClass == .functionFailed)
    }
}
