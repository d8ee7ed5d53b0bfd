import RelayCore
import Testing

@Suite("Header block") struct HeaderBlockTests {
    @Test("headers come back in their order, null and empty ones told apart")
    func order() {
        var block = HeaderBlock()
        let name = Array("own".utf8)
        let value: [UInt8] = [0, 0xFF]
        block.append(name: name.span.bytes, value: value.span.bytes)
        block.append(name: name.span.bytes, value: nil)
        block.append(name: "empty", value: "")
        block.append(name: "number", value: -12)
        block.append(name: "text", value: "你")
        #expect(block.lines == ["own: \0\u{FFFD}", "own", "empty: ", "number: -12", "text: 你"])
        #expect(block.entries.count == 5)
        #expect(block.entries.first?.value.map { Array(block.bytes[$0]) } == value)
    }

    @Test("a block is reused without a trace of what it held")
    func reuse() {
        var block = HeaderBlock()
        block.append(name: "a", value: "b")
        block.removeAll(keepingCapacity: true)
        #expect(block == HeaderBlock())
        #expect(block.lines.isEmpty)
    }
}
