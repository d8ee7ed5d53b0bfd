import Glibc

/// What tells two states of a file apart without reading it; a symbolic link is followed, so that the swap of one shows
/// (Kubernetes exchanges the folder behind the files of a ConfigMap or Secret that way).
struct FileLook: Equatable, Sendable {
    private let device: dev_t
    private let inode: ino_t
    private let size: off_t
    private let modifiedSeconds: time_t
    private let modifiedNanoseconds: Int

    /// Nil for a file that is not there or may not be looked at.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = status.st_dev
        inode = status.st_ino
        size = status.st_size
        modifiedSeconds = status.st_mtim.tv_sec
        modifiedNanoseconds = status.st_mtim.tv_nsec
    }

    /// Looks at each file, by path; one that is not there is left out.
    static func all(_ paths: [String]) -> [String: FileLook] {
        var looks: [String: FileLook] = [:]
        for path in paths { looks[path] = FileLook(path) }
        return looks
    }
}
