import Foundation
import Testing

/// An answer of WeChat's host as bytes, from `Fixtures/answers`.
struct AnswerFixture {
    let name: String
    let bytes: [UInt8]

    init(_ name: String) throws {
        let directory = try #require(Bundle.module.url(forResource: "Fixtures/answers", withExtension: nil))
        self.name = name
        bytes = Array(try Data(contentsOf: directory.appending(path: name)))
    }

    /// All of them, in the order of their names.
    static func all() throws -> [AnswerFixture] {
        let directory = try #require(Bundle.module.url(forResource: "Fixtures/answers", withExtension: nil))
        return try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted().map(AnswerFixture.init)
    }
}
