/// A lost partition waits in limbo for its return: it keeps all that it has, and does nothing that anybody sees.
extension PartitionState {
    /// Calls that are under way may end with an outcome or with another attempt to come.
    var keepsRequests: Bool { phase == .active || phase == .limbo }

    mutating func enterLimbo(as id: PartitionID, until end: MonotonicTime) {
        self.id = id
        phase = .limbo
        limboEnds = end
        isHeldBack = true
        isStarved = false
        waitsForLine = false
        commitWish = .none
    }

    /// Whether what the group has committed is this state's own last word, so that nobody else has called anything since:
    /// before its first call another owner commits a nonce of its own.
    ///
    /// The last word is the last commit that was acknowledged, or one begun after it whose answer did not come in time: the
    /// brokers may have stored it. An older one of its own says that the brokers have lost commits, and then perhaps those
    /// of another owner as well.
    func isLastWord(committed: Offset?, _ inheritance: Inheritance) -> Bool {
        guard let committed, case .records(let metadata) = inheritance, metadata.nonce == nonce else { return false }
        return committed == self.committed || committed == offeredPosition
    }

    /// Goes on under another assignment. The nonce stays: it names this state, not the member's time.
    mutating func resume(_ assignment: AssignedPartition, sharesFrom: MonotonicTime) {
        id = assignment.id
        phase = .active
        limboEnds = nil
        committed = assignment.committed
        committedChanges = nil
        offeredLimit = nil
        self.sharesFrom = sharesFrom
    }
}
