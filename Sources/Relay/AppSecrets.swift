import RelayConfiguration
import RelayCore
import Synchronization

/// The secret of each app's token source, from where the configuration has it now: a reload may name another source.
final class AppSecrets: Sendable {
    private let sources: Mutex<[SecretSource?]>

    init(_ apps: [AppSettings]) {
        sources = Mutex(apps.map(\.token.secret))
    }

    /// Reads the secret of an app's token source anew, by the app's index. Blocks while a file is read.
    func read(ofApp app: Int) throws -> Secret {
        guard let source = sources.withLock({ $0[app] }) else {
            preconditionFailure("app \(app)'s token source needs no secret, and asks for it")
        }
        return try source.read()
    }

    func change(to apps: [AppSettings]) {
        sources.withLock { $0 = apps.map(\.token.secret) }
    }
}
