import RelayCore
import Testing

struct RedactionTests {
    @Test(arguments: [
        ("", ""), ("nothing to hide", "nothing to hide"), ("access_token is invalid", "access_token is invalid"),
        ("invalid appsecret, rid: 1", "invalid appsecret, rid: 1"), ("access_token=", "access_token="),
        ("access_token=&a", "access_token=&a"),
        ("POST /p?access_token=68_a-b&env=e HTTP/1.1", "POST /p?access_token=***&env=e HTTP/1.1"),
        ("?access_token=68_a HTTP/1.1", "?access_token=*** HTTP/1.1"),
        ("?access_token=68_a\" b", "?access_token=***\" b"),
        ("?access_token=68_a", "?access_token=***"), ("?ACCESS_TOKEN=68_a&b", "?ACCESS_TOKEN=***&b"),
        ("?component_access_token=x&access_token=y", "?component_access_token=***&access_token=***"),
        ("access_token%3D68_a%26env", "access_token%3D***"), ("appid=wx1&secret=0f1e&x", "appid=wx1&secret=***&x"),
        ("{\"access_token\":\"68_a\",\"expires_in\":7200}", "{\"access_token\":\"***\",\"expires_in\":7200}"),
        ("{\"access_token\" : \"68_a\"}", "{\"access_token\" : \"***\"}"),
        ("{\"access_token\":\"6\\/8\\\"x\"}", "{\"access_token\":\"***\"}"),
        ("{\"access_token\":\"\"}", "{\"access_token\":\"\"}"), ("{\"access_token\":\"68_a", "{\"access_token\":\"***"),
        ("{\\\"access_token\\\":\\\"68_a\\\",\\\"b\\\":1}", "{\\\"access_token\\\":\\\"***\\\",\\\"b\\\":1}"),
        ("{\\\"u\\\":\\\"/p?access_token=68_a\\\"}", "{\\\"u\\\":\\\"/p?access_token=***\\\"}"),
        ("{'secret':'s 1'}", "{'secret':'***'}"), ("app-secret: s1, b", "app-secret: ***, b"),
        ("refresh_token=r r", "refresh_token=*** r"),
        ("secret='a b' c", "secret='***' c"), ("a access_token=中文 b", "a access_token=*** b"),
        ("{\"appsecret\":\"s\\\\\"}", "{\"appsecret\":\"***"),
        ("<a href='?access_token=t'>", "<a href='?access_token=***'>"),
    ])
    func `Values behind the names of secrets are masked and the rest is kept`(_ text: String, _ shown: String) {
        #expect(Redaction.redact(text) == shown)
    }

    @Test func `Known secrets are masked wherever they stand`() {
        let secrets = [Secret("s3cr3t"), Secret(""), Secret("68_a")]
        #expect(Redaction.redact("s3cr3t and 68_as3cr3t68_", secrets: secrets) == "*** and ******68_")
        #expect(Redaction.redact("none", secrets: secrets) == "none")
        #expect(Redaction.redact("68_a\u{301}, 6868_a", secrets: secrets) == "***\u{301}, 68***")
    }

    @Test func `A secret that a text's end cuts off is masked when so much of it is there that it can be told`() {
        let secrets = [Secret("68_abcdefgh"), Secret("68_abcdefghijkl")]
        #expect(Redaction.redact("at 68_abcd", secrets: secrets) == "at 68_abcd")
        #expect(Redaction.redact("at 68_abcde", secrets: secrets) == "at ***")
        #expect(Redaction.redact("68_abcdefghijkl, 68_abcdefghijk", secrets: secrets) == "***, ***")
        #expect(Redaction.redact("at 68_abcde.", secrets: secrets) == "at 68_abcde.")
    }

    @Test func `The longest secret is masked first, since another one may begin it`() {
        #expect(Redaction.redact("68_abc!", secrets: [Secret("68_a"), Secret("68_abc")]) == "***!")
    }

    @Test func `A masked text stays masked and is masked only once`() {
        let once = Redaction.redact("x?access_token=68_a&b \"secret\":\"t\"")
        #expect(Redaction.redact(once) == once)
    }
}
