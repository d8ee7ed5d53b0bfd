package import RelayCore

/// Where a secret comes from. Its description is the reference, or a mask for a literal: never the secret.
package enum SecretSource: Hashable, Sendable, CustomStringConvertible {
    /// Written in the configuration file.
    case literal(Secret)
    /// `${NAME}`, with the value that it had when the file was read: an environment does not change under a process.
    case environment(name: String, value: Secret)
    /// `${file:PATH}`, read anew by each `read()`.
    case file(path: String)

    /// The secret as it is now; of a file without one trailing line break.
    ///
    /// Blocks while a file is read: a file may change and be read again, so call it off an event loop.
    package func read() throws(SecretUnreadable) -> Secret {
        switch self {
        case .literal(let secret), .environment(_, let secret):
            return secret
        case .file(let path):
            do throws(TextFile.Failure) {
                let text = try TextFile.value(path)
                if text.isEmpty { throw .empty }
                return Secret(text)
            } catch {
                throw SecretUnreadable(path: path, reason: error.words)
            }
        }
    }

    package var description: String {
        switch self {
        case .literal: "***"
        case .environment(let name, _): "${\(name)}"
        case .file(let path): "${file:\(path)}"
        }
    }
}

/// A secret's file gave no secret.
package struct SecretUnreadable: Error, Hashable, Sendable, CustomStringConvertible {
    package let path: String
    /// `does not exist`, `may not be read`, …
    package let reason: String

    package var description: String { "secret file '\(path)' \(reason)" }
}
