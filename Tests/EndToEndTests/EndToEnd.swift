import Testing

/// The contract on a real broker, a real HTTP server and the shipped binary. One broker serves all suites in here, one
/// test at a time.
@Suite("End to end", .serialized, .broker) enum EndToEnd {}
