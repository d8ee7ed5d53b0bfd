import Foundation
import Kafka

/// A record that was read from a reply or dead-letter topic.
struct ReadRecord: Sendable, CustomStringConvertible {
    let place: TopicPlace
    let key: [UInt8]?
    let value: [UInt8]?
    let headers: [(name: String, value: [UInt8]?)]

    init(_ record: CopiedRecord) {
        place = TopicPlace(topic: record.topic, partition: record.partition, offset: record.offset.value)
        key = record.withKey { Self.bytes($0) }
        value = record.withValue { Self.bytes($0) }
        var headers: [(name: String, value: [UInt8]?)] = []
        record.forEachHeader { name, value in
            headers.append((String(decoding: Self.bytes(name) ?? [], as: UTF8.self), Self.bytes(value)))
        }
        self.headers = headers
    }

    /// The value of the last header with this name as text; nil without one.
    subscript(name: String) -> String? {
        headers.last { $0.name == name }?.value.map { String(decoding: $0, as: UTF8.self) }
    }

    /// The names of all headers, in order.
    var headerNames: [String] { headers.map(\.name) }

    /// The header `wxrelay-correlation-id`.
    var id: String { self["wxrelay-correlation-id"] ?? "" }

    var isOK: Bool { self["wxrelay-status"] == "ok" }

    /// The value as text.
    var text: String { String(decoding: value ?? [], as: UTF8.self) }

    /// The value as a failure document.
    var document: FailureDocument {
        get throws { try FailureDocument(value ?? []) }
    }

    var description: String {
        let words = headers.map { "\($0.name)=\(String(decoding: $0.value ?? [], as: UTF8.self))" }
        return "\(place) [\(words.joined(separator: ", "))] \(text.prefix(600))"
    }

    private static func bytes(_ span: RawSpan?) -> [UInt8]? {
        guard let span else { return nil }
        return span.withUnsafeBytes { Array($0) }
    }
}

/// The value of a failure reply.
struct FailureDocument: Sendable {
    /// The names of its members, in alphabetical order.
    let members: [String]
    private let object: [String: JSON]

    enum JSON: Decodable, Equatable, Sendable {
        case text(String)
        case number(Int)
        case flag(Bool)
        case object([String: JSON])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            // A failed try says that the value is something else.
            if let flag = try? container.decode(Bool.self) {
                self = .flag(flag)
                // As above.
            } else if let number = try? container.decode(Int.self) {
                self = .number(number)
                // As above.
            } else if let text = try? container.decode(String.self) {
                self = .text(text)
            } else {
                self = .object(try container.decode([String: JSON].self))
            }
        }
    }

    init(_ bytes: [UInt8]) throws {
        object = try JSONDecoder().decode([String: JSON].self, from: Data(bytes))
        members = object.keys.sorted()
    }

    subscript(name: String) -> JSON? { object[name] }

    var reason: String? { text("reason") }
    var errcode: Int? { if case .number(let number) = object["errcode"] { number } else { nil } }

    func text(_ name: String) -> String? {
        if case .text(let text) = object[name] { text } else { nil }
    }
}
