import Foundation
import RelayCore
import Testing

struct ErrcodeTableTests {
    @Test func `The table says what errcodes.csv says, row by row in both directions`() throws {
        let file = try #require(Bundle.module.url(forResource: "Fixtures/errcodes.csv", withExtension: nil))
        let facts = try records(ofCSV: String(contentsOf: file, encoding: .utf8))
        #expect(facts.first == ["code", "meaning", "class", "ran", "counted", "scope", "remedy", "note", "source"])
        let expected = facts.dropFirst().map { Array($0.prefix(8)) }
        #expect(expected.count >= 100)
        for fact in expected {
            let code = try #require(Int64(fact[0]))
            let row = try #require(ErrcodeTable.row(for: .errcode(code)), "\(code)")
            #expect(columns(row) == fact)
        }
        #expect(Set(ErrcodeTable.rows.map(columns)) == Set(expected))
        #expect(ErrcodeTable.rows.count == expected.count)
    }

    @Test(
        arguments: [
            (.connectRefused, .transient, .no, false, .app), (.dns, .transient, .no, false, .app),
            (.tls, .transient, .no, false, .app),
            (.connectTimeout, .transient, .no, false, .app), (.resetBeforeWrite, .transient, .no, false, .app),
            (.certificateRefused, .permanentConfig, .no, false, nil),
            (.proxyRefused, .permanentConfig, .no, false, nil), (.tunnelFailed, .transient, .no, false, .app),
            (.requestTimeout, .unknownOutcome, .maybe, true, .function),
            (.resetAfterWrite, .unknownOutcome, .maybe, true, .app),
            (.shortAnswer, .unknownOutcome, .maybe, true, .app),
            (.answerTooLarge, .unknownOutcome, .maybe, true, nil),
        ] as [(TransportOutcome, OutcomeClass, RanCertainty, Bool, HoldScope?)]
    )
    func `Each transport outcome has its class, and the outage hold that it speaks for`(
        _ outcome: TransportOutcome,
        _ outcomeClass: OutcomeClass,
        _ ran: RanCertainty,
        _ counted: Bool,
        _ outage: HoldScope?
    ) throws {
        let row = try #require(ErrcodeTable.row(for: .transport(outcome)))
        #expect(row.code == .transport(outcome))
        #expect(handling(row) == Handling(outcomeClass, ran, counted))
        #expect(row.outageScope == outage)
        #expect(!row.remedy.isEmpty && !row.meaning.isEmpty)
    }

    @Test func `Every transport outcome has a row of its own`() {
        let rows = TransportOutcome.allCases.compactMap { ErrcodeTable.row(for: .transport($0)) }
        #expect(Set(rows.map(\.remedy)).count == TransportOutcome.allCases.count)
    }

    @Test(arguments: 100...699)
    func `Every HTTP status without a readable errcode has its class`(_ status: Int) throws {
        let row = try #require(ErrcodeTable.row(for: .status(status)))
        let expected: (Handling, HoldScope?) =
            switch status {
            case 408, 425: (Handling(.transient, .no, false), .app)
            case 413: (Handling(.permanentRequest, .no, true), nil)
            case 429: (Handling(.throttled, .no, false), nil)
            case 502, 504: (Handling(.unknownOutcome, .maybe, true), .app)
            case 300...499: (Handling(.permanentConfig, .no, false), nil)
            case 500...599: (Handling(.transient, .maybe, false), .app)
            default: (Handling(.unknownOutcome, .maybe, true), .app)
            }
        #expect(row.code == .status(status))
        #expect(handling(row) == expected.0)
        #expect(row.outageScope == expected.1)
        #expect(!row.remedy.isEmpty)
    }

    @Test func `Of the errcodes, only transient ones that are not counted speak for an outage`() {
        var scopes: [Int64: HoldScope] = [:]
        for row in ErrcodeTable.rows {
            if case .errcode(let code) = row.code { scopes[code] = row.outageScope }
        }
        #expect(scopes == [-1: .app, -1000: .app, -501001: .env, -501018: .env, -601001: .env, -601003: .env])
    }

    private func columns(_ row: OutcomeRow) -> [String] {
        guard case .errcode(let code) = row.code else { return [] }
        return [
            String(code), row.meaning, row.outcomeClass.rawValue, row.ran.rawValue, row.counted ? "yes" : "no",
            row.scope?.rawValue ?? "", row.remedy, row.note,
        ]
    }

    private struct Handling: Equatable {
        let outcomeClass: OutcomeClass
        let ran: RanCertainty
        let counted: Bool

        init(_ outcomeClass: OutcomeClass, _ ran: RanCertainty, _ counted: Bool) {
            (self.outcomeClass, self.ran, self.counted) = (outcomeClass, ran, counted)
        }
    }

    private func handling(_ row: OutcomeRow) -> Handling {
        Handling(row.outcomeClass, row.ran, row.counted)
    }

    /// Rows of fields that may be quoted and then hold commas; none of them holds a quote or a line break.
    private func records(ofCSV text: String) -> [[String]] {
        text.split(whereSeparator: \.isNewline).map { line in
            var fields = [""]
            var isQuoted = false
            for character in line {
                switch character {
                case "\"": isQuoted.toggle()
                case "," where !isQuoted: fields.append("")
                default: fields[fields.count - 1].append(character)
                }
            }
            return fields
        }
    }
}
