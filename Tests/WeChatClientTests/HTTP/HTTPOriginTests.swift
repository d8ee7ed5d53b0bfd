import Testing
import WeChatClient

@Suite("Base URL")
struct HTTPOriginTests {
    @Test("a base URL has scheme, host, port and path")
    func parts() throws {
        let plain = try HTTPOrigin("https://api.weixin.qq.com")
        #expect(plain.scheme == .https && plain.host == "api.weixin.qq.com" && plain.port == 443 && plain.path.isEmpty)
        #expect(plain.hostHeader == "api.weixin.qq.com")
        let full = try HTTPOrigin("HTTP://Gateway.Example:8080/wechat/v1/")
        #expect(full.scheme == .http && full.host == "gateway.example" && full.port == 8_080)
        #expect(full.path == "/wechat/v1")
        #expect("\(full)" == "http://gateway.example:8080/wechat/v1")
        let address = try HTTPOrigin("http://[::1]:81")
        #expect(address.host == "::1" && address.port == 81 && address.hostHeader == "[::1]:81")
    }

    @Test(
        "what is no base URL is refused",
        arguments: [
            "", "api.weixin.qq.com", "ftp://host", "https://", "https://:443", "http://host:0", "http://host:65536",
            "http://host:x", "http://host:", "http://[::1", "http://host?x=1", "http://host/#a", "http://ho st",
            "http://host/ä",
        ]
    )
    func refused(text: String) {
        let problem = #expect(throws: HTTPOriginProblem.self) { try HTTPOrigin(text) }
        #expect(problem?.description.hasPrefix("'\(text)' is no base URL: ") == true)
    }

    @Test("a password in a base URL is refused and not shown")
    func password() {
        let problem = #expect(throws: HTTPOriginProblem.self) { try HTTPOrigin("https://user:hunter2@host") }
        #expect(problem?.description.contains("hunter2") == false)
    }
}
