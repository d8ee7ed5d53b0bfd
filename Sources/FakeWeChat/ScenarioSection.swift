import RelayCore
import Yams

/// A mapping of the scenario file whose keys are known. Whatever is read from it wrongly is reported to its reader.
struct ScenarioSection {
    let reader: ScenarioReader
    let node: Node
    private let values: [String: Node]

    /// Nil when the node is no mapping, which is then reported. A key that is not in `keys` is reported; nil admits
    /// every key.
    init?(_ node: Node, called name: String, keys: [String]?, reader: ScenarioReader) {
        guard let mapping = node.mapping else {
            reader.report(node, "\(name): expected keys with values")
            return nil
        }
        self.reader = reader
        self.node = node
        var values: [String: Node] = [:]
        for (key, value) in mapping {
            guard let text = key.scalar?.string else {
                reader.report(key, "\(name): a key must be a word")
                continue
            }
            if let keys, !keys.contains(text) {
                reader.report(key, "unknown key '\(text)'; " + Self.suggestion(for: text, among: keys))
            } else {
                values[text] = value
            }
        }
        self.values = values
    }

    var names: [String] { values.keys.sorted() }

    subscript(key: String) -> Node? { values[key] }

    func section(_ key: String, keys: [String]?) -> ScenarioSection? {
        values[key].flatMap { ScenarioSection($0, called: key, keys: keys, reader: reader) }
    }

    /// The elements of a list, nil when the key is absent or has none.
    func list(_ key: String) -> [Node]? {
        guard let node = values[key] else { return nil }
        guard let sequence = node.sequence else {
            reader.report(node, "\(key): expected a list")
            return nil
        }
        return Array(sequence)
    }

    func text(_ key: String) -> String? {
        guard let node = values[key] else { return nil }
        guard let scalar = node.scalar else {
            reader.report(node, "\(key): expected a text")
            return nil
        }
        return scalar.string
    }

    func duration(_ key: String) -> Duration? {
        values[key].flatMap { reader.duration($0, called: key) }
    }

    /// A number of bytes.
    func size(_ key: String) -> Int? {
        read(key, as: "a size such as 4096, 512KiB or 1MiB", ScenarioScalar.size)
    }

    func count(_ key: String, in range: ClosedRange<Int> = 1...1_000_000_000) -> Int? {
        read(key, as: "a whole number from \(range.lowerBound) to \(range.upperBound)") { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    func integer(_ key: String) -> Int64? {
        read(key, as: "a whole number") { Int64($0) }
    }

    func seed(_ key: String) -> UInt64? {
        read(key, as: "a whole number from 0") { UInt64($0) }
    }

    func flag(_ key: String) -> Bool? {
        read(key, as: "true or false") { $0 == "true" ? true : $0 == "false" ? false : nil }
    }

    /// A part of the whole, 0 … 1.
    func share(_ key: String) -> Double? {
        read(key, as: "a share such as 3% or 0.03", ScenarioScalar.share)
    }

    func choice<Value: RawRepresentable<String> & CaseIterable>(_ key: String, of type: Value.Type) -> Value? {
        let words = type.allCases.map(\.rawValue).joined(separator: ", ")
        return read(key, as: "one of \(words)") { Value(rawValue: $0) }
    }

    private func read<Value>(_ key: String, as expected: String, _ parse: (String) -> Value?) -> Value? {
        guard let node = values[key] else { return nil }
        guard let text = node.scalar?.string else {
            reader.report(node, "\(key): expected \(expected)")
            return nil
        }
        guard let value = parse(text) else {
            reader.report(node, "\(key): expected \(expected), found '\(text)'")
            return nil
        }
        return value
    }

    private static func suggestion(for word: String, among known: [String]) -> String {
        let nearest = known.map { (key: $0, distance: editDistance(word, $0)) }.min { $0.distance < $1.distance }
        if let nearest, nearest.distance <= max(1, word.count / 3) { return "did you mean '\(nearest.key)'?" }
        return "known here: " + known.joined(separator: ", ")
    }

    /// Insertions, deletions, replacements and swaps of neighbours that make one word of the other.
    private static func editDistance(_ left: String, _ right: String) -> Int {
        let left = Array(left), right = Array(right)
        var rows = [Array(0...right.count)]
        for (row, character) in left.enumerated() {
            var line = [row + 1]
            for (column, other) in right.enumerated() {
                let replaced = rows[row][column] + (character == other ? 0 : 1)
                var best = min(replaced, rows[row][column + 1] + 1, line[column] + 1)
                if row > 0, column > 0, character == right[column - 1], left[row - 1] == other {
                    best = min(best, rows[row - 1][column - 1] + 1)
                }
                line.append(best)
            }
            rows.append(line)
        }
        return rows[left.count][right.count]
    }
}
