import FakeWeChat
import Foundation
import Kafka
import Synchronization
import Testing

/// A relay with topics, a group and a WeChat of its own, for one test.
final class RelayBench: Sendable {
    let broker: TestBroker
    let fake: FakeWeChatServer
    let names: BenchNames
    let partitions: Int
    let settings: RelaySettings
    /// Where files of the test may go.
    let folder: URL
    private let writer: TopicWriter
    private let reader: TopicReader
    private let isRecorded: Bool
    private let processes = Mutex<[RelayProcess]>([])

    private init(
        broker: TestBroker,
        fake: FakeWeChatServer,
        names: BenchNames,
        partitions: Int,
        settings: RelaySettings,
        alsoReading topics: [String],
        isRecorded: Bool,
        folder: URL
    ) throws {
        self.broker = broker
        self.fake = fake
        self.names = names
        self.partitions = partitions
        self.settings = settings
        self.isRecorded = isRecorded
        self.folder = folder
        writer = try broker.writer()
        reader = try TopicReader(broker, topics: [names.replies, names.deadLetters] + topics, partitions: partitions)
    }

    /// Sets everything up, runs `body`, and ends the relay and the fake in any case.
    ///
    /// `settings` is what the relay's configuration says otherwise. `scenario` is WeChat's: by default `echo` and
    /// `directed`, both without latency. `partitions` is the number of each topic's. `broker` may be another one than the
    /// suite's. The topics `alsoReading` are created and read, too. `startsRelay` starts the relay before `body`. With
    /// `isRecorded` each relay's run is recorded, and a core of this process has to decide the same in the end.
    static func run<Value>(
        _ settings: RelaySettings = .directed,
        scenario: Scenario = .plain,
        partitions: Int = 2,
        broker: TestBroker? = nil,
        alsoReading topics: [String] = [],
        startsRelay: Bool = true,
        isRecorded: Bool = false,
        _ body: (RelayBench) async throws -> Value
    ) async throws -> Value {
        guard let broker = broker ?? TestBroker.current else { throw Missing("a suite with .broker") }
        let names = BenchNames()
        try await broker.create(
            ([names.requests, names.replies, names.deadLetters] + topics).map {
                NewTopic(name: $0, partitions: partitions)
            }
        )
        let folder = FileManager.default.temporaryDirectory.appending(path: "end-to-end-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let fake = try await FakeWeChatServer.start(scenario: scenario, logger: .silent)
        let result: Result<Value, any Error>
        let bench: RelayBench?
        do {
            let made = try RelayBench(
                broker: broker,
                fake: fake,
                names: names,
                partitions: partitions,
                settings: settings,
                alsoReading: topics,
                isRecorded: isRecorded,
                folder: folder
            )
            bench = made
            result = await made.outcome(startsRelay, body)
        } catch {
            bench = nil
            result = .failure(error)
        }
        let processes = bench?.processes.withLock { $0 } ?? []
        for process in processes { try await process.child.end() }
        try await fake.stop()
        try compare(processes.compactMap(\.recording))
        try FileManager.default.removeItem(at: folder)
        return try result.get()
    }

    private static func compare(_ recordings: [RecordedRun]) throws {
        guard !recordings.isEmpty else { return }
        let replays = try recordings.map { try $0.replay() }
        for replay in replays { #expect(replay.difference == nil) }
        print("REPLAY: \(replays.count) recorded runs, \(replays.map(\.steps).reduce(0, +)) steps decided alike")
    }

    private func outcome<Value>(
        _ startsRelay: Bool,
        _ body: (RelayBench) async throws -> Value
    ) async -> Result<Value, any Error> {
        do {
            if startsRelay { try start() }
            return .success(try await body(self))
        } catch let missing as Missing {
            let words = processes.withLock { $0.last }.map { process in
                // Only to say more about an error that is there already.
                (try? process.text.suffix(3_000)).map { "\nthe relay's last words:\n\($0)" } ?? ""
            }
            return .failure(Missing("\(missing.description.trimmingPrefix("expected "))\(words ?? "")"))
        } catch {
            return .failure(error)
        }
    }

    // MARK: The relay

    /// The newest relay process.
    var relay: RelayProcess {
        get throws {
            guard let last = processes.withLock({ $0.last }) else { throw Missing("a relay that was started") }
            return last
        }
    }

    /// Starts a relay, with other settings than the bench's if some are given. It need not be the first of its group.
    ///
    /// `file` is where its configuration is, when that is written already; `overriding` is as `RelayProcess` has it.
    @discardableResult
    func start(
        _ other: RelaySettings? = nil,
        file written: URL? = nil,
        options: [String] = [],
        overriding library: URL? = nil
    ) throws -> RelayProcess {
        let file = written ?? folder.appending(path: "\(TestBroker.freshName("configuration")).yaml")
        if written == nil { try write(other ?? settings, to: file) }
        let process = try RelayProcess(
            configuration: file,
            folder: folder,
            isRecorded: isRecorded,
            options: options,
            overriding: library
        )
        processes.withLock { $0.append(process) }
        return process
    }

    /// Puts settings into a configuration file, by a file of another name that takes its place.
    func write(_ settings: RelaySettings, to file: URL) throws {
        let text = settings.text(broker: broker, weChat: fake.port, names: names)
        try Data(text.utf8).write(to: file, options: .atomic)
    }

    // MARK: Records

    /// Puts requests on the request topic, or on another one.
    @discardableResult
    func send(_ requests: [Request], to topic: String? = nil) async throws -> [TopicPlace] {
        try await writer.write(requests, to: topic ?? names.requests)
    }

    /// Waits for so many replies, or more.
    func replies(_ count: Int, within limit: Duration = .seconds(60)) async throws -> [ReadRecord] {
        try await records(in: names.replies, count, within: limit)
    }

    /// Waits for so many dead letters, or more.
    func deadLetters(_ count: Int, within limit: Duration = .seconds(60)) async throws -> [ReadRecord] {
        try await records(in: names.deadLetters, count, within: limit)
    }

    /// Waits for so many records of one topic, or more.
    func records(
        in topic: String,
        _ count: Int,
        within limit: Duration = .seconds(60)
    ) async throws -> [ReadRecord] {
        let read = try await reader.records("\(count) records in \(topic)", within: limit) { records in
            records.count { $0.place.topic == topic } >= count
        }
        return read.filter { $0.place.topic == topic }
    }

    /// All that reply and dead-letter topics hold now.
    func recordsNow() async throws -> [ReadRecord] {
        try await reader.read()
    }

    // MARK: Offsets

    /// Waits until the group has committed every record that was sent: the end of each partition.
    func everythingCommitted(within limit: Duration = .seconds(60)) async throws {
        let ends = try await broker.ends(of: names.requests, partitions: partitions)
        _ = try await eventually("all is committed up to \(ends)", within: limit) {
            let committed = try await committed()
            return ends.allSatisfy { $0.value == 0 || committed[$0.key] == $0.value } ? true : nil
        }
    }

    /// What the relay's group has committed, by partition.
    func committed() async throws -> [Int32: Int64] {
        try await broker.committed(names.group, topic: names.requests, partitions: partitions)
    }

    // MARK: WeChat

    /// How many calls with a body id the fake has seen.
    func calls(_ id: String) async throws -> Int {
        try await fake.countsByID()[id]?.calls ?? 0
    }
}

extension Scenario {
    /// `echo` and `directed`, both at once.
    static var plain: Scenario {
        var scenario = Scenario()
        scenario.functions = [
            "echo": FunctionScenario(answer: .echo), "directed": FunctionScenario(answer: .directed),
        ]
        return scenario
    }

    /// `plain` with changes.
    static func plain(_ change: (inout Scenario) -> Void) -> Scenario {
        var scenario = plain
        change(&scenario)
        return scenario
    }
}
