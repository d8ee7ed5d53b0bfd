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
        var words: [String] = []
        if !text.hasPrefix("hold closed") {
            for name in ["errmsg", "detail", "error"] {
                guard let value = event.metadata?[name]?.description, !text.contains(value) else { continue }
                words.append(value)
            }
        }
        let line = "relay    \(text)" + (words.isEmpty ? "" : " (\(words.joined(separator: "; ")))")
        // One line an event, whatever a peer's words hold.
        Console.out(line.replacing("\n", with: " "))
    }
}
