import Foundation

/// Where a process saves what it has in memory, now and then.
struct SavedFolder: Sendable {
    let url: URL

    /// Waits until its files have not changed for two seconds, a minute at most.
    ///
    /// noida saves all it has into one file. A save that is under way when it ends may replace the last one, and then
    /// what was acknowledged in the last seconds is gone.
    ///
    /// - Throws: ``Missing`` when they never rest, since a stop could then lose what was acknowledged.
    func settles() async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        var last: [String: Date] = [:]
        var lastChange = ContinuousClock.now
        while ContinuousClock.now < lastChange + .seconds(2) {
            guard ContinuousClock.now < deadline else { throw Missing("the files in \(url.path) to rest") }
            let files = try self.files()
            if files != last {
                last = files
                lastChange = .now
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// When each file was written last.
    private func files() throws -> [String: Date] {
        try FileManager.default.contentsOfDirectory(atPath: url.path).reduce(into: [:]) { files, name in
            // One that was renamed meanwhile is seen under its new name.
            let attributes = try? FileManager.default.attributesOfItem(atPath: url.appending(path: name).path)
            files[name] = attributes?[.modificationDate] as? Date
        }
    }
}
