import Glibc

/// A small file as it is now.
enum TokenFile: Equatable, Sendable {
    case content([UInt8])
    /// In words that follow the file's name.
    case unreadable(String)

    /// What holds one token is no longer.
    private static let limit = 64 << 10

    /// Reads the whole file. Blocks, and on a network's file system perhaps for long: to be called off an event loop.
    static func read(_ path: String) -> TokenFile {
        // Without O_NONBLOCK a pipe in the file's place would wait for its writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return .unreadable(words(for: errno)) }
        defer { close(descriptor) }
        var content = [UInt8](repeating: 0, count: limit + 1)
        var count = 0
        while count < content.count {
            let room = content.count - count
            let length = content.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress?.advanced(by: count), room)
            }
            if length < 0, errno == EINTR { continue }
            guard length >= 0 else { return .unreadable(words(for: errno)) }
            if length == 0 { break }
            count += length
        }
        guard count <= limit else { return .unreadable("is larger than \(limit >> 10) KiB, which no token is") }
        return .content(Array(content[..<count]))
    }

    private static func words(for code: Int32) -> String {
        switch code {
        case ENOENT, ENOTDIR: "does not exist"
        case EACCES, EPERM: "may not be read by this user"
        case EISDIR: "is a folder"
        default: "cannot be read (\(String(cString: strerror(code))))"
        }
    }
}
