import RelayCore
import Testing

@Suite("Answers about the quota") struct QuotaAnswerTests {
    private func read(_ text: String, status: Int = 200) -> QuotaAnswer {
        QuotaAnswer.read(status: status, body: Array(text.utf8).span.bytes)
    }

    @Test("the documented answer gives all its figures")
    func documented() {
        let answer = read(
            """
            {"errcode":0,"errmsg":"ok","quota":{"daily_limit":1000,"used":12,"remain":988},
             "rate_limit":{"call_count":5000,"refresh_second":60},"component_rate_limit":{"call_count":1,"refresh_second":2}}
            """
        )
        let quota = QuotaAnswer.Quota(
            dailyLimit: 1_000,
            used: 12,
            remaining: 988,
            rate: 5_000,
            ratePeriod: .seconds(60)
        )
        #expect(answer == .quota(quota))
    }

    @Test("figures that are missing or no integers are unknown, the others count")
    func partial() {
        #expect(
            read(#"{"errcode":0,"quota":{"daily_limit":"1000","used":null,"remain":0.5},"rate_limit":[1]}"#)
                == .quota(QuotaAnswer.Quota(dailyLimit: 1_000))
        )
        #expect(read(#"{"errcode":0}"#) == .quota(QuotaAnswer.Quota()))
    }

    @Test("a refusal gives code, errmsg and rid")
    func refused() {
        #expect(
            read(#"{"errcode":76021,"errmsg":"cgi_path not found rid: 00000001-00000002-00000003"}"#)
                == .refused(
                    code: .errcode(76021),
                    errmsg: "cgi_path not found rid: 00000001-00000002-00000003",
                    rid: "00000001-00000002-00000003"
                )
        )
    }

    @Test("what is no answer of WeChat's is shown as it came")
    func unreadable() {
        #expect(
            read("<html>blocked</html>", status: 403)
                == .unreadable(code: .status(403), excerpt: "<html>blocked</html>")
        )
    }
}
