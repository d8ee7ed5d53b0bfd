import Glibc

/// Names the seeds that are being run when the core traps: a broken invariant of its own ends the process.
enum Trap {
    private static let mostWorkers = 64
    /// By worker. Unchecked: each worker writes a place of its own, and only a signal's handler, at the end of all, reads.
    private nonisolated(unsafe) static let seeds: UnsafeMutablePointer<UInt64> = {
        let seeds = UnsafeMutablePointer<UInt64>.allocate(capacity: mostWorkers)
        seeds.initialize(repeating: 0, count: mostWorkers)
        return seeds
    }()

    static func name() {
        begin(0, 0)
        for number in [SIGILL, SIGTRAP, SIGABRT, SIGSEGV] {
            signal(number) { _ in
                let under = (0..<Trap.mostWorkers).map { Trap.seeds[$0] }.filter { $0 > 0 }
                print("FAILED: trapped with these seeds under way: \(under); make simulate SEED= repeats one")
                fflush(nil)
                exit(1)
            }
        }
    }

    static func begin(_ seed: UInt64, _ worker: Int) {
        seeds[worker] = seed
    }
}
