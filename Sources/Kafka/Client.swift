internal import CRdKafka
internal import Logging

/// librdkafka's handle, alive as long as anything needs it: its owner, a look-up under way, a message not yet let go.
///
/// `rd_kafka_destroy` waits without end for a message that is not destroyed (librdkafka 2.0.2), so each message keeps
/// its client and the last one to go destroys it.
///
/// Unchecked, since librdkafka guarantees that a handle's functions can be called from any thread; what changes here is its
/// owner's, and read again only when nobody else is left.
@safe
final class Client: @unchecked Sendable {
    let raw: OpaquePointer
    /// Its address is in the interceptors, so it lives until the handle is destroyed.
    let commitGate = CommitGate()
    /// Its address is the handle's opaque, so it lives until the handle is destroyed.
    private let log: LogTarget
    /// Whether the group has assigned something to this member, if only nothing.
    var wasAssigned = false

    init(
        _ kind: rd_kafka_type_t,
        _ configuration: consuming Configuration,
        events: Int32,
        logger: Logger
    ) throws(KafkaError) {
        log = LogTarget(logger: logger)
        unsafe rd_kafka_conf_set_opaque(configuration.raw, Unmanaged.passUnretained(log).toOpaque())
        unsafe rd_kafka_conf_set_log_cb(configuration.raw, writeLog)
        unsafe rd_kafka_conf_set_events(configuration.raw, events)
        if kind == RD_KAFKA_CONSUMER {
            // A private name per client is not needed: the list of interceptors belongs to this configuration.
            try KafkaError.check(
                unsafe rd_kafka_conf_interceptor_add_on_new(
                    configuration.raw,
                    "commit-gate",
                    watchGroupRequests,
                    Unmanaged.passUnretained(commitGate).toOpaque()
                )
            )
        }
        unsafe raw = try configuration.open(kind)
    }

    /// The fatal error that was raised, if one was.
    var fatalError: KafkaError? {
        var text = [CChar](repeating: 0, count: 512)
        let code = unsafe rd_kafka_fatal_error(raw, &text, text.count)
        return KafkaError(code, reason: String(text: text), isFatal: true)
    }

    /// librdkafka before 2.3 ends the process when a consumer is destroyed between the answer to its first JoinGroup and its first
    /// assignment (its pull request 4381).
    private var canBeDestroyed: Bool {
        wasAssigned || !commitGate.isJoinAnswered || rd_kafka_version() >= 0x0203_0000
    }

    deinit {
        guard canBeDestroyed else {
            // Its threads live as long as the process, and what they call as well. It has left the group, unless it died.
            _ = unsafe Unmanaged.passRetained(commitGate)
            _ = unsafe Unmanaged.passRetained(log)
            return
        }
        unsafe rd_kafka_destroy(raw)
    }
}

/// Kafka protocol guide, "API keys".
private let joinGroupKey: Int16 = 11
private let syncGroupKey: Int16 = 14

/// Runs inside `rd_kafka_new`.
private func watchGroupRequests(
    client: OpaquePointer?,
    configuration: OpaquePointer?,
    gate: UnsafeMutableRawPointer?,
    text: UnsafeMutablePointer<CChar>?,
    textSize: Int
) -> rd_kafka_resp_err_t {
    let sent = unsafe rd_kafka_interceptor_add_on_request_sent(
        client,
        "commit-gate",
        { _, _, _, _, apiKey, _, _, _, gate in
            if apiKey == joinGroupKey, let gate = unsafe gate { unsafe commitGate(gate).close() }
            return RD_KAFKA_RESP_ERR_NO_ERROR
        },
        gate
    )
    guard sent == RD_KAFKA_RESP_ERR_NO_ERROR else { return sent }
    return unsafe rd_kafka_interceptor_add_on_response_received(
        client,
        "commit-gate",
        { _, _, _, _, apiKey, _, _, _, _, error, gate in
            guard let gate = unsafe gate else { return RD_KAFKA_RESP_ERR_NO_ERROR }
            switch apiKey {
            case joinGroupKey: if error == RD_KAFKA_RESP_ERR_NO_ERROR { unsafe commitGate(gate).noteJoinAnswer() }
            // Called twice an answer (2.0.2), so it must not count; a failed answer opens the gate as well, until the
            // next JoinGroup goes out.
            case syncGroupKey: unsafe commitGate(gate).open()
            default: break
            }
            return RD_KAFKA_RESP_ERR_NO_ERROR
        },
        gate
    )
}

/// Lent by the client that the interceptors belong to; librdkafka's threads end before it does.
private func commitGate(_ address: UnsafeMutableRawPointer) -> CommitGate {
    unsafe Unmanaged<CommitGate>.fromOpaque(address).takeUnretainedValue()
}
