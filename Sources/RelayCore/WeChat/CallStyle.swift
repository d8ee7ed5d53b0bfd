/// How a call tells WeChat what to run. The raw value is the word that users write: `call-style`.
package enum CallStyle: String, CaseIterable, Hashable, Codable, Sendable {
    /// Environment and function stand in the query, and the function's input is the body (docs, page
    /// invokeCloudFunction; all SDKs that have the call).
    case query
    /// The body is `{"env","name","req_data"}`, with the function's input as a JSON string (docs, page
    /// api_invokecloudfunction).
    case body
}
