/// What the fake WeChat counted since it was started.
package struct Statistics: Hashable, Sendable {
    /// The calls of one function.
    package struct Function: Hashable, Sendable {
        /// Calls that came to the function, those refused for its concurrency limit too.
        package var calls = 0
        package var ran = 0
        package var underWay = 0
        package var highestConcurrency = 0
        /// Ended calls by `CallOutcome`'s text: an errcode such as `0` or `-1`, `http 502`, `closed`, `cut`,
        /// `disconnected`.
        package var outcomes: [String: Int] = [:]

        package init() {}
    }

    /// HTTP requests, without those to `/_fake/`.
    package var requests = 0
    package var functions: [String: Function] = [:]
    /// Calls that reached no function, by errcode or `http N`.
    package var refusals: [String: Int] = [:]
    /// Calls under way in all functions together.
    package var highestConcurrency = 0
    /// Requests to the two token endpoints, and what those got that got no token.
    package var tokenRequests = 0
    package var tokenRefusals: [String: Int] = [:]
    package var tokensIssued = 0
    package var connectionsAccepted = 0
    package var connectionsOpen = 0

    package init() {}

    /// Calls of all functions together.
    package var calls: Int { functions.values.reduce(0) { $0 + $1.calls } }
}
