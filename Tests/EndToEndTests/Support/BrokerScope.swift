import Testing

/// Starts a broker before a suite and stops it after.
struct BrokerScope: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await TestBroker.withBroker { broker in
            try await TestBroker.$current.withValue(broker) { try await function() }
        }
    }
}

extension Trait where Self == BrokerScope {
    /// The suite has a broker: `TestBroker.current`.
    static var broker: BrokerScope { BrokerScope() }
}
