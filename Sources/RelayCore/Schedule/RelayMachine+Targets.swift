/// Places of targets and scopes that nothing refers to any more.
///
/// Functions and environments are named by records: without an end to them, each name would stay for the process's life.
struct TargetVacancies: Sendable {
    var targets: [Int] = []
    var scopes: [Int] = []
    /// How many targets there may be before idle ones are looked for.
    var mostTargets = 256
}

extension RelayMachine {
    /// The target of a record that names an environment, a function, or neither: then it is the pipeline's own.
    mutating func target(pipeline: Int, environment: String?, function: String?) -> Int {
        // Most records name what the one before them named, most often nothing.
        if let last = pipelines[pipeline].lastTarget, !targets[last].isVacant,
            targets[last].address.function.isNamed(by: function, else: policy.pipelines[pipeline].function),
            targets[last].address.environment.isNamed(by: environment, else: policy.pipelines[pipeline].environment),
            targets[last].address.pipeline == pipeline
        {
            return last
        }
        let environment = environment ?? policy.pipelines[pipeline].environment
        let function = function ?? policy.pipelines[pipeline].function
        let app = policy.pipelines[pipeline].app
        let address = Target.Address(app: app, pipeline: pipeline, environment: environment, function: function)
        if let known = targetIndexes[address] {
            pipelines[pipeline].lastTarget = known
            return known
        }
        if vacancies.targets.isEmpty && targets.count >= vacancies.mostTargets { vacateIdle() }
        let chain = [
            scope(app: app, environment: "", function: ""),
            scope(app: app, environment: environment, function: ""),
            scope(app: app, environment: environment, function: function),
        ]
        var target = Target(address: address, scopes: chain)
        target.held.set(isHeld(target), at: now.monotonic)
        let index = vacancies.targets.popLast() ?? targets.count
        if index == targets.count { targets.append(target) } else { targets[index] = target }
        targetIndexes[address] = index
        return index
    }

    private mutating func scope(app: Int, environment: String, function: String) -> Int {
        let address = ScopeAddress(app: app, environment: environment, function: function)
        if let known = scopeIndexes[address] { return known }
        let kind: HoldScope = !function.isEmpty ? .function : !environment.isEmpty ? .env : .app
        let scope = Scope(kind: kind, app: app, environment: environment, function: function)
        let index = vacancies.scopes.popLast() ?? scopes.count
        if index == scopes.count {
            scopes.append(scope)
            scopeLimits.append(nil)
        } else {
            scopes[index] = scope
        }
        scopeIndexes[address] = index
        if apps[app].share != nil { setLimit(index) }
        return index
    }

    /// The scope of one width that a request belongs to.
    func scope(_ kind: HoldScope, of id: RequestID) -> Int {
        let chain = targets[requests[id.index].target].scopes
        switch kind {
        case .app: return chain[0]
        case .env: return chain[1]
        case .function: return chain[2]
        }
    }

    mutating func appScope(_ app: Int) -> Int {
        scope(app: app, environment: "", function: "")
    }

    /// Gives up the targets without an open request, and the scopes that neither a target nor a hold needs.
    private mutating func vacateIdle() {
        var neededScopes = Set(heldScopes)
        for (address, index) in targetIndexes {
            let isIdle = targets[index].openCount == 0 && !pipelines[address.pipeline].turns.contains(index)
            if isIdle {
                targetIndexes[address] = nil
                vacancies.targets.append(index)
                targets[index].vacate()
            } else {
                neededScopes.formUnion(targets[index].scopes)
            }
        }
        for (address, index) in scopeIndexes where !neededScopes.contains(index) {
            // What an app's answers told is few and worth keeping; a limit must not forget what was used up.
            guard scopes[index].kind != .app, scopeLimits[index] == nil else { continue }
            scopeIndexes[address] = nil
            vacancies.scopes.append(index)
        }
        vacancies.mostTargets = max(256, 2 * (targets.count - vacancies.targets.count))
        // A hash table has no order, and equal histories must have equal numbers.
        vacancies.targets.sort()
        vacancies.scopes.sort()
    }
}

extension String {
    /// Whether a record's own word means it, or where there is none the usual one.
    fileprivate func isNamed(by own: String?, else usual: String) -> Bool {
        if let own { own == self } else { usual == self }
    }
}
