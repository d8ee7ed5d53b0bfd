internal import CRdKafka
internal import Logging

/// Where a client's log goes.
///
/// By callback and not through the event queue (`log.queue`): lines of a client that is being made or destroyed would
/// miss it and end on standard error, each line would wake the owner, and writing them would be its loop's work.
final class LogTarget: Sendable {
    fileprivate let logger: Logger

    init(logger: Logger) {
        self.logger = logger
    }
}

/// On any thread of librdkafka; swift-log's handlers take calls from all threads.
func writeLog(
    client: OpaquePointer?,
    level: Int32,
    facility: UnsafePointer<CChar>?,
    text: UnsafePointer<CChar>?
) {
    guard let client = unsafe client, let text = unsafe text, let opaque = unsafe rd_kafka_opaque(client) else {
        return
    }
    // The client keeps its target until the handle is destroyed, and with it its threads.
    let target = unsafe Unmanaged<LogTarget>.fromOpaque(opaque).takeUnretainedValue()
    let source = unsafe facility.map { unsafe String(cString: $0) } ?? ""
    unsafe target.logger.log(
        level: Logger.Level(syslog: level),
        "\(String(cString: text))",
        metadata: ["librdkafka": "\(source)"]
    )
}

extension Logger.Level {
    /// syslog's levels (RFC 5424, section 6.2.1), as librdkafka uses them.
    fileprivate init(syslog level: Int32) {
        switch level {
        case ...2: self = .critical
        case 3: self = .error
        case 4: self = .warning
        case 5: self = .notice
        case 6: self = .info
        default: self = .debug
        }
    }
}
