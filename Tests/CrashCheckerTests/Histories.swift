import CrashTest
import FakeWeChat

extension History {
    /// Two partitions, two relays. Relay 1 calls id 1 and is killed before its answer counts, relay 2 calls it again and
    /// goes on; the key's next, id 2, gets -1 first; id 3 succeeds, id 4 fails.
    static var sound: History {
        var history = History()
        history.requests = [
            RequestRecord(place: Place(partition: 0, offset: 0), id: "1", key: "a", hash: 1),
            RequestRecord(place: Place(partition: 0, offset: 1), id: "2", key: "a", hash: 2),
            RequestRecord(place: Place(partition: 1, offset: 0), id: "3", key: "b", hash: 3),
            RequestRecord(place: Place(partition: 1, offset: 1), id: "4", key: "c", hash: 4),
        ]
        history.calls = [
            Call(id: "1", relay: "relay1", arrival: 1_000, end: 1_010, ran: true, outcome: .errcode(0)),
            Call(id: "1", relay: "relay2", arrival: 1_500, end: 1_510, ran: true, outcome: .errcode(0)),
            Call(id: "2", relay: "relay2", arrival: 2_000, end: 2_010, ran: false, outcome: .errcode(-1)),
            Call(id: "2", relay: "relay2", arrival: 2_100, end: 2_110, ran: true, outcome: .errcode(0)),
            Call(id: "3", relay: "relay2", arrival: 2_200, end: 2_210, ran: true, outcome: .errcode(0)),
            Call(id: "4", relay: "relay2", arrival: 2_300, end: 2_310, ran: true, outcome: .errcode(-504_002)),
        ]
        history.replies = [
            .reply(0, 0, to: ("1", 0, 0), by: "relay1", at: 1_012, runs: 1),
            .reply(0, 1, to: ("1", 0, 0), at: 1_512, runs: 2),
            .reply(0, 2, to: ("2", 0, 1), at: 2_112, runs: 2),
            .reply(1, 0, to: ("3", 1, 0), at: 2_212, runs: 1),
            .reply(1, 1, to: ("4", 1, 1), at: 2_312, runs: 1, isOK: false),
        ]
        history.deadLetters = [.reply(0, 0, to: ("4", 1, 1), by: nil, at: 2_312, runs: 1, isOK: false)]
        let ends: [Int32: Int64] = [0: 2, 1: 2]
        history.samples = [
            Sample(time: 1_100, committed: [:], requestEnds: ends, replyEnds: [0: 1, 1: 0]),
            Sample(time: 1_600, committed: [0: 1], requestEnds: ends, replyEnds: [0: 2, 1: 0]),
            Sample(time: 2_250, committed: [0: 2], requestEnds: ends, replyEnds: [0: 3, 1: 1]),
            Sample(
                time: 3_000,
                committed: [0: 2, 1: 2],
                requestEnds: ends,
                replyEnds: [0: 3, 1: 2],
                deadLetterEnds: [0: 1]
            ),
        ]
        history.endings = [
            Ending(relay: "relay1", told: .kill, how: .signal(9), begin: 1_200, end: 1_201),
            Ending(relay: "relay1", told: .lastStop, how: .exit(0), begin: 4_000, end: 4_100),
            Ending(relay: "relay2", told: .lastStop, how: .exit(0), begin: 4_000, end: 4_100),
        ]
        history.accidents = [Accident(.kill, relay: "relay1", begin: 1_200, end: 1_900)]
        return history
    }

    /// The rules that it breaks.
    var broken: Set<Verdict.Rule> { Set(verdict.breaches.map(\.rule)) }

    var verdict: Verdict { Checker.check(self, limits: .short) }
}

extension Limits {
    static let short = Limits(
        settling: .zero,
        stall: .seconds(10),
        handOver: .seconds(20),
        groupChange: .seconds(5),
        touch: .seconds(10),
        limbo: .seconds(6),
        call: .seconds(1)
    )
}

extension AnswerRecord {
    /// An answer, by relay 2 unless it says otherwise.
    static func reply(
        _ partition: Int32,
        _ offset: Int64,
        to request: (id: String, partition: Int32, offset: Int64),
        by relay: String? = "relay2",
        at time: Int64,
        runs: Int,
        isOK: Bool = true
    ) -> AnswerRecord {
        AnswerRecord(
            place: Place(partition: partition, offset: offset),
            id: request.id,
            source: Place(partition: request.partition, offset: request.offset),
            relay: relay,
            time: time,
            isOK: isOK,
            runsPossible: runs,
            hash: UInt64(request.id) ?? 0
        )
    }
}

extension Call {
    /// One that succeeds in 10 ms.
    static func success(_ id: String, by relay: String, at arrival: Int64, ran: Bool = true) -> Call {
        Call(id: id, relay: relay, arrival: arrival, end: arrival + 10, ran: ran, outcome: .errcode(0))
    }
}
