/// What the server does about a request, and when.
package struct Reaction: Hashable, Sendable {
    package enum Delivery: Hashable, Sendable {
        case answer(HTTPAnswer)
        /// Close the connection without a byte.
        case close
        /// Close the connection half-way through this answer.
        case cut(HTTPAnswer)
        /// Never answer.
        case hang
    }

    /// A call that reached a function and must be reported back with `WeChatRules.finish`.
    package struct Call: Hashable, Sendable {
        package var sequence: Int
        package var function: String
        package var outcome: CallOutcome
        package var occupies: Bool
    }

    package var delay: Duration
    package var delivery: Delivery
    package var call: Call?

    package init(_ delivery: Delivery, after delay: Duration = .zero, call: Call? = nil) {
        self.delivery = delivery
        self.delay = delay
        self.call = call
    }
}

/// An HTTP answer.
package struct HTTPAnswer: Hashable, Sendable {
    /// WeChat's own, as WxJava's source has it.
    package static let weChatContentType = "application/json; encoding=utf-8"

    package var status: Int
    /// Nil for an answer without a body.
    package var contentType: String?
    /// `Retry-After` in whole seconds.
    package var retryAfter: Int?
    package var body: [UInt8]

    package init(
        status: Int = 200,
        contentType: String? = weChatContentType,
        retryAfter: Int? = nil,
        body: [UInt8]
    ) {
        self.status = status
        self.contentType = contentType
        self.retryAfter = retryAfter
        self.body = body
    }

    static func json(_ text: String) -> HTTPAnswer {
        HTTPAnswer(contentType: "application/json", body: Array(text.utf8))
    }

    /// A gateway's page, which has no errcode.
    static func gateway(_ status: Int, retryAfter: Int? = nil) -> HTTPAnswer {
        let page =
            "<html><head><title>\(status)</title></head><body><center><h1>\(status)</h1></center></body></html>\n"
        return HTTPAnswer(status: status, contentType: "text/html", retryAfter: retryAfter, body: Array(page.utf8))
    }
}
