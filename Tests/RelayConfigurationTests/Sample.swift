import RelayConfiguration

/// A configuration that says nothing but what it must, and ways to read it and variations of it.
enum Sample {
    static let minimal = """
        kafka: {bootstrap.servers: b1:9092}
        group: orders-relay
        apps:
          main:
            app-id: wx0123456789abcdef
            app-secret: ${SECRET}
        pipelines:
          orders:
            env: prod-1a2b
            function: createOrder
            request: {topic: orders.requests}
            reply: {topic: orders.replies}

        """

    static let environment = ["SECRET": "hush", "EMPTY": ""]

    /// Reads a text; librdkafka's list is stood in for by a rule that refuses names beginning with `no.such.`.
    static func parse(
        _ text: String,
        environment: [String: String] = environment
    ) throws(ConfigurationProblems) -> Configuration {
        try Configuration.parse(text, file: "f.yaml", environment: environment) { name, _ in
            name.hasPrefix("no.such.") ? "No such configuration property" : nil
        }
    }

    /// The problems of a text, as they are printed; none when it is right.
    static func problems(_ text: String) -> [String] {
        do {
            _ = try parse(text)
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    /// The minimal configuration with a piece of its text replaced by another.
    static func minimal(_ piece: String, _ other: String) -> String {
        precondition(minimal.contains(piece), "the sample has no '\(piece)'")
        return minimal.replacing(piece, with: other)
    }
}
