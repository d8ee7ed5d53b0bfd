import RelayCore

extension Checks {
    mutating func checkApps() {
        let used = root["pipelines"].members.compactMap { $0.setting["app"].text }
        let apps = root["apps"].members
        checkClassicTokens()
        for (name, app) in apps {
            checkForm(of: app["app-id"])
            checkHosts(app["base-url"])
            checkToken(of: app)
            checkAuthorities(of: app["tls"]["ca-file"])
            checkLimits(of: app, name: name)
            if let request = app["timeouts"]["request"].duration, request < .seconds(5) {
                warn(
                    app["timeouts"]["request"],
                    "'\(app.key).timeouts.request' is \(UnitText.words(request)), but a function may run 5s:"
                        + " calls that end well would count as unknown outcomes",
                    remedy: "write 6s or more"
                )
            }
            if apps.count > 1, !used.contains(name) {
                warn(app, "no pipeline uses the app '\(name)'", remedy: "name it by a pipeline's 'app', or remove it")
            }
        }
    }

    /// A pipeline's app: named, or the only one.
    mutating func checkApp(of pipeline: Setting) {
        let names = root["apps"].members.map(\.name)
        if let name = pipeline["app"].text {
            if names.isEmpty || names.contains(name) { return }
            let nearest = NearestName.of(name, among: names)
            refuse(
                pipeline["app"],
                "'\(pipeline["app"].key)' is '\(name)', which is no app here",
                remedy: nearest.map { "did you mean '\($0)'?" } ?? "the apps are \(names.joined(separator: ", "))"
            )
        } else if case .absent = pipeline["app"].content, names.count > 1 {
            refuse(
                pipeline["app"],
                "'\(pipeline["app"].key)' is missing, and there are \(names.count) apps",
                remedy: "add one of \(names.joined(separator: ", "))"
            )
        }
    }

    /// WeChat docs: app ids of mini programs and official accounts are `wx` and 16 hexadecimal digits.
    private mutating func checkForm(of setting: Setting) {
        guard let appID = setting.text, appID.wholeMatch(of: /wx[0-9a-f]{16}/) == nil else { return }
        warn(
            setting,
            "'\(setting.key)' is '\(appID)', but app ids are wx and 16 hexadecimal digits",
            remedy: "compare it with the WeChat admin console"
        )
    }

    private mutating func checkHosts(_ setting: Setting) {
        var named: Set<BaseURL> = []
        for item in setting.list {
            guard let url = item.baseURL else { continue }
            if !named.insert(url).inserted {
                refuse(item, "'\(item.key)' is \(url), which is there before", remedy: "name each host once")
            }
            if url.scheme == .http, !url.isLoopback {
                warn(
                    item,
                    "'\(item.key)' is plain http: WeChat answers 43003, and the access token can be read on the way",
                    remedy: "write https://\(url.host)"
                )
            }
        }
    }

    private mutating func checkAuthorities(of setting: Setting) {
        guard let path = setting.text else { return }
        do throws(TextFile.Failure) {
            _ = try TextFile.read(path)
        } catch {
            refuse(
                setting,
                "'\(setting.key)' is '\(path)', which \(error.words)",
                remedy: "provide the file or correct its path"
            )
        }
    }

    /// A secret's file may come later for an app: it is read again at each token request after a refusal. Kafka's is read
    /// once, at the start.
    mutating func checkSecretFiles() {
        for app in root["apps"].members.map(\.setting) {
            for setting in [app["app-secret"], app["token"]["value"], app["token"]["bearer"]] {
                guard let flaw = unreadable(setting) else { continue }
                warn(setting, "'\(setting.key)': \(flaw)", remedy: "provide it before the relay starts")
            }
            checkProxyFile(app["proxy"])
        }
        for property in root["kafka"].members.map(\.setting) {
            guard let flaw = unreadable(property) else { continue }
            refuse(property, "'\(property.key)': \(flaw)", remedy: "provide the file or correct its path")
        }
    }

    private mutating func checkProxyFile(_ setting: Setting) {
        guard let source = setting.proxy else { return }
        do throws(ProxyUnusable) {
            _ = try source.read()
        } catch {
            switch error {
            case .unreadable(let flaw):
                warn(setting, "'\(setting.key)': \(flaw)", remedy: "provide it before the relay starts")
            case .noURL:
                refuse(setting, "'\(setting.key)': \(error)", remedy: "write http://user:password@host:port into it")
            }
        }
    }

    private func unreadable(_ setting: Setting) -> SecretUnreadable? {
        guard let source = setting.secret else { return nil }
        do throws(SecretUnreadable) {
            _ = try source.read()
            return nil
        } catch {
            return error
        }
    }
}
