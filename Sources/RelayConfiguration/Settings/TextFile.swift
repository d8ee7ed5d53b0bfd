import Foundation

/// Small text files: the configuration itself, and those that it refers to.
enum TextFile {
    enum Failure: Error {
        case missing, forbidden, notText, empty, unreadable

        /// Follows the file's name: `'a/b' does not exist`.
        var words: String {
            switch self {
            case .missing: "does not exist"
            case .forbidden: "may not be read by this user"
            case .notText: "is not UTF-8 text"
            case .empty: "is empty"
            case .unreadable: "cannot be read"
            }
        }
    }

    /// The whole text.
    static func read(_ path: String) throws(Failure) -> String {
        do {
            return try String(contentsOfFile: path, encoding: .utf8)
        } catch let error as CocoaError {
            switch error.code {
            case .fileReadNoSuchFile, .fileNoSuchFile: throw .missing
            case .fileReadNoPermission: throw .forbidden
            case .fileReadInapplicableStringEncoding, .fileReadCorruptFile: throw .notText
            default: throw .unreadable
            }
        } catch {
            throw .unreadable
        }
    }

    /// The text without one trailing line break, which editors and `echo` add and no secret means.
    static func value(_ path: String) throws(Failure) -> String {
        var text = try read(path)
        // In Swift a CR LF is one character, equal to neither of its halves.
        if let last = text.last, last == "\n" || last == "\r\n" { text.removeLast() }
        return text
    }
}
