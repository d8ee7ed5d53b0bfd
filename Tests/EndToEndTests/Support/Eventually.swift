import Foundation

/// Something that a test waited for did not come.
struct Missing: Error, CustomStringConvertible {
    let description: String

    init(_ wanted: String) {
        description = "expected \(wanted)"
    }
}

/// Looks again and again until `look` finds something, at most for `limit`: generous, since the limit is no verdict
/// but only keeps a broken test from hanging.
func eventually<Found>(
    _ wanted: @autoclosure () -> String,
    within limit: Duration = .seconds(60),
    _ look: () async throws -> Found?
) async throws -> Found {
    let deadline = ContinuousClock.now + limit
    while true {
        if let found = try await look() { return found }
        // Looked at once more after the deadline: a process that was stopped meanwhile may have done its part.
        guard ContinuousClock.now < deadline else { break }
        try await Task.sleep(for: .milliseconds(20))
    }
    if let found = try await look() { return found }
    throw Missing("\(wanted()) within \(limit)")
}

/// Runs blocking work away from the threads that tests run on.
func blocking<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global().async { continuation.resume(with: Result { try work() }) }
    }
}
