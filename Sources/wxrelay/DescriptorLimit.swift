import Glibc
import Logging

/// How many descriptors the process may have open at once.
enum DescriptorLimit {
    /// Raises the soft limit to the hard one, for which no right is needed.
    ///
    /// Many systems give 1,024 at first, for the sake of select(2), which nothing here uses (librdkafka and NIO poll).
    /// 64 shards with their connections need more.
    static func raise(_ logger: Logger) {
        let descriptors = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(descriptors, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
        let before = limit.rlim_cur
        limit.rlim_cur = limit.rlim_max
        guard setrlimit(descriptors, &limit) != 0 else { return }
        logger.warning(
            "the limit of open files stays at \(before)",
            metadata: ["error": "\(String(cString: strerror(errno)))"]
        )
    }
}
