internal import CRdKafka

/// librdkafka's list of partitions, owned.
@safe
struct PartitionList: ~Copyable {
    let raw: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    init(capacity: Int) {
        guard let raw = unsafe rd_kafka_topic_partition_list_new(Int32(clamping: capacity)) else {
            fatalError("librdkafka has no memory for a list of \(capacity) partitions")
        }
        unsafe self.raw = raw
    }

    init(_ partitions: some Collection<TopicPartition>, offset: Int64 = Int64(RD_KAFKA_OFFSET_INVALID)) {
        self.init(capacity: partitions.count)
        for partition in partitions { append(partition, offset: offset) }
    }

    borrowing func append(_ partition: TopicPartition, offset: Int64, metadata: [UInt8]? = nil) {
        guard let element = unsafe rd_kafka_topic_partition_list_add(raw, partition.topic, partition.partition) else {
            fatalError("librdkafka has no memory for a partition")
        }
        unsafe element.pointee.offset = offset
        guard let metadata, !metadata.isEmpty else { return }
        guard let copy = unsafe malloc(metadata.count) else { fatalError("no memory for a commit's metadata") }
        unsafe UnsafeMutableRawBufferPointer(start: copy, count: metadata.count).copyBytes(from: metadata)
        // librdkafka frees it with the list.
        unsafe element.pointee.metadata = unsafe copy
        unsafe element.pointee.metadata_size = metadata.count
    }

    deinit {
        unsafe rd_kafka_topic_partition_list_destroy(raw)
    }
}

extension Array {
    /// Reads a list that somebody else owns; none for NULL.
    init(
        reading list: UnsafePointer<rd_kafka_topic_partition_list_t>?,
        _ element: (rd_kafka_topic_partition_t) -> Element
    ) {
        self = []
        guard let list = unsafe list, let elements = unsafe list.pointee.elems else { return }
        let count = unsafe Int(list.pointee.cnt)
        reserveCapacity(count)
        for index in 0..<count { unsafe append(element(elements[index])) }
    }
}

extension TopicPartition {
    init(_ element: rd_kafka_topic_partition_t) {
        unsafe self.init(topic: String(cString: element.topic), partition: element.partition)
    }
}
