internal import CRdKafka
public import Logging

/// Writes records, each acknowledged by all in-sync replicas and in order, from one thread or event loop.
///
/// **Waking up.** When delivery reports or errors are there, `wake` is called, on one of librdkafka's threads, once until
/// the owner has called ``drain(_:)``.
///
/// **A fatal error is an ordinary event**: a broker's restart can bring it. Then ``drain(_:)`` until ``outstanding`` is 0
/// (``purge()`` when it does not come to that), drop this producer, make a new one and produce again whatever was not
/// reported delivered.
@safe
public struct Producer: ~Copyable {
    private let client: Client
    private let events: EventQueue
    private let topics: TopicHandles
    /// librdkafka's arguments, filled anew for each message.
    private let arguments: UnsafeMutableBufferPointer<rd_kafka_vu_t>

    /// Makes a producer; it connects by itself and goes on trying.
    ///
    /// - Parameters:
    ///   - properties: `bootstrap.servers` and any other; consumers' own are left out. Whatever they say, it is
    ///     idempotent with `acks=all`. Unless they say otherwise a message never expires (`message.timeout.ms=0`), the
    ///     partitioner is Java's (`murmur2_random`) and an unknown topic is reported after 5 s
    ///     (`topic.metadata.propagation.max.ms`). By librdkafka's default a failed message does not stop those behind it
    ///     (`enable.gapless.guarantee=false`).
    ///   - logger: Gets librdkafka's log, on librdkafka's threads.
    ///   - wake: Called on a librdkafka thread that holds a lock: it may only hand over to the owner's thread.
    /// - Throws: What librdkafka has against the properties together.
    public init(_ properties: Properties, logger: Logger, wake: @escaping @Sendable () -> Void) throws(KafkaError) {
        let configuration = Configuration()
        try configuration.set(Self.defaults + properties.of(.producer) + Self.required)
        let client = try Client(
            RD_KAFKA_PRODUCER,
            configuration,
            events: RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_STATS,
            logger: logger
        )
        guard let queue = unsafe rd_kafka_queue_get_main(client.raw) else { throw KafkaError(code: .state) }
        let events = unsafe EventQueue(adopting: queue, of: client, wake: wake)
        self.client = client
        self.events = events
        topics = TopicHandles(of: client)
        unsafe arguments = .allocate(capacity: 7)
        unsafe arguments.initialize(repeating: rd_kafka_vu_t())
    }

    private static let defaults = [
        ("message.timeout.ms", "0"),
        ("partitioner", "murmur2_random"),
        ("topic.metadata.propagation.max.ms", "5000"),
    ]

    private static let required = [
        ("enable.idempotence", "true"),
        ("acks", "all"),
    ]

    /// How many messages were taken and not yet reported; errors that wait for ``drain(_:)`` count as well
    /// (`rd_kafka_outq_len`).
    public var outstanding: Int { unsafe Int(rd_kafka_outq_len(client.raw)) }

    /// Asks the brokers for a topic's partitions, so that the first record for it need not wait for them.
    ///
    /// - Parameter topic: The topic's name. One that the brokers do not have may be created by them.
    /// - Throws: What librdkafka has against the name.
    public borrowing func prepare(topic: String) throws(KafkaError) {
        _ = unsafe try topics.handle(of: topic)
    }

    /// Takes a record over; its bytes are copied. ``ProducerEvent/delivered(_:)`` tells how it ended.
    ///
    /// - Parameters:
    ///   - topic: The topic's name. One that the brokers do not have may be created by them, so look it up first.
    ///   - partition: The partition, or nil for one by the key.
    ///   - key: The key; nil for none, which is not an empty one.
    ///   - value: The value; nil for a tombstone, which is not an empty one.
    ///   - headers: The headers, in order; nil for none.
    ///   - tag: Comes back with the report.
    /// - Throws: ``KafkaError/Code/queueFull`` when there is no room until reports come,
    ///   ``KafkaError/Code/messageTooLarge``, ``KafkaError/Code/unknownTopic``, ``KafkaError/Code/unknownPartition``, or
    ///   the fatal error after one.
    public borrowing func produce(
        topic: String,
        partition: Int32? = nil,
        key: RawSpan?,
        value: RawSpan?,
        headers: consuming HeaderList? = nil,
        tag: UInt64
    ) throws(KafkaError) {
        let topic = unsafe try topics.handle(of: topic)
        func take(_ list: OpaquePointer?) -> OpaquePointer? {
            unsafe withAddress(of: key) { key in
                unsafe withAddress(of: value) { value in
                    unsafe enqueue(topic, partition ?? RD_KAFKA_PARTITION_UA, key, value, list, tag)
                }
            }
        }
        let failure: OpaquePointer?
        if let list = headers {
            unsafe failure = list.handOver { unsafe take($0) }
        } else {
            unsafe failure = take(nil)
        }
        if let error = unsafe KafkaError(adopting: failure) { throw error }
    }

