internal import CRdKafka

/// A client's queue of events, with a wake-up when it is no longer empty.
@safe
struct EventQueue: ~Copyable {
    let raw: OpaquePointer
    /// Told by librdkafka, which has its address until this value dies.
    let board: WakeBoard
    /// A queue has to go before its client does.
    private let client: Client

    init(adopting raw: OpaquePointer, of client: Client, wake: @escaping @Sendable () -> Void) {
        unsafe self.raw = raw
        self.client = client
        board = WakeBoard(wake: wake)
        unsafe rd_kafka_queue_cb_event_enable(
            raw,
            { _, board in
                guard let board = unsafe board else { return }
                unsafe Unmanaged<WakeBoard>.fromOpaque(board).takeUnretainedValue().signal()
            },
            Unmanaged.passUnretained(board).toOpaque()
        )
    }

    borrowing func next() -> Event? {
        guard let event = unsafe rd_kafka_queue_poll(raw, 0) else { return nil }
        return unsafe Event(adopting: event)
    }

    /// The error of an event. A fatal one's own code is not in the event but in the client.
    borrowing func error(of event: borrowing Event) -> KafkaError? {
        guard let error = event.error, error.isFatal else { return event.error }
        return client.fatalError ?? error
    }

    deinit {
        unsafe rd_kafka_queue_cb_event_enable(raw, nil, nil)
        unsafe rd_kafka_queue_destroy(raw)
    }
}

/// One event of librdkafka, owned.
@safe
struct Event: ~Copyable {
    let raw: OpaquePointer

    init(adopting raw: OpaquePointer) {
        unsafe self.raw = raw
    }

    var kind: Int32 { unsafe rd_kafka_event_type(raw) }

    /// The event's error with the words that came with it.
    var error: KafkaError? {
        let words = unsafe rd_kafka_event_error_string(raw).map { unsafe String(cString: $0) }
        // Asked of any other kind of event, librdkafka 2.0.2 reads the answer from memory that means something else.
        let isFatal = unsafe kind == RD_KAFKA_EVENT_ERROR && rd_kafka_event_error_is_fatal(raw) != 0
        return unsafe KafkaError(rd_kafka_event_error(raw), reason: words, isFatal: isFatal)
    }

    deinit {
        unsafe rd_kafka_event_destroy(raw)
    }
}
