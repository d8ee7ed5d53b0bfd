/// Tells from looks at files, taken now and then, when they have changed and are as they were meant to be: a change counts
/// once two looks in a row show the same, so that a file that is just being written is not read half.
///
/// It reads nothing itself. A look is whatever tells two states of a file apart; a file that is not there has none.
package struct FileWatch<Look: Equatable & Sendable>: Sendable {
    /// At the last time that a reload was due.
    private var taken: [String: Look]?
    private var last: [String: Look]?

    package init() {}

    /// Whether to read the files now, as these looks, by path, show them.
    ///
    /// Due is the first time too: a file may have changed between its reading at the start and the first look at it.
    package mutating func isDue(_ looks: [String: Look]) -> Bool {
        defer { last = looks }
        guard looks == last, looks != taken else { return false }
        taken = looks
        return true
    }
}
