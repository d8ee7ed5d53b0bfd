import Kafka
import Testing

@Suite("Header block") struct HeaderBlockTests {
    private struct Stop: Error {}

    @Test("headers come back in order, with duplicates, null and empty values")
    func order() {
        var block = HeaderBlock()
        block.append("a", "1")
        block.append("a", bytes: [0xFF, 0x00])
        block.append("b", bytes: [UInt8]?.none)
        block.append("", "")
        block.append(name: "c".utf8.span.bytes, value: "3".utf8.span.bytes)
        #expect(block.list == [("a", [0x31]), ("a", [0xFF, 0]), ("b", nil), ("", []), ("c", [0x33])].map(Header.init))
        #expect(block.count == 5)
        #expect(block.byteCount == 8)
    }

    @Test("an emptied block holds nothing and fills anew")
    func emptied() {
        var block = HeaderBlock()
        block.append("old", "value")
        block.removeAll()
        #expect(block.isEmpty)
        #expect(block.list.isEmpty)
        block.append("new", "v")
        #expect(block.list == [Header("new", Array("v".utf8))])
    }

    @Test("throwing ends the walk")
    func early() {
        var block = HeaderBlock()
        block.append("a", "1")
        block.append("b", "2")
        var seen = 0
        #expect(throws: Stop.self) {
            try block.forEach { (_, _) throws(Stop) in
                seen += 1
                throw Stop()
            }
        }
        #expect(seen == 1)
    }
}

/// A header in values that a test can compare.
struct Header: Equatable {
    let name: String
    let value: [UInt8]?

    init(_ name: String, _ value: [UInt8]?) {
        self.name = name
        self.value = value
    }
}

extension HeaderBlock {
    var list: [Header] {
        var list: [Header] = []
        forEach { name, value in
            list.append(
                Header(name.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }, bytes(of: value))
            )
        }
        return list
    }
}

func bytes(of span: RawSpan?) -> [UInt8]? {
    guard let span else { return nil }
    return span.withUnsafeBytes { Array($0) }
}

extension Record where Self: ~Copyable {
    var key: [UInt8]? { withKey { bytes(of: $0) } }
    var value: [UInt8]? { withValue { bytes(of: $0) } }
}
