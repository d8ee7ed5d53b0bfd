import Yams

extension ScenarioReader {
    private static let faultKeys = ["errcode", "errmsg", "status", "retry-after", "close", "hang", "ran"]

    func function(_ node: Node, called name: String) -> FunctionScenario? {
        let keys = ["answer", "latency", "time-limit", "concurrency", "errors", "steps", "steps-per"]
        guard let section = ScenarioSection(node, called: name, keys: keys, reader: self) else { return nil }
        var function = FunctionScenario()
        if let answer = section["answer"].flatMap({ answer($0) }) { function.answer = answer }
        if let latency = section["latency"].flatMap({ latency($0) }) { function.latency = latency }
        function.timeLimit = section.duration("time-limit") ?? function.timeLimit
        function.concurrency = section.count("concurrency")
        function.errors = errors(section)
        function.stepsPer = section.choice("steps-per", of: FunctionScenario.Counting.self) ?? function.stepsPer
        let steps = (section.list("steps") ?? []).compactMap { step($0) }
        function.steps = StepSequence(steps)
        if section["steps"] != nil {
            for key in ["answer", "errors"] {
                guard let other = section[key] else { continue }
                report(other, "\(key): a function with 'steps' takes its outcomes from them alone")
            }
        } else if let other = section["steps-per"] {
            report(other, "steps-per: there are no 'steps'")
        }
        return function
    }

    func tokenEndpoint(_ node: Node) -> Scenario.TokenEndpointScenario {
        let keys = ["latency", "errors", "steps"]
        var endpoint = Scenario.TokenEndpointScenario()
        guard let section = ScenarioSection(node, called: "token-endpoint", keys: keys, reader: self) else {
            return endpoint
        }
        if let latency = section["latency"].flatMap({ latency($0) }) { endpoint.latency = latency }
        endpoint.errors = errors(section)
        endpoint.steps = StepSequence((section.list("steps") ?? []).compactMap { tokenStep($0) })
        if section["steps"] != nil, let other = section["errors"] {
            report(other, "errors: an endpoint with 'steps' takes its outcomes from them alone")
        }
        return endpoint
    }

    // MARK: Steps and errors

    private func step(_ node: Node) -> StepSequence<FunctionScenario.Step>.Entry? {
        let keys = ["answer", "times"] + Self.faultKeys
        guard let section = ScenarioSection(node, called: "steps", keys: keys, reader: self) else { return nil }
        let times = section.count("times") ?? 1
        guard let place = section["answer"] else {
            return fault(section).map { .init(.fault($0), times: times) }
        }
        refuseFault(section, besides: "answer")
        guard let answer = answer(place) else { return nil }
        if answer.content == .directed {
            report(place, "answer: 'directed' is an answer of a whole function, not of a step")
        }
        return .init(.answer(answer), times: times)
    }

    private func tokenStep(_ node: Node) -> StepSequence<Fault?>.Entry? {
        let keys = ["answer", "times"] + Self.faultKeys
        guard let section = ScenarioSection(node, called: "steps", keys: keys, reader: self) else { return nil }
        let times = section.count("times") ?? 1
        guard let place = section["answer"] else { return fault(section).map { .init($0, times: times) } }
        refuseFault(section, besides: "answer")
        if section.text("answer") != "token" { report(place, "answer: expected token") }
        return .init(nil, times: times)
    }

    private func refuseFault(_ section: ScenarioSection, besides key: String) {
        for fault in Self.faultKeys {
            guard let place = section[fault] else { continue }
            report(place, "\(fault): not together with '\(key)'")
        }
    }

    private func errors(_ section: ScenarioSection) -> [ErrorShare] {
        guard let nodes = section.list("errors") else { return [] }
        let errors = nodes.compactMap { node -> ErrorShare? in
            let keys = ["share"] + Self.faultKeys
            guard let section = ScenarioSection(node, called: "errors", keys: keys, reader: self) else { return nil }
            if section["share"] == nil { report(node, "errors: an error needs a 'share'") }
            guard let fault = fault(section), let share = section.share("share") else { return nil }
            return ErrorShare(fault, share: share)
        }
        let sum = errors.reduce(0) { $0 + $1.share }
        if sum > 1.000_001, let place = section["errors"] {
            report(place, "errors: the shares add up to more than 100%")
        }
        return errors
    }

    private func fault(_ section: ScenarioSection) -> Fault? {
        let named = ["errcode", "status", "close", "hang"].filter { section[$0] != nil }
        guard let first = named.first, named.count == 1 || named == ["errcode", "status"] else {
            report(section.node, "expected one of errcode, status, close, hang (errcode and status may stand together)")
            return nil
        }
        if first != "errcode", let place = section["errmsg"] { report(place, "errmsg: only together with 'errcode'") }
        if named != ["status"], let place = section["retry-after"] {
            report(place, "retry-after: only together with 'status' alone")
        }
        let ran = section.flag("ran")
        switch first {
        case "errcode":
            guard let code = section.integer("errcode") else { return nil }
            let status = section.count("status", in: 200...599) ?? 200
            return Fault(.errcode(code, errmsg: section.text("errmsg"), status: status), ran: ran)
        case "status":
            guard let status = section.count("status", in: 200...599) else { return nil }
            return Fault(.status(status, retryAfter: section.duration("retry-after")), ran: ran)
        case "close":
            guard let moment = section.choice("close", of: CloseMoment.self) else { return nil }
            return Fault(moment == .afterRequest ? .closeAfterRequest : .closeMidAnswer, ran: ran)
        default:
            guard let isHanging = section.flag("hang") else { return nil }
            if !isHanging, let place = section["hang"] { report(place, "hang: expected true, or no such entry") }
            return Fault(.hang, ran: ran)
        }
    }

    private enum CloseMoment: String, CaseIterable {
        case afterRequest = "after-request"
        case midAnswer = "mid-answer"
    }

    // MARK: Latency

    func duration(_ node: Node, called name: String) -> Duration? {
        let text = node.scalar?.string
        if let text, let duration = ScenarioScalar.duration(text) { return duration }
        let found = text.map { ", found '\($0)'" } ?? ""
        report(node, "\(name): expected a duration such as 250ms or 5s\(found)")
        return nil
    }

    private func latency(_ node: Node) -> Latency? {
        let keys = ["fixed", "uniform", "exponential", "max"]
        guard let section = ScenarioSection(node, called: "latency", keys: keys, reader: self) else { return nil }
        let named = keys.dropLast().filter { section[$0] != nil }
        guard named.count == 1 else {
            report(node, "latency: expected one of fixed, uniform, exponential")
            return nil
        }
        if section["exponential"] == nil, let place = section["max"] {
            report(place, "max: only together with 'exponential'")
        }
        if let list = section["uniform"] { return uniform(list) }
        if let mean = section["exponential"] {
            return duration(mean, called: "exponential").map { .exponential(mean: $0, max: section.duration("max")) }
        }
        return section.duration("fixed").map { .fixed($0) }
    }

    private func uniform(_ node: Node) -> Latency? {
        guard let bounds = node.sequence, bounds.count == 2 else {
            report(node, "uniform: expected two durations such as [5ms, 50ms]")
            return nil
        }
        guard let low = duration(bounds[0], called: "uniform"), let high = duration(bounds[1], called: "uniform") else {
            return nil
        }
        guard low <= high else {
            report(node, "uniform: expected the smaller duration first")
            return nil
        }
        return .uniform(low, high)
    }
}
