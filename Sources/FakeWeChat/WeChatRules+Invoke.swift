import RelayCore

extension WeChatRules {
    /// `POST /tcb/invokecloudfunction`, in both call styles: environment and function in the query and the input as
    /// the body, or all three as members of a JSON body.
    mutating func invoke(_ request: WeChatRequest, now: Now) -> Reaction {
        guard request.method == "POST" else { return refuseCall(43_002, request, now) }
        if let code = tokenRefusal(request, now: now) { return refuseCall(code, request, now) }
        if let code = quota.take(now: now) { return refuseCall(code, request, now) }
        guard !request.body.isEmpty else { return refuseCall(44_002, request, now) }
        guard let call = Self.addressed(request) else { return refuseCall(40_101, request, now) }
        if scenario.jsonBodiesOnly, !JSONScanner.accepts(call.input) { return refuseCall(47_001, request, now) }
        guard scenario.environments.contains(call.environment) else {
            return refuseCall(-501_000, errmsg: ErrorText.environmentMissing, request, now)
        }
        guard scenario.functions[call.function] != nil else {
            return refuseCall(-501_000, errmsg: ErrorText.functionMissing, request, now)
        }
        return run(call, request: request, now: now)
    }

    /// A call whose environment and function are named.
    private struct AddressedCall {
        var environment: String
        var function: String
        var input: [UInt8]
    }

    private static func addressed(_ request: WeChatRequest) -> AddressedCall? {
        if request.query["env"] == nil, request.query["name"] == nil {
            guard let body = JSONObject(request.body), let environment = body.text("env"),
                let function = body.text("name"), let input = body.string("req_data")
            else { return nil }
            return AddressedCall(environment: environment, function: function, input: input)
        }
        guard let environment = request.query["env"], !environment.isEmpty,
            let function = request.query["name"], !function.isEmpty
        else { return nil }
        return AddressedCall(environment: environment, function: function, input: request.body)
    }

    private mutating func run(_ call: AddressedCall, request: WeChatRequest, now: Now) -> Reaction {
        let hash = CallLog.hash(call.input)
        let id = Self.id(of: call.input, hash: hash)
        let turn = begin(call, id: id)
        let proper: (ScriptedAnswer) -> HTTPAnswer = { answer in
            HTTPAnswer(
                status: answer.status,
                contentType: answer.contentType ?? HTTPAnswer.weChatContentType,
                body: answer.body(input: call.input)
            )
        }
        let delivery: Reaction.Delivery
        let outcome: CallOutcome
        switch turn.result {
        case .answer(let answer):
            delivery = .answer(proper(answer))
            if case .raw = answer.content { outcome = .status(answer.status) } else { outcome = .errcode(0) }
        case .fault(let fault):
            (delivery, outcome) = self.delivery(of: fault, proper: proper(.echo), request: request, now: now)
        }
        let sequence = log.begin(
            CallRecord(
                sequence: 0,
                arrival: now.wall,
                environment: call.environment,
                function: call.function,
                id: id,
                byteCount: call.input.count,
                hash: hash,
                ran: turn.ran,
                outcome: nil
            )
        )
        counts.functions[call.function, default: Statistics.Function()].calls += 1
        if turn.ran { counts.functions[call.function]?.ran += 1 }
        let handle = Reaction.Call(
            sequence: sequence,
            function: call.function,
            outcome: outcome,
            occupies: turn.occupies
        )
        return Reaction(delivery, after: turn.latency, call: handle)
    }

    private mutating func begin(_ call: AddressedCall, id: String) -> FunctionScript.Turn {
        if let limit = scenario.quota.concurrency, underWay >= limit {
            let fault = Fault(.errcode(-501_004))
            return FunctionScript.Turn(latency: .zero, result: .fault(fault), ran: false, occupies: false)
        }
        let directions = { Directions(body: call.input) }
        guard let turn = functions[call.function]?.begin(id: id, directions: directions(), using: &generator) else {
            preconditionFailure("function \(call.function) is in the scenario and has no script")
        }
        if turn.occupies {
            underWay += 1
            counts.highestConcurrency = max(counts.highestConcurrency, underWay)
        }
        return turn
    }

    private static func id(of input: [UInt8], hash: UInt64) -> String {
        let object = JSONObject(input)
        return object?.text("id") ?? object?.number("id") ?? "hash-" + ErrorText.hexadecimal(hash, digits: 16)
    }

    private mutating func refuseCall(
        _ code: Int64,
        errmsg: String? = nil,
        _ request: WeChatRequest,
        _ now: Now
    ) -> Reaction {
        refuseCall("\(code)")
        return Reaction(.answer(refusal(code, errmsg: errmsg, request: request, now: now)))
    }
}
