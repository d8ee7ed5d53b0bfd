import RelayConfiguration
import RelayCore
import Testing

@Suite("Where an app's calls go")
struct AddressTests {
    @Test("a list of base URLs is the order of preference, each taken apart")
    func baseURLs() throws {
        let configuration = try Sample.parse(
            Sample.minimal("    app-id:", "    base-url: ['https://a/x', http://localhost:1, '${B}']\n    app-id:"),
            environment: ["SECRET": "s", "B": "https://b"]
        )
        #expect(
            configuration.apps.first?.baseURLs.map(\.description) == ["https://a/x", "http://localhost:1", "https://b"]
        )
        #expect(configuration.warnings.isEmpty)
    }

    @Test(
        "a host or a proxy that is none is refused with its place, and without a password",
        arguments: [
            Mistake(
                "    app-id:",
                "    base-url: [https://a, https://user:pass@host]\n    app-id:",
                "5:27: 'apps.main.base-url[1]' is a URL with an @, expected a URL of scheme, host, port and path only;"
                    + " write e.g. base-url: https://api.weixin.qq.com"
            ),
            Mistake(
                "    app-id:",
                "    base-url: [https://a, HTTPS://A:443/]\n    app-id:",
                "5:27: 'apps.main.base-url[1]' is https://a, which is there before; name each host once"
            ),
            Mistake(
                "    app-id:",
                "    base-url: []\n    app-id:",
                "5:15: 'apps.main.base-url' is an empty list, expected a URL that begins with https:// or http://, or a"
                    + " list of such; write e.g. base-url: https://api.weixin.qq.com"
            ),
            Mistake(
                "    app-id:",
                "    proxy: https://user:pass@egress\n    app-id:",
                "5:12: 'apps.main.proxy' is no proxy's URL, expected a URL that begins with http://; TLS goes through the"
                    + " proxy, not to it; write e.g. proxy: http://egress:3128"
            ),
            Mistake(
                "    app-id:",
                "    proxy: http://user:p%ss@egress\n    app-id:",
                "5:12: 'apps.main.proxy' is no proxy's URL, expected a user name and a password whose every % begins an"
                    + " escape such as %40; write e.g. proxy: http://egress:3128"
            ),
            Mistake(
                "    app-id:",
                "    proxy: http://u:${file:p}@egress\n    app-id:",
                "5:12: 'apps.main.proxy' has a text beside its ${file:…}, which then could not be read again;"
                    + " put the whole secret into the file"
            ),
            Mistake(
                "    app-id:",
                "    proxy: [http://egress]\n    app-id:",
                "5:12: 'apps.main.proxy' is a list, expected a proxy's URL: http://[user:password@]host[:port];"
                    + " write e.g. proxy: http://egress:3128"
            ),
        ]
    )
    func refused(mistake: Mistake) {
        #expect(Sample.problems(Sample.minimal(mistake.piece, mistake.other)) == ["f.yaml:\(mistake.message)"])
    }
}
