/// What a call is addressed to.
package struct CallAddress: Equatable, Sendable {
    /// The app that the call goes through, as an index into `Policy.apps`.
    package let app: Int
    package let environment: String
    package let function: String
    /// The number of this HTTP request among the record's, from 1; those of owners before count as far as they told.
    package let attempt: Int
    /// `inject.member` of the pipeline.
    package let injectMember: String?
}

extension RelayMachine {
    /// Up to where each assigned partition is done.
    package var commitPositions: [PartitionID: Offset] {
        var positions: [PartitionID: Offset] = [:]
        for state in partitions.states { positions[state.id] = state.ledger.commitPosition }
        return positions
    }

    /// The app that a request's calls go through.
    package func app(of id: RequestID) -> Int {
        targets[requests[id.index].target].address.app
    }

    /// What a request's call is addressed to.
    package func address(of id: RequestID) -> CallAddress {
        let target = requests[id.index].target
        return CallAddress(
            app: targets[target].address.app,
            environment: targets[target].address.environment,
            function: targets[target].address.function,
            attempt: requests[id.index].attemptsBefore + requests[id.index].attempts,
            injectMember: policy.pipelines[requests[id.index].pipeline].injectMember
        )
    }
}
