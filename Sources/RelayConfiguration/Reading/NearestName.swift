/// Finds what a mistyped name was meant to be.
enum NearestName {
    /// The candidate that the fewest edits lead to (a letter more, less, another, or two exchanged), the first of equals;
    /// nil when none is near.
    static func of(_ name: String, among candidates: [String]) -> String? {
        let limit = max(1, min(3, name.count / 3))
        let near = candidates.map { (name: $0, edits: edits(from: name, to: $0)) }.filter { $0.edits <= limit }
        return near.min { $0.edits < $1.edits }?.name
    }

    /// The optimal string alignment distance.
    static func edits(from left: String, to right: String) -> Int {
        let left = Array(left.lowercased())
        let right = Array(right.lowercased())
        var before: [Int] = []
        var last = Array(0...right.count)
        for row in 0..<left.count {
            var current = [row + 1]
            for column in 0..<right.count {
                var best = min(last[column + 1] + 1, current[column] + 1)
                best = min(best, last[column] + (left[row] == right[column] ? 0 : 1))
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    best = min(best, before[column - 1] + 1)
                }
                current.append(best)
            }
            (before, last) = (last, current)
        }
        return last[right.count]
    }
}
