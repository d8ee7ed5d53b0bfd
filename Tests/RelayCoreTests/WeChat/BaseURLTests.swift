import RelayCore
import Testing

@Suite("URLs of the WeChat side")
struct BaseURLTests {
    @Test("a base URL has scheme, host, port and path")
    func parts() throws {
        let plain = try BaseURL("https://api.weixin.qq.com")
        #expect(plain.scheme == .https && plain.host == "api.weixin.qq.com" && plain.port == 443 && plain.path.isEmpty)
        #expect(plain.authority == "api.weixin.qq.com" && plain.authorityWithPort == "api.weixin.qq.com:443")
        let full = try BaseURL("HTTP://Gateway.Example:8080/wechat/v1//")
        #expect(full.scheme == .http && full.host == "gateway.example" && full.port == 8_080)
        #expect(full.path == "/wechat/v1")
        #expect("\(full)" == "http://gateway.example:8080/wechat/v1")
        let address = try BaseURL("http://[::1]:80")
        #expect(address.host == "::1" && address.authority == "[::1]" && address.authorityWithPort == "[::1]:80")
        #expect(address.isLoopback && !full.isLoopback)
    }

    @Test(
        "what is no base URL is refused",
        arguments: [
            "", "api.weixin.qq.com", "ftp://host", "https://", "https://:443", "http://host:0", "http://host:65536",
            "http://host:x", "http://host:", "http://[::1", "http://host?x=1", "http://host/#a", "http://ho st",
            "http://host/ä", "http://ho_st", "https://user:hunter2@host",
        ]
    )
    func refused(text: String) {
        let flaw = #expect(throws: URLFlaw.self) { try BaseURL(text) }
        #expect(flaw?.description.hasPrefix("expected a URL ") == true)
        #expect(flaw?.description.contains("hunter2") == false)
    }

    @Test(
        "a proxy's URL has a host, a port, and perhaps user and password",
        arguments: [
            ("http://egress", "egress", 80, nil), ("HTTP://Egress:3128/", "egress", 3_128, nil),
            ("http://[fd00::1]:8080", "fd00::1", 8_080, nil),
            // RFC 7617 §2 and §2.1.
            ("http://Aladdin:open%20sesame@egress:3128", "egress", 3_128, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
            ("http://test:123%C2%A3@egress:3128", "egress", 3_128, "Basic dGVzdDoxMjPCow=="),
            ("http://test:123£@egress:3128", "egress", 3_128, "Basic dGVzdDoxMjPCow=="),
            ("http://user@egress:3128", "egress", 3_128, "Basic dXNlcjo="),
            ("http://us%40er:p%3Aa@s/s@egress:3128", "egress", 3_128, "Basic dXNAZXI6cDphQHMvcw=="),
        ] as [(String, String, Int, String?)]
    )
    func proxy(text: String, host: String, port: Int, authorization: String?) throws {
        let url = try ProxyURL(text)
        #expect(url.host == host && url.port == port)
        #expect(url.authorization?.exposed == authorization)
        let name = host.contains(":") ? "[\(host)]" : host
        #expect("\(url)" == "http://\(authorization == nil ? "" : "***@")\(name):\(port)")
    }

    @Test(
        "what is no proxy's URL is refused without a word of it",
        arguments: [
            "egress:3128", "https://u:hunter2@egress", "http://", "http://u:hunter2@", "http://u:hunter2@egress:0",
            "http://u:hunter2%4@egress", "http://u:hunter2%zz@egress", "http://u%3Av:hunter2@egress",
            "http://u:hunter2%0A@egress", "http://egress/path", "http://egress?hunter2", "http://u:hunter2",
        ]
    )
    func noProxy(text: String) {
        let flaw = #expect(throws: URLFlaw.self) { try ProxyURL(text) }
        #expect(flaw.map { $0.description.contains("expected ") && !$0.description.contains("hunter2") } == true)
    }
}
