import Kafka

/// A record to put on a request topic.
struct Request: Sendable {
    var key: [UInt8]?
    /// Nil for a tombstone.
    var value: [UInt8]?
    /// In order; a name may repeat, a value may be null.
    var headers: [(name: String, value: [UInt8]?)] = []
    /// Nil for one by the key.
    var partition: Int32?

    /// A record with this value.
    init(value: [UInt8]?, key: String? = nil, headers: [(String, String)] = [], partition: Int32? = nil) {
        self.key = key.map { Array($0.utf8) }
        self.value = value
        self.headers = headers.map { ($0.0, Array($0.1.utf8)) }
        self.partition = partition
    }

    /// A record with this text as value.
    init(_ text: String, key: String? = nil, headers: [(String, String)] = [], partition: Int32? = nil) {
        self.init(value: Array(text.utf8), key: key, headers: headers, partition: partition)
    }

    /// A request that the function `directed` answers with these outcomes, one after the other; its correlation id is
    /// `id`, too. An outcome is as `Directions` of the fake names it: `-1`, `0`, `"http 502"`, `"cut"`.
    static func directed(
        _ id: String,
        _ outcomes: [String] = [],
        more: String = "",
        key: String? = nil,
        headers: [(String, String)] = []
    ) -> Request {
        let words = outcomes.map { Int($0) == nil ? "\"\($0)\"" : $0 }.joined(separator: ",")
        let fake = outcomes.isEmpty ? "{\(more)}" : "{\"errcodes\":[\(words)]\(more.isEmpty ? "" : ",")\(more)}"
        return Request(
            "{\"id\":\"\(id)\",\"fake\":\(fake)}",
            key: key ?? id,
            headers: [("correlation-id", id)] + headers
        )
    }

    /// The headers as the producer takes them.
    var headerBlock: HeaderBlock {
        var block = HeaderBlock()
        for header in headers { block.append(header.name, bytes: header.value) }
        return block
    }
}
