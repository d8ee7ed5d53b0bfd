extension ErrcodeTable {
    /// The codes of the WeChat host itself: 0, -1, -1000 and the positive ones.
    static let generalRows: [OutcomeRow] = [
        success,
        row(
            -1,
            .transient,
            "system busy; generic error",
            remedy: "wait; if it lasts, give the rid to WeChat support",
            note: """
                seen as 'system error' with rid or hint; the common SDKs retry it (WxJava 5 times from 1 s \
                doubling; fastwego once); nothing says that the function did not run
                """
        ),
        row(
            -1000,
            .transient,
            "system error",
            remedy: "wait; if it lasts, give the rid to WeChat support",
            note: "nothing says that the function did not run"
        ),
        row(
            40001,
            .refreshToken,
            "AppSecret wrong or access_token invalid or not the latest",
            remedy: """
                check the app secret; if it is right, another process fetches classic tokens: use token.source \
                stable_token or url
                """,
            note: """
                errmsg 'access_token is invalid or not latest': another process renewed the token; also what a \
                cloudbase_access_token gets when sent as access_token; when it comes from the token endpoint \
                itself it means a wrong secret: permanent_config
                """
        ),
        row(
            40002,
            .permanentConfig,
            "invalid grant_type",
            remedy: "use a token source that wxrelay knows; this grant_type is refused",
            note: "token endpoint"
        ),
        row(40013, .permanentConfig, "invalid AppID", remedy: "correct apps.*.app-id"),
        row(40014, .refreshToken, "access_token invalid", remedy: "none: the token is renewed"),
        row(
            40066,
            .permanentConfig,
            "invalid API URL",
            remedy: "correct apps.*.base-url",
            note: "path in the URL not as documented"
        ),
        row(
            40097,
            .permanentRequest,
            "invalid arguments",
            remedy: "correct the request; the argument is named in errmsg"
        ),
        row(
            40101,
            .permanentRequest,
            "required parameter missing",
            remedy: "send env and name; if every request gets this, correct call-style or the proxy",
            note: """
                the relay always sends env and name: if it comes for every request the call style is wrong (query \
                or body form) or a proxy cuts the query: pause instead of failing one by one
                """
        ),
        row(40125, .permanentConfig, "AppSecret invalid", remedy: "correct apps.*.app-secret", note: "token endpoint"),
        row(
            40164,
            .permanentConfig,
            "caller IP not on the IP allow-list of the app",
            remedy: """
                add the address named in errmsg to the IP allow-list in the WeChat admin console (Development \
                settings)
                """,
            note: """
                errmsg 'invalid ip A ipv6 ::ffff:A; not in whitelist' (comma after A): show the IP; seen from the \
                token endpoint only
                """
        ),
        row(
            40243,
            .permanentConfig,
            "AppSecret frozen",
            remedy: "unfreeze the app secret in the WeChat admin console; takes 10 minutes",
            note: "token endpoint; freezing and unfreezing take 10 minutes to apply"
        ),
        row(41001, .refreshToken, "access_token missing", remedy: "none: the token is renewed"),
        row(41002, .permanentConfig, "appid missing", remedy: "set apps.*.app-id", note: "token endpoint"),
        row(41004, .permanentConfig, "secret missing", remedy: "set apps.*.app-secret", note: "token endpoint"),
        row(42001, .refreshToken, "access_token expired", remedy: "none: the token is renewed"),
        row(
            42007,
            .refreshToken,
            "token revoked after a password change",
            remedy: "authorise again: the password was changed",
            note: """
                unverified for this API; third-party authorisation: refreshing cannot help then and two tries end \
                as permanent_config
                """
        ),
        row(
            43002,
            .permanentConfig,
            "HTTP method must be POST",
            remedy: "a proxy rewrites POST: correct it",
            note: "errmsg 'require POST method'; a proxy rewrote the request"
        ),
        row(
            43003,
            .permanentConfig,
            "HTTPS required",
            remedy: "use https in apps.*.base-url",
            note: "base URL is http"
        ),
        row(
            44002,
            .permanentRequest,
            "POST body empty",
            remedy: "send a body; if every request gets this, a proxy drops it",
            note: """
                the relay never sends an empty body: if it comes for every request a proxy drops the body: pause \
                instead
                """
        ),
        row(
            45002,
            .permanentRequest,
            "content too large",
            remedy: "send a smaller body",
            note: "reason request_too_large; errmsg 'content size out of limit'; unverified for this API"
        ),
        row(
            45009,
            .quotaExhausted,
            "daily quota of this API reached (for the token endpoint also the per-minute one)",
            remedy: "wait for the reset, clear the quota in the admin console, or lower apps.*.limits.rate",
            note: """
                errmsg 'reach max api daily quota limit'; until midnight UTC+8 (a report saw it clear then) or \
                clear_quota; on some other APIs the documents give the same code for a per-minute limit: probe \
                slowly and never wait for midnight blindly
                """
        ),
        row(
            45011,
            .throttled,
            "per-minute quota reached; slow down; retry next minute",
            remedy: "lower apps.*.limits.rate",
            note: """
                errmsg 'api minute-quota reach limit; must slower; retry next minute' (commas): hold until the \
                next full minute
                """
        ),
        row(
            45035,
            .permanentConfig,
            "caller IP not on the allow-list",
            remedy: "add the caller address to the allow-list",
            note: "errmsg 'access clientip is not registered'; channels shops; unverified for this API"
        ),
        row(
            47001,
            .permanentRequest,
            "body is not valid JSON or XML",
            remedy: "send valid JSON; if it is valid, correct call-style or the proxy",
            note: "errmsg 'data format error'; also listed by sibling /tcb pages as wrong body format"
        ),
        row(
            48001,
            .permanentConfig,
            "API not authorised for this account",
            remedy: "grant the API to this account in the WeChat admin console",
            note: "errmsg 'api unauthorized': also when the token belongs to another kind of account"
        ),
        row(
            48004,
            .permanentConfig,
            "API forbidden for a violation",
            remedy: "appeal in the WeChat admin console: the API is forbidden to this account"
        ),
        row(
            48017,
            .permanentConfig,
            "the server address used was retired",
            remedy: "resolve the host name again; never pin an address",
            note: """
                official notice of 2023: old addresses answer this; drop connections and resolve the name again \
                before pausing
                """
        ),
        row(
            50002,
            .permanentConfig,
            "account restricted",
            remedy: "unfreeze the account",
            note: "errmsg 'user limited': account frozen or being closed or migrated"
        ),
        row(
            50004,
            .permanentConfig,
            "account may not use access_token (punished)",
            remedy: "appeal: the account may not use tokens",
            note: "token endpoint; errmsg 'user not allow to use accesstoken; maybe for punishment' (comma)"
        ),
        row(50007, .permanentConfig, "account frozen", remedy: "unfreeze the account", note: "token endpoint"),
        row(
            61003,
            .permanentConfig,
            "account has not authorised the component",
            remedy: "let the account authorise the platform",
            note: "third-party platform"
        ),
        row(
            61004,
            .permanentConfig,
            "caller IP not on the allow-list (third-party platform)",
            remedy: "add the address to the platform allow-list",
            note: """
                the guide gives it for an address outside the IP allow-list; WxJava also has it as API not \
                authorised
                """
        ),
        row(
            61005,
            .permanentConfig,
            "component ticket expired",
            remedy: "renew the component ticket",
            note: "third-party platform; whoever keeps the component token must act"
        ),
        row(
            61006,
            .permanentConfig,
            "component ticket invalid",
            remedy: "renew the component ticket",
            note: "third-party platform"
        ),
        row(
            61007,
            .permanentConfig,
            "API not authorised to the component",
            remedy: "grant the API to the platform",
            note: "third-party platform"
        ),
        row(61023, .permanentConfig, "refresh token invalid", remedy: "authorise again", note: "third-party platform"),
        row(
            61024,
            .permanentConfig,
            "token must be fetched through the component API",
            remedy: "fetch the token through the component API (token.source url)",
            note: "token endpoint; account is managed by a third-party platform"
        ),
        row(
            85088,
            .permanentConfig,
            "app has not enabled cloud development",
            remedy: "switch on cloud development for this app",
            note: "errmsg 'no qbase privilege'"
        ),
        row(
            89501,
            .permanentConfig,
            "an earlier call still waits for the administrator",
            remedy: "an administrator confirms the pending call",
            note: "token endpoint"
        ),
        row(
            89503,
            .permanentConfig,
            "this call needs an administrator's confirmation",
            remedy: "an administrator confirms this call",
            note: "token endpoint"
        ),
        row(
            89506,
            .permanentConfig,
            "call from this IP refused by the administrator twice; 24 h",
            remedy: "wait 24 hours, then ask an administrator",
            note: "token endpoint"
        ),
        row(
            89507,
            .permanentConfig,
            "call from this IP refused by the administrator; 1 h",
            remedy: "wait an hour, then ask an administrator",
            note: "token endpoint"
        ),
        row(
            268488001,
            .transient,
            "system busy; please try later",
            counted: true,
            remedy: "wait",
            note: "seen on another API of the host: codes outside every list do occur"
        ),
    ]
}
