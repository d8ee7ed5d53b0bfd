import Logging

/// The relay's log in a demo: what a person would want to see between the requests and replies.
///
/// Holds and troubles of the relay pass; its small talk and librdkafka's lines do not.
struct DemoLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.notice

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        guard event.metadata?["librdkafka"] == nil else { return }
        let text = event.message.description
        guard event.level >= .warning || text.hasPrefix("hold") else { return }
        var words = ""
        for name in ["code", "errmsg", "detail", "error"] {
            guard let value = event.metadata?[name], !text.contains(value.description) else { continue }
            words += words.isEmpty ? " (\(value)" : "; \(value)"
        }
        Console.out("relay    \(text)\(words.isEmpty ? "" : words + ")")")
    }
}
