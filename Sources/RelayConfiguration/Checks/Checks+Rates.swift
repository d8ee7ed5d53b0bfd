import RelayCore

extension Checks {
    /// Limits that say nothing, or that nothing falls under.
    mutating func checkLimits(of app: Setting, name: String) {
        let limits = app["limits"]
        if limits["burst"].integer != nil, case .absent = limits["rate"].content {
            refuse(
                limits["burst"],
                "'\(limits["burst"].key)' has no meaning without '\(limits.key).rate'",
                remedy: "add a rate, e.g. rate: 100/s, or remove it"
            )
        }
        let pipelines = root["pipelines"].members.map(\.setting).filter { $0["app"].text ?? name == name }
        checkShards(limits["in-flight"], of: limits)
        for (environment, setting) in limits["envs"].members {
            checkShards(setting["in-flight"], of: setting)
            let callers = pipelines.filter { calls($0, environment, own: "env", allowed: "envs") }
            if callers.isEmpty {
                warn(
                    setting,
                    "'\(setting.key)' limits an environment that no pipeline of the app calls",
                    remedy: "compare its name with 'env' and 'allow.envs' of the pipelines"
                )
                continue
            }
            for (function, limit) in setting["functions"].members
            where !callers.contains(where: { calls($0, function, own: "function", allowed: "functions") }) {
                warn(
                    limit,
                    "'\(limit.key)' limits a function that no pipeline calls there",
                    remedy: "compare its name with 'function' and 'allow.functions' of the pipelines"
                )
            }
        }
    }

    /// Whether a pipeline calls something of that name; one with a mistake of its own counts as one that does.
    private func calls(_ pipeline: Setting, _ name: String, own: String, allowed: String) -> Bool {
        guard let usual = pipeline[own].text else { return true }
        let bytes = Array(name.utf8)
        return usual == name
            || pipeline["allow"][allowed].texts.contains { Glob.matches($0, bytes.span.bytes) }
    }
}
