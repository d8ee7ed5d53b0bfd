import RelayCore
import Testing

extension MachineBench {
    /// How many items a collection inside of the machine holds, by the names of its fields and its items' numbers.
    ///
    /// Memory that grows is not to be seen from outside, and a machine has no use for a count of what it should forget.
    func count(of path: String...) -> Int {
        var value: Any = machine
        for name in path {
            let children = Mirror(reflecting: value).children
            let child = Int(name).map { children.dropFirst($0).first } ?? children.first { $0.label == name }
            guard let child else {
                Issue.record("the machine has no \(path)")
                return .max
            }
            value = child.value
        }
        guard let collection = value as? any Collection else {
            Issue.record("\(path) is no collection")
            return .max
        }
        return collection.count
    }
}
