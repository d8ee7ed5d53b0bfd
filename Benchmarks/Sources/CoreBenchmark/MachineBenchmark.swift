import RelayCore

/// Whether an event costs the same whatever the machine holds.
enum MachineBenchmark {
    /// Requests of one measurement: a second of the flow, so that each has its share of the regular commits.
    private static let requests = 20_000

    /// Measures all shapes in turn, another one first each round, so that what changes on the machine meets all of them.
    ///
    /// - Parameter rounds: how often.
    /// - Returns: the dearest shape's cost by the cheapest one's.
    static func run(rounds: Int) -> Double {
        let flows = Shape.all.map(Flow.init)
        var costs = [Rounds](repeating: Rounds(), count: flows.count)
        var (ratios, looks) = (costs, costs)
        for round in 0..<rounds {
            var round = Round(flows: flows, first: round % flows.count)
            round.measure(requests)
            for index in flows.indices {
                costs[index].append(round.costs[index])
                ratios[index].append(round.costs[index] / round.costs[0])
                looks[index].append(Double(flows[index].lookForStalls()) / 1e6)
            }
        }
        printTable(
            ["the machine holds", "events/s", "ns/event", "× base", "watchdog's look, ms"],
            Shape.all.indices.map { index in
                var rates = Rounds()
                for cost in costs[index].values { rates.append(1e9 / cost) }
                let cost = [rates.text(), costs[index].text(), ratios[index].text(2), looks[index].text(2)]
                return [Shape.all[index].name] + cost
            }
        )
        let medians = ratios.map(\.median)
        return (medians.max() ?? 1) / (medians.min() ?? 1)
    }
}

/// One measurement of each shape.
private struct Round {
    let flows: [Flow]
    let first: Int
    /// Nanoseconds an event.
    private(set) var costs: [Double]

    init(flows: [Flow], first: Int) {
        self.flows = flows
        self.first = first
        costs = [Double](repeating: 0, count: flows.count)
    }

    mutating func measure(_ requests: Int) {
        for step in flows.indices {
            let index = (first + step) % flows.count
            let flow = flows[index]
            // Into the caches first.
            flow.run(completing: requests / 10)
            let events = flow.events
            let start = threadTime()
            flow.run(completing: requests)
            costs[index] = Double(threadTime() - start) / Double(flow.events - events)
        }
    }
}
