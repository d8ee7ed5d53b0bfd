/// Where in a JSON document the token stands: names of members, from the outermost one in.
package struct TokenPath: Hashable, Sendable, CustomStringConvertible {
    /// At least one, none of them empty.
    package let names: [String]

    /// Where WeChat's own answers have it.
    package static let accessToken = TokenPath(names: ["access_token"])

    private init(names: [String]) {
        self.names = names
    }

    /// Reads `data.access_token` or `$.data.access_token`: names divided by dots, which no name can hold. Nil when a name
    /// is empty.
    package init?(_ text: String) {
        let rest = text.hasPrefix("$.") ? text.dropFirst(2) : text[...]
        let names = rest.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard names.allSatisfy({ !$0.isEmpty }) else { return nil }
        self.names = names
    }

    package var description: String { names.joined(separator: ".") }
}
