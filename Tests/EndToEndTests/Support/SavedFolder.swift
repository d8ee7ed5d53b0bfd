import Foundation

/// Where a process saves what it has in memory, now and then.
struct SavedFolder: Sendable {
    let url: URL

    /// Waits until its files have not changed for two seconds and one more for each 20 MB, a minute at most.
    ///
    /// noida saves all it has into one file, a second after it has something new. A save that is under way when it ends may
    /// replace the last one, and then what was acknowledged in the last seconds is gone. Nothing is to be seen of a save
    /// before it writes: until then it makes its text, the longer the more it has.
    ///
    /// - Throws: ``Missing`` when they never rest, since a stop could then lose what was acknowledged.
    func settles() async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        var last: [String: SavedFile] = [:]
        var lastChange = ContinuousClock.now
        var rest: Duration = .seconds(2)
        while ContinuousClock.now < lastChange + rest {
            guard ContinuousClock.now < deadline else { throw Missing("the files in \(url.path) to rest") }
            let files = try self.files()
            if files != last {
                last = files
                lastChange = .now
                rest = .seconds(2) + .milliseconds(files.values.reduce(0) { $0 + $1.byteCount } / 20_000)
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    private struct SavedFile: Equatable {
        let written: Date?
        let byteCount: Int
    }

    private func files() throws -> [String: SavedFile] {
        try FileManager.default.contentsOfDirectory(atPath: url.path).reduce(into: [:]) { files, name in
            // One that was renamed meanwhile is seen under its new name.
            guard let found = try? FileManager.default.attributesOfItem(atPath: url.appending(path: name).path) else {
                return
            }
            files[name] = SavedFile(
                written: found[.modificationDate] as? Date,
                byteCount: (found[.size] as? NSNumber)?.intValue ?? 0
            )
        }
    }
}
