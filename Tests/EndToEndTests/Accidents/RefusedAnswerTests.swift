import FakeWeChat
import Foundation
import Testing

extension EndToEnd.Accidents {
    /// librdkafka takes the shell's answer to a rebalance unless the books of both differ, which no broker can bring about.
    /// So a library in front of it refuses one.
    @Suite("Refused answers") struct RefusedAnswerTests {
        private static let count = 400

        @Test("an assignment that is refused: the consumer leaves, another joins, and each request is called once")
        func assignment() async throws {
            try await RelayBench.run(partitions: 4, startsRelay: false, isRecorded: true) { bench in
                try await bench.send((0..<Self.count).map { .directed("\($0)") })
                let relay = try bench.start(overriding: Self.refusing("rd_kafka_incremental_assign", in: bench.folder))
                try await Self.joinsAnew(relay)
                try await bench.everythingCommitted()
                #expect(try await bench.allReplies().ids.count == Self.count)
                #expect(try await bench.fake.statistics().calls == Self.count)
                #expect(try relay.log.filter { $0.message == "partitions assigned" }.map { $0["partitions"] } == ["4"])
                #expect(try await relay.stop() == .exit(0))
                #expect(try relay.stalls == [])
            }
        }

        private static func joinsAnew(_ relay: RelayProcess) async throws {
            let death = try await relay.logs("that the consumer is given up") {
                $0.message.hasPrefix("the consumer has died; another one joins in five seconds")
            }
            #expect(death["error"]?.contains("refused by a test") == true)
            try await relay.logs("that another one joins") { $0.message == "another consumer joins the group" }
        }

        /// A library whose `function` refuses the first list with a partition in it, and hands all others on.
        private static func refusing(_ function: String, in folder: URL) throws -> URL {
            let source = """
                #define _GNU_SOURCE
                #include <dlfcn.h>
                #include <librdkafka/rdkafka.h>
                rd_kafka_error_t *\(function)(rd_kafka_t *client, const rd_kafka_topic_partition_list_t *list) {
                    static int refused;
                    if (list->cnt > 0 && !refused++)
                        return rd_kafka_error_new(RD_KAFKA_RESP_ERR__STATE, "refused by a test");
                    rd_kafka_error_t *(*next)(rd_kafka_t *, const rd_kafka_topic_partition_list_t *) =
                        dlsym(RTLD_NEXT, "\(function)");
                    return next(client, list);
                }
                """
            let file = folder.appending(path: "refusing.c")
            let library = folder.appending(path: "refusing.so")
            try Data(source.utf8).write(to: file)
            // Swift's toolchain has it.
            _ = try ChildProcess.output(
                of: "/usr/bin/env",
                ["clang", "-shared", "-fPIC", "-o", library.path, file.path]
            )
            return library
        }
    }
}
