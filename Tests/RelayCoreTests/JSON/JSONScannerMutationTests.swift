import Foundation
import RelayCore
import Testing

/// Mutants of the sample answers, from one seed.
///
/// Foundation's JSONSerialization is the judge where it follows RFC 8259. Where it is known not to, `FoundationHabit` says
/// so, and only a disagreement of just that kind is passed over.
struct JSONScannerMutationTests {
    @Test func `50,000 mutants of real answers are judged and read as Foundation does`() throws {
        let samples = try AnswerFixture.all()
        var random = SplitMix64(state: 20_240_611)
        var verdicts: [Bool: Int] = [:]
        var textsCompared = 0
        var disagreements: [String] = []
        for index in 0..<50_000 {
            let sample = try #require(samples.randomElement(using: &random))
            let mutant = random.mutant(of: sample.bytes)
            var respData: [UInt8] = []
            // An excerpt costs more than all the rest: of the mutants that are no objects, one in ten.
            let isObject = Scan(mutant, .lenient).problem == nil
            let answer =
                isObject || index % 10 == 0
                ? AnswerReader.read(status: 200, body: mutant.span.bytes, respData: &respData) : nil
            let isValid = JSONScanner.isValid(mutant.span.bytes)
            // No JSON, or JSON that Foundation refuses: its error says no more than that.
            let judged = try? JSONSerialization.jsonObject(with: Data(mutant), options: .fragmentsAllowed)
            verdicts[isValid, default: 0] += 1
            if isValid != (judged != nil) {
                let excuses: [FoundationHabit] =
                    isValid
                    ? [.refusesLoneSurrogates, .refusesHugeNumbers] : [.takesOtherEncodings, .takesTrailingCommas]
                if !excuses.contains(where: { $0.shows(in: mutant) }) { disagreements.append(text(mutant)) }
            } else if isValid, answer?.code == .errcode(0), answer?.respData == .text {
                let expected = (judged as? [String: Any])?["resp_data"] as? String
                textsCompared += 1
                if expected.map({ Array($0.utf8) }) != respData, !FoundationHabit.dropsByteOrderMarks.shows(in: mutant)
                {
                    disagreements.append(text(mutant))
                }
            }
        }
        #expect(disagreements == [])
        // All of it was put to the test, and often.
        #expect(verdicts.count == 2 && verdicts.values.allSatisfy { $0 > 5_000 })
        #expect(textsCompared > 1_000)
    }

    @Test func `What the strict scanner reads, the lenient one reads alike`() throws {
        let samples = try AnswerFixture.all()
        var random = SplitMix64(state: 7)
        var objects = 0
        for _ in 0..<10_000 {
            let sample = try #require(samples.randomElement(using: &random))
            let mutant = random.mutant(of: sample.bytes)
            guard let strict = Scan(mutant, .strict).members else { continue }
            objects += 1
            #expect(Scan(mutant, .lenient).members == strict, "\(text(mutant))")
        }
        #expect(objects > 1_000)
    }

    private func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes, as: UTF8.self).debugDescription
    }
}

/// What JSONSerialization of swift-corelibs-foundation does otherwise than RFC 8259 says.
private enum FoundationHabit {
    /// It reads UTF-16 and UTF-32, told by a byte-order mark or by zeros among the first bytes, and skips UTF-8's mark.
    case takesOtherEncodings
    case takesTrailingCommas
    /// It refuses an escaped surrogate without its partner, which the grammar admits.
    case refusesLoneSurrogates
    /// It refuses a number that overflows a double.
    case refusesHugeNumbers
    /// It loses a U+FEFF in a string where it begins a piece between two escapes.
    case dropsByteOrderMarks

    func shows(in bytes: [UInt8]) -> Bool {
        let text = String(decoding: bytes, as: UTF8.self)
        return switch self {
        case .takesOtherEncodings:
            bytes.prefix(4).contains(0)
                || [[0xEF, 0xBB, 0xBF], [0xFE, 0xFF], [0xFF, 0xFE]].contains { bytes.starts(with: $0) }
        case .takesTrailingCommas: text.contains(/,\s*[\]}]/)
        case .refusesLoneSurrogates: text.contains(/\\u[dD][89a-fA-F]/)
        case .refusesHugeNumbers: text.contains(/[eE]\+?[0-9]{3}/)
        case .dropsByteOrderMarks: text.unicodeScalars.contains("\u{FEFF}")
        }
    }
}
