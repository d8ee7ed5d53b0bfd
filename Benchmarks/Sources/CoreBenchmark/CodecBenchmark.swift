import RelayCore

/// What reading and writing costs: requests, answers, replies, and what a commit carries.
enum CodecBenchmark {
    /// Measures all operations in turn.
    ///
    /// - Parameter rounds: how often.
    static func run(rounds: Int) {
        let operations = requests() + scans() + answers() + replies() + commits()
        let counts = operations.map { operation in
            operation.repeated(100)
            let start = threadTime()
            operation.repeated(100)
            // Ten milliseconds each.
            return max(100, Int(1e9 / Double(max(1, threadTime() - start))))
        }
        var costs = [Rounds](repeating: Rounds(), count: operations.count)
        for _ in 0..<rounds {
            for (index, operation) in operations.enumerated() {
                let start = threadTime()
                operation.repeated(counts[index])
                costs[index].append(Double(threadTime() - start) / Double(counts[index]))
            }
        }
        printTable(
            ["operation", "bytes", "ns", "MB/s"],
            operations.indices.map { index in
                let bytes = operations[index].bytes
                let rate = Double(bytes) * 1e3 / costs[index].median
                return [operations[index].name, decimal(Double(bytes), 0), costs[index].text(), decimal(rate, 0)]
            }
        )
    }

    /// One thing that is measured.
    private struct Operation {
        let name: String
        /// Bytes that it reads or writes.
        let bytes: Int
        let body: () -> Void

        func repeated(_ count: Int) {
            for _ in 0..<count { body() }
        }
    }

    // MARK: In

    private static func requests() -> [Operation] {
        let start = Array("{\"correlationId\":\"c1\",\"function\":\"createOrder\",\"data\":".utf8)
        let envelope = start + Sample.order + Array("}".utf8)
        return [
            decoding("request, raw", Sample.order, .raw),
            decoding("request, envelope", envelope, .envelope),
        ]
    }

    private static func decoding(_ name: String, _ value: [UInt8], _ format: RequestFormat) -> Operation {
        var pipeline = Sample.pipeline
        pipeline.request.format = format
        var decoder = RequestDecoder(consumedTopics: ["requests"])
        var head = RequestHead()
        return Operation(name: name, bytes: value.count) {
            let decoding = Sample.decode(value, pipeline, &decoder, &head)
            require(decoding == .request, "the sample is no request")
        }
    }

    private static func scans() -> [Operation] {
        [Sample.order, Sample.large].map { text in
            Operation(name: "JSON, its members found", bytes: text.count) {
                var members = 0
                do throws(JSONProblem) {
                    try JSONScanner.scanObject(text.span.bytes, .strict) { _, _ in members += 1 }
                } catch {
                    preconditionFailure("the sample is no object: \(error)")
                }
                consume(members)
            }
        }
    }

    private static func answers() -> [Operation] {
        let refusal = Array(
            "{\"errcode\":-504002,\"errmsg\":\"functions execute fail rid: 5f3c1a2b-0a1b2c3d-4e5f6a7b\"}".utf8
        )
        return [
            reading("answer, a reply in it", Sample.answer(Sample.order), 0),
            reading("answer, a large reply in it", Sample.answer(Sample.large), 0),
            reading("answer, an error", refusal, -504_002),
        ]
    }

    private static func reading(_ name: String, _ body: [UInt8], _ code: Int64) -> Operation {
        var respData: [UInt8] = []
        return Operation(name: name, bytes: body.count) {
            let answer = AnswerReader.read(status: 200, body: body.span.bytes, respData: &respData)
            require(answer.code == .errcode(code), "the sample says \(answer.code)")
        }
    }

    // MARK: Out

    private static func replies() -> [Operation] {
        var decoder = RequestDecoder(consumedTopics: ["requests"])
        var head = RequestHead()
        require(Sample.decode(Sample.order, Sample.pipeline, &decoder, &head) == .request, "no request")
        let kept = head
        let source = RecordSource(topic: "requests", partition: 3, offset: 123_456)
        var headers = HeaderMeasure()
        ReplyHeaders.write(Sample.success, kept, source, into: &headers)
        var document: [UInt8] = []
        FailureDocument.write(Sample.failure, kept, source, into: &document)
        return [
            Operation(name: "reply headers", bytes: headers.byteCount) {
                headers = HeaderMeasure()
                ReplyHeaders.write(Sample.success, kept, source, into: &headers)
                consume(headers.byteCount)
            },
            Operation(name: "failure document", bytes: document.count) {
                document.removeAll(keepingCapacity: true)
                FailureDocument.write(Sample.failure, kept, source, into: &document)
                consume(document.count)
            },
        ]
    }

    private static func commits() -> [Operation] {
        let metadata = Sample.commit(open: 1_000)
        let text = metadata.encoded()
        return [
            Operation(name: "commit of 1,000 open, written", bytes: text.count) { consume(metadata.encoded().count) },
            Operation(name: "commit of 1,000 open, read", bytes: text.count) {
                guard case .success(let read) = CommitMetadata.decode(text) else {
                    preconditionFailure("what was written cannot be read")
                }
                consume(read.open.count)
            },
        ]
    }
}

/// Counts the bytes of the headers that are written.
private struct HeaderMeasure: HeaderSink {
    private(set) var byteCount = 0

    mutating func append(name: StaticString, value: RawSpan) {
        byteCount += name.utf8CodeUnitCount + value.byteCount
    }
}