    /// Takes a record over with the headers of a block.
    public borrowing func produce(
        topic: String,
        partition: Int32? = nil,
        key: RawSpan?,
        value: RawSpan?,
        headers: borrowing HeaderBlock,
        tag: UInt64
    ) throws(KafkaError) {
        let list = headers.isEmpty ? nil : HeaderList(copying: headers)
        try produce(topic: topic, partition: partition, key: key, value: value, headers: list, tag: tag)
    }

    /// Takes all reports and events that are there; from here on `wake` is called again. `body` may produce.
    public borrowing func drain(_ body: (ProducerEvent) -> Void) {
        events.board.rearm()
        while let event = events.next() {
            switch event.kind {
            case RD_KAFKA_EVENT_DR:
                // These messages belong to the event.
                while let message = unsafe rd_kafka_event_message_next(event.raw) {
                    unsafe body(.delivered(DeliveryReport(message)))
                }
            case RD_KAFKA_EVENT_STATS:
                if let text = unsafe rd_kafka_event_stats(event.raw) {
                    unsafe body(.statistics(String(cString: text)))
                }
            default:
                if let error = events.error(of: event) { body(.error(error)) }
            }
        }
    }

    /// Gives all outstanding messages up; each is reported with ``KafkaError/Code/purgedFromQueue`` or
    /// ``KafkaError/Code/purgedInFlight``.
    public borrowing func purge() {
        // The only error is that of a consumer's handle.
        _ = unsafe rd_kafka_purge(
            client.raw,
            RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING
        )
    }

    private borrowing func enqueue(
        _ topic: OpaquePointer,
        _ partition: Int32,
        _ key: UnsafeRawBufferPointer,
        _ value: UnsafeRawBufferPointer,
        _ headers: OpaquePointer?,
        _ tag: UInt64
    ) -> OpaquePointer? {
        unsafe arguments[0] = rd_kafka_vu_t(vtype: RD_KAFKA_VTYPE_RKT, u: .init(rkt: topic))
        unsafe arguments[1] = rd_kafka_vu_t(vtype: RD_KAFKA_VTYPE_PARTITION, u: .init(i32: partition))
        unsafe arguments[2] = rd_kafka_vu_t(vtype: RD_KAFKA_VTYPE_MSGFLAGS, u: .init(i: RD_KAFKA_MSG_F_COPY))
        unsafe arguments[3] = rd_kafka_vu_t(vtype: RD_KAFKA_VTYPE_OPAQUE, u: .init(ptr: .init(bitPattern: UInt(tag))))
        unsafe arguments[4] = rd_kafka_vu_t(
            vtype: RD_KAFKA_VTYPE_KEY,
            u: .init(mem: .init(ptr: .init(mutating: key.baseAddress), size: key.count))
        )
        unsafe arguments[5] = rd_kafka_vu_t(
            vtype: RD_KAFKA_VTYPE_VALUE,
            u: .init(mem: .init(ptr: .init(mutating: value.baseAddress), size: value.count))
        )
        unsafe arguments[6] = rd_kafka_vu_t(vtype: RD_KAFKA_VTYPE_HEADERS, u: .init(headers: headers))
        return unsafe rd_kafka_produceva(client.raw, arguments.baseAddress, headers == nil ? 6 : 7)
    }

    deinit {
        unsafe arguments.deallocate()
    }
}

extension DeliveryReport {
    init(_ message: UnsafePointer<rd_kafka_message_t>) {
        unsafe tag = UInt64(UInt(bitPattern: message.pointee._private))
        unsafe error = KafkaError(message.pointee.err)
        switch unsafe rd_kafka_message_status(message) {
        case RD_KAFKA_MSG_STATUS_PERSISTED: persistence = .yes
        case RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED: persistence = .possibly
        default: persistence = .no
        }
        unsafe partition = message.pointee.partition >= 0 ? message.pointee.partition : nil
        unsafe offset = error == nil ? Offset(found: message.pointee.offset) : nil
    }
}
