internal import CRdKafka

extension CommittedOffset {
    init(_ element: rd_kafka_topic_partition_t) {
        unsafe partition = TopicPartition(element)
        unsafe offset = Offset(found: element.offset)
        if let start = unsafe element.metadata, unsafe element.metadata_size > 0 {
            // librdkafka 2.0.2 copies what a broker answers up to the first NUL and keeps the length of the whole.
            let text = unsafe start.assumingMemoryBound(to: CChar.self)
            let length = unsafe strnlen(text, element.metadata_size)
            unsafe metadata = [UInt8](UnsafeRawBufferPointer(start: start, count: length))
        } else {
            metadata = nil
        }
        unsafe error = KafkaError(element.err)
    }
}
