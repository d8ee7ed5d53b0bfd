internal import CRdKafka

/// librdkafka's configuration object until a client takes it over.
@safe
struct Configuration: ~Copyable {
    let raw: OpaquePointer

    init() {
        guard let raw = unsafe rd_kafka_conf_new() else { fatalError("librdkafka has no memory for a configuration") }
        unsafe self.raw = raw
    }

    borrowing func set(_ name: String, to value: String) throws(PropertyError) {
        guard !name.utf8.contains(0), !value.utf8.contains(0) else {
            throw PropertyError(property: name, reason: "a NUL byte is not possible in a property")
        }
        var text = [CChar](repeating: 0, count: 512)
        let result = unsafe rd_kafka_conf_set(raw, name, value, &text, text.count)
        guard result != RD_KAFKA_CONF_OK else { return }
        var reason = String(text: text)
        // librdkafka quotes what it refuses, or as much of it as has room.
        if Properties.isSecret(name), value.isEmpty || reason.contains(value.prefix(4)) {
            reason = "the value is not possible (it is not shown, being a secret)"
        }
        throw PropertyError(property: name, reason: reason)
    }

    /// Makes the client, which owns the configuration from then on.
    consuming func open(_ kind: rd_kafka_type_t) throws(KafkaError) -> OpaquePointer {
        var text = [CChar](repeating: 0, count: 512)
        guard let client = unsafe rd_kafka_new(kind, raw, &text, text.count) else {
            let error = KafkaError(code: .init(rd_kafka_last_error()), reason: String(text: text))
            // Left where it is: librdkafka has destroyed the interceptors, which its copy shares with this one, and to
            // destroy them again is a crash (2.0.2).
            discard self
            throw error
        }
        discard self
        return unsafe client
    }

    deinit {
        unsafe rd_kafka_conf_destroy(raw)
    }
}

extension String {
    /// The text that librdkafka wrote into a buffer.
    init(text buffer: [CChar]) {
        self.init(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

extension Configuration {
    /// Sets several properties, a later one over an earlier one, for a client that is about to be made.
    borrowing func set(_ properties: [(name: String, value: String)]) throws(KafkaError) {
        for property in properties {
            do {
                try set(property.name, to: property.value)
            } catch {
                throw KafkaError(code: .invalidArgument, reason: error.description)
            }
        }
    }
}
