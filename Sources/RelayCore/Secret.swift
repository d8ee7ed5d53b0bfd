/// A text that must never be shown: an app secret, an access token, a password.
///
/// Its description is a mask, so that a log line, an error or a debug print cannot leak it by accident.
package struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The text itself: only for the bytes that go to the peer it is meant for.
    package let exposed: String

    package init(_ text: String) {
        exposed = text
    }

    package var description: String { "***" }
    package var debugDescription: String { "***" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
