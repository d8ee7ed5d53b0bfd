import RelayCore

extension AppLimits {
    /// From `limits:` of an app.
    init(_ limits: Setting) {
        self.init(
            rate: limits["rate"].rate,
            burst: limits["burst"].integer,
            inFlight: limits["in-flight"].integer,
            environments: limits["envs"].members.reduce(into: [:]) { environments, member in
                environments[member.name] = EnvironmentLimits(member.setting)
            }
        )
    }
}

extension EnvironmentLimits {
    init(_ limits: Setting) {
        self.init(
            rate: limits["rate"].rate,
            inFlight: limits["in-flight"].integer,
            functions: limits["functions"].members.reduce(into: [:]) { functions, member in
                functions[member.name] = member.setting["rate"].rate
            }
        )
    }
}
