import RelayCore

/// How one kind of source is asked over HTTP: what is sent, and what the answer says.
struct TokenInquiry {
    enum Endpoint {
        case stable(appID: String, secret: @Sendable () throws -> Secret)
        case classic(appID: String, secret: @Sendable () throws -> Secret)
        case service(TokenService)
    }

    /// One token request.
    struct Request {
        var method = HTTPMethod.get
        var target: [UInt8] = []
        var headers: [UInt8] = []
        var body: [UInt8] = []
        /// Masked wherever the answer repeats them.
        var hidden: [Secret] = []
    }

    /// A secret that the request needs is not there.
    struct Unprepared: Error {
        /// WeChat's own code for a request without it.
        let code: OutcomeCode
        let words: String
    }

    let endpoint: Endpoint
    /// For WeChat's own endpoints, below the base URL's path.
    let codec: CallCodec

    var kind: TokenKind {
        switch endpoint {
        case .stable: .stable
        case .classic: .classic
        case .service: .service
        }
    }

    func request(_ fetch: TokenSchedule.Fetch) throws(Unprepared) -> Request {
        var request = Request()
        switch endpoint {
        case .stable(let appID, let secret):
            let secret = try Self.read(secret)
            request.method = .post
            request.target = Array(codec.stableTokenTarget.utf8)
            request.body = CallCodec.stableTokenBody(appID: appID, secret: secret, force: fetch == .forced)
            request.hidden = [secret]
        case .classic(let appID, let secret):
            let secret = try Self.read(secret)
            request.target = codec.classicTokenTarget(appID: appID, secret: secret)
            request.hidden = [secret]
        case .service(let service):
            request.target = Array(service.target.exposed.utf8)
            request.hidden = Self.hidden(in: service.target)
            if let bearer = service.bearer {
                let bearer = try Self.read(bearer: bearer)
                request.headers = Array("Authorization: Bearer \(bearer.exposed)\r\n".utf8)
                request.hidden.append(bearer)
            }
        }
        return request
    }

    func read(status: Int, body: RawSpan) -> TokenAnswer {
        switch endpoint {
        case .stable, .classic: TokenAnswer.read(status: status, body: body)
        case .service(let service): TokenAnswer.readService(status: status, body: body, at: service.path)
        }
    }

    /// What went wrong in words that say who it was that answered, when it was not WeChat.
    func words(_ text: String) -> String {
        guard case .service(let service) = endpoint else { return text }
        return "the token service \(service.name)" + (text.isEmpty ? "" : ": \(text)")
    }

    private static func read(_ secret: @Sendable () throws -> Secret) throws(Unprepared) -> Secret {
        do {
            return try secret()
        } catch {
            throw Unprepared(code: .errcode(41004), words: "the app secret cannot be read: \(error)")
        }
    }

    private static func read(bearer: @Sendable () throws -> Secret) throws(Unprepared) -> Secret {
        let value: Secret
        do {
            value = try bearer()
        } catch {
            throw Unprepared(code: .errcode(41001), words: "its bearer cannot be read: \(error)")
        }
        // A line break would end the header.
        guard value.exposed.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw Unprepared(
                code: .errcode(41001),
                words: "its bearer holds a space, a line break or a letter beyond ASCII"
            )
        }
        return value
    }

    /// The query, and each value in it that is long enough to be a key.
    private static func hidden(in target: Secret) -> [Secret] {
        guard let mark = target.exposed.firstIndex(of: "?") else { return [] }
        let query = target.exposed[target.exposed.index(after: mark)...]
        let values = query.split(separator: "&").compactMap { item -> Substring? in
            let value = item.split(separator: "=", maxSplits: 1).last ?? item
            return value.utf8.count >= 4 ? value : nil
        }
        return ([query] + values).map { Secret(String($0)) }
    }
}
