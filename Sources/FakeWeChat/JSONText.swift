/// JSON as the fake WeChat writes it.
enum JSONText {
    /// Appends the bytes as one JSON string: quote, backslash and control characters are escaped, all else goes
    /// through unchanged, also what is no UTF-8.
    static func appendQuoted(_ bytes: [UInt8], to output: inout [UInt8]) {
        output.reserveCapacity(output.count + bytes.count + bytes.count / 8 + 2)
        output.append(UInt8(ascii: "\""))
        bytes.withUnsafeBufferPointer { bytes in
            var clean = 0
            for index in 0..<bytes.count {
                let byte = bytes[index]
                if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { continue }
                output.append(contentsOf: bytes[clean..<index])
                appendEscape(byte, to: &output)
                clean = index + 1
            }
            output.append(contentsOf: bytes[clean..<bytes.count])
        }
        output.append(UInt8(ascii: "\""))
    }

    /// The text as one JSON string.
    static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = []
        appendQuoted(Array(text.utf8), to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// An object of members whose values are JSON already, in this order.
    static func object(_ members: [(name: String, value: String)]) -> String {
        "{" + members.map { quoted($0.name) + ":" + $0.value }.joined(separator: ",") + "}"
    }

    private static func appendEscape(_ byte: UInt8, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): output.append(byte)
        case UInt8(ascii: "\n"): output.append(UInt8(ascii: "n"))
        case UInt8(ascii: "\r"): output.append(UInt8(ascii: "r"))
        case UInt8(ascii: "\t"): output.append(UInt8(ascii: "t"))
        default:
            let digits = Array("0123456789abcdef".utf8)
            output += Array("u00".utf8)
            output.append(digits[Int(byte >> 4)])
            output.append(digits[Int(byte & 15)])
        }
    }
}
