import RelayCore

/// What no single value can be judged by: the rules across keys. A value that was already refused is passed over.
struct Checks {
    let root: Setting
    private(set) var findings: Findings

    init(root: Setting, findings: Findings) {
        self.root = root
        self.findings = findings
    }

    mutating func run() {
        checkApps()
        checkSecretFiles()
        checkTopics()
        checkDrains()
        for pipeline in root["pipelines"].members.map(\.setting) {
            checkApp(of: pipeline)
            checkAllowList(pipeline)
            checkInFlight(pipeline)
            checkShards(pipeline["in-flight"]["max"], of: pipeline["in-flight"])
            checkWindow(pipeline)
            checkRetry(pipeline)
        }
    }

    mutating func refuse(_ setting: Setting, _ problem: String, remedy: String) {
        findings.refuse(setting.key, at: setting.place, problem, remedy: remedy)
    }

    mutating func warn(_ setting: Setting, _ problem: String, remedy: String) {
        findings.warn(setting.key, at: setting.place, problem, remedy: remedy)
    }

    /// Of settings that do not fit together the first that the file has; a default stands where its mapping stands.
    func written(_ settings: (setting: Setting, mapping: Setting)...) -> Setting {
        let written = settings.first { $0.setting.place != $0.mapping.place }
        return (written ?? settings[0]).setting
    }
}
