import NIOCore
import Sockets

/// A shard as the rest of the process sees it: reached only by closures on its own event loop.
struct ShardLoop: Sendable {
    /// From 0.
    let number: Int
    let eventLoop: EpollLoop
    /// Writes down what the shard's core decides, once there is a file for it. Of the loop alone.
    let recorder: NIOLoopBoundBox<Recorder?>
    private let shard: NIOLoopBoundBox<Shard?>

    init(number: Int, eventLoop: EpollLoop) {
        self.number = number
        self.eventLoop = eventLoop
        recorder = NIOLoopBoundBox.makeEmptyBox(valueType: Recorder.self, eventLoop: eventLoop)
        shard = NIOLoopBoundBox.makeEmptyBox(valueType: Shard.self, eventLoop: eventLoop)
    }

    /// Makes the shard, on its loop.
    func make(_ shard: @escaping @Sendable (ShardLoop) throws -> Shard) async throws {
        try await eventLoop.submit { self.shard.value = try shard(self) }.get()
    }

    /// Asks the shard on its loop for an answer that may come later; nil when there is no shard.
    func ask<Answer: Sendable>(
        _ question: @escaping @Sendable (Shard, @escaping @Sendable (Answer) -> Void) -> Void
    ) async -> Answer? {
        await withCheckedContinuation { continuation in
            eventLoop.execute {
                guard let shard = shard.value else {
                    continuation.resume(returning: nil)
                    return
                }
                question(shard) { continuation.resume(returning: $0) }
            }
        }
    }
}

extension [ShardLoop] {
    /// Opens the file of each shard's decisions; several have one each, with `.` and their number behind the name.
    ///
    /// - Throws: a file that cannot be written.
    func record(to path: String) async throws {
        for loop in self {
            let file = count > 1 ? "\(path).\(loop.number)" : path
            try await loop.eventLoop.submit { loop.recorder.value = try Recorder(path: file) }.get()
        }
    }

    /// Makes all shards at once, each on its own loop.
    ///
    /// - Throws: an error of one that cannot be made; the others are ended then.
    func make(_ shard: @escaping @Sendable (ShardLoop) throws -> Shard) async throws {
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for loop in self { group.addTask { try await loop.make(shard) } }
                try await group.waitForAll()
            }
        } catch {
            await tell { $0.end() }
            throw error
        }
    }

    /// Asks all shards at once.
    ///
    /// - Returns: an answer of each shard that there is, in no order.
    func ask<Answer: Sendable>(
        _ question: @escaping @Sendable (Shard, @escaping @Sendable (Answer) -> Void) -> Void
    ) async -> [Answer] {
        await withTaskGroup(of: Answer?.self) { group in
            for loop in self { group.addTask { await loop.ask(question) } }
            var answers: [Answer] = []
            for await case let answer? in group { answers.append(answer) }
            return answers
        }
    }

    /// Lets every shard do something, and returns once all have.
    func tell(_ act: @escaping @Sendable (Shard) -> Void) async {
        _ = await ask { (shard: Shard, done: @escaping @Sendable (Bool) -> Void) in
            act(shard)
            done(true)
        }
    }
}
