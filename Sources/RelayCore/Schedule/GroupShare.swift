/// A shard's part of what its app may do: its usable partitions of all that the app's pipelines consume.
///
/// The sum over the group's members is one, whoever they are: the group's own assignment is the only thing that they need
/// to have in common.
struct GroupShare: Equatable, Sendable {
    /// Partitions that are assigned here and whose owner before is surely gone.
    let part: Int
    /// All partitions; at least `part`.
    let whole: Int

    /// The part of a number of calls, rounded down.
    func of(_ calls: Int) -> Int {
        whole == 0 ? 0 : Int(Int128(calls) * Int128(part) / Int128(whole))
    }
}
