/// The members of one JSON object, found without reading into their values.
struct JSONObject {
    private let bytes: [UInt8]
    /// The last of repeated members counts.
    private var values: [String: Range<Int>] = [:]

    /// Nil when the bytes are not one JSON object.
    init?(_ bytes: [UInt8]) {
        self.init(bytes, in: 0..<bytes.count)
    }

    private init?(_ bytes: [UInt8], in range: Range<Int>) {
        self.bytes = bytes
        var scanner = JSONScanner(bytes, in: range)
        guard scanner.take("{") else { return nil }
        if !scanner.take("}") {
            repeat {
                guard let name = scanner.skipValue(), bytes[name.lowerBound] == UInt8(ascii: "\"") else { return nil }
                guard scanner.take(":"), let value = scanner.skipValue() else { return nil }
                values[String(decoding: Self.unescaped(bytes[name]), as: UTF8.self)] = value
            } while scanner.take(",")
            guard scanner.take("}") else { return nil }
        }
        guard scanner.isAtEnd else { return nil }
    }

    /// The bytes of a string member, unescaped; nil when it is absent or no string.
    func string(_ name: String) -> [UInt8]? {
        guard let value = values[name], bytes[value.lowerBound] == UInt8(ascii: "\"") else { return nil }
        return Self.unescaped(bytes[value])
    }

    func text(_ name: String) -> String? {
        string(name).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The text of a number member as it is written.
    func number(_ name: String) -> String? {
        guard let value = values[name] else { return nil }
        let first = bytes[value.lowerBound]
        guard first == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return nil }
        return String(decoding: bytes[value], as: UTF8.self)
    }

    func isTrue(_ name: String) -> Bool {
        values[name].map { bytes[$0.lowerBound] == UInt8(ascii: "t") } ?? false
    }

    func object(_ name: String) -> JSONObject? {
        values[name].flatMap { JSONObject(bytes, in: $0) }
    }

    /// The elements of a list member, strings without their quotes and everything else as it is written.
    func elements(_ name: String) -> [String]? {
        guard let value = values[name] else { return nil }
        var scanner = JSONScanner(bytes, in: value)
        guard scanner.take("[") else { return nil }
        var elements: [String] = []
        repeat {
            guard let element = scanner.skipValue() else { return elements }
            let isString = bytes[element.lowerBound] == UInt8(ascii: "\"")
            let text = isString ? Self.unescaped(bytes[element]) : Array(bytes[element])
            elements.append(String(decoding: text, as: UTF8.self))
        } while scanner.take(",")
        return elements
    }

    /// What a JSON string with its quotes, already checked, stands for.
    private static func unescaped(_ quoted: ArraySlice<UInt8>) -> [UInt8] {
        let content = quoted.dropFirst().dropLast()
        guard content.contains(UInt8(ascii: "\\")) else { return Array(content) }
        var output: [UInt8] = []
        output.reserveCapacity(content.count)
        var rest = content
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let escape = rest.popFirst() else {
                output.append(byte)
                continue
            }
            switch escape {
            case UInt8(ascii: "b"): output.append(0x08)
            case UInt8(ascii: "f"): output.append(0x0C)
            case UInt8(ascii: "n"): output.append(0x0A)
            case UInt8(ascii: "r"): output.append(0x0D)
            case UInt8(ascii: "t"): output.append(0x09)
            case UInt8(ascii: "u"): output += Array(String(takeScalar(&rest)).utf8)
            default: output.append(escape)
            }
        }
        return output
    }

    /// The scalar of a `\u` escape, or of two that are a surrogate pair; U+FFFD for half a pair.
    private static func takeScalar(_ rest: inout ArraySlice<UInt8>) -> Unicode.Scalar {
        let first = takeUnit(&rest)
        if (0xD800..<0xDC00).contains(first), rest.starts(with: Array("\\u".utf8)) {
            var after = rest.dropFirst(2)
            let second = takeUnit(&after)
            if (0xDC00..<0xE000).contains(second) {
                rest = after
                let combined = 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
                return Unicode.Scalar(combined) ?? "\u{FFFD}"
            }
        }
        return Unicode.Scalar(first) ?? "\u{FFFD}"
    }

    private static func takeUnit(_ rest: inout ArraySlice<UInt8>) -> UInt32 {
        let digits = String(decoding: rest.prefix(4), as: UTF8.self)
        rest = rest.dropFirst(4)
        return UInt32(digits, radix: 16) ?? 0xFFFD
    }
}
