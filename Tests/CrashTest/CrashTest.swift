import Foundation
import Glibc

/// Relays that are killed, suspended and stopped while brokers pause and restart; afterwards a checker looks at the topics.
///
/// A seed decides the plan, which is printed before it begins: three `wxrelay run` processes of one group, twelve
/// partitions, requests written evenly over the whole time, a WeChat side that fails now and then. The checker knows the
/// topics, samples of the committed offsets and WeChat's own log of calls, and nothing from inside a relay.
/// `docs/guarantees.md` says what it checks. It ends with 0, with 1 when a rule was broken, with 2 when none was and the run
/// shows nothing all the same.
///
/// `make crash` runs on both brokers, `make crash BROKERS=host:port` on a cluster that runs already, `SEED=17` repeats a
/// plan. The plan is repeated exactly; when the processes do what is theirs, is up to them.
@main
struct CrashTest {
    static func main() async {
        let arguments = CommandLine.arguments.dropFirst()
        do {
            if arguments.first == MockRole.name { try await MockRole.run(Array(arguments.dropFirst())) }
            guard let command = Command(arguments) else {
                print(Command.usage)
                exit(64)
            }
            var code: Int32 = 0
            for kind in command.brokers {
                let plan = command.plan(kind)
                print("broker \(kind), seed \(command.seed), \(plan.requests) requests in \(plan.duration)")
                for step in plan.steps { print("  \(step)") }
                fflush(nil)
                let verdict = try await Conductor.run(kind, plan, seed: command.seed, limit: command.limit)
                print(verdict)
                if !verdict.isGood { print("repeat: .build/release/CrashTest \(command.repeated(kind))") }
                fflush(nil)
                if !verdict.isGood, code != 1 { code = verdict.breaches.isEmpty ? 2 : 1 }
            }
            exit(code)
        } catch {
            print("FAILED: \(error)")
            exit(1)
        }
    }
}

/// What the command line asks for.
struct Command {
    private(set) var seed = UInt64.random(in: 1...999_999)
    private(set) var brokers: [Broker.Kind] = [.noida, .mock]
    private var requests = 50_000
    private var seconds = 180
    private var isShort = false

    static let usage = """
        usage: CrashTest [--seed N] [--broker noida|mock] [--brokers HOST:PORT,...] [--requests N] [--seconds N]
               CrashTest --short [--seed N]
        """

    /// Nil when there is something in it that nobody knows.
    init?(_ arguments: some Sequence<String>) {
        var rest = Array(arguments)[...]
        while let option = rest.popFirst() {
            if option == "--short" {
                isShort = true
                brokers = [.noida]
                continue
            }
            guard let value = rest.popFirst() else { return nil }
            switch option {
            case "--broker" where value == "noida": brokers = [.noida]
            case "--broker" where value == "mock": brokers = [.mock]
            case "--brokers": brokers = [.cluster(value)]
            default:
                guard let number = UInt64(value), set(option, number) else { return nil }
            }
        }
    }

    private mutating func set(_ option: String, _ number: UInt64) -> Bool {
        switch option {
        case "--seed": seed = number
        case "--requests" where (1...1_000_000).contains(number): requests = Int(number)
        case "--seconds" where (20...3_600).contains(number): seconds = Int(number)
        default: return false
        }
        return true
    }

    func plan(_ kind: Broker.Kind) -> Plan {
        if isShort { return .short(kind.traits, seed: seed) }
        return .full(kind.traits, seed: seed, requests: requests, duration: .seconds(seconds))
    }

    /// Longer than any run on one broker that ends by itself.
    var limit: Duration { .seconds(seconds + 900) }

    func repeated(_ kind: Broker.Kind) -> String {
        if isShort { return "--short --seed \(seed)" }
        let broker =
            switch kind {
            case .cluster(let servers): "--brokers \(servers)"
            default: "--broker \(kind)"
            }
        return "--seed \(seed) \(broker) --requests \(requests) --seconds \(seconds)"
    }
}
