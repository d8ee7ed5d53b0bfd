extension ErrcodeTable {
    /// The codes of cloud development: -4xxxxx of the client SDKs, which are not expected over HTTP, and -5xxxxx, -6xxxxx of
    /// its servers.
    static let cloudRows: [OutcomeRow] = [
        row(
            -401001,
            .permanentConfig,
            "no permission to use the API",
            remedy: "grant the API",
            note: "code of the client SDK: not expected from the HTTP API"
        ),
        row(
            -401002,
            .permanentRequest,
            "wrong parameter",
            remedy: "correct the request; errmsg names what is wrong",
            note: "code of the client SDK: not expected from the HTTP API"
        ),
        row(
            -401003,
            .permanentRequest,
            "wrong parameter type",
            remedy: "correct the request; errmsg names what is wrong",
            note: "code of the client SDK: not expected from the HTTP API"
        ),
        row(
            -403001,
            .permanentRequest,
            "file too large",
            remedy: "correct the request; errmsg names what is wrong",
            note: "code of the client SDK: not expected from the HTTP API"
        ),
        row(
            -404001,
            .unknownOutcome,
            "function call failed inside: empty reply",
            remedy: "look at the function log; the function may have run",
            note: "code of the mini program client SDK: not expected from the HTTP API"
        ),
        row(
            -404002,
            .unknownOutcome,
            "function call failed inside: empty event id",
            remedy: "look at the function log; the function may have run",
            note: "code of the mini program client SDK: not expected from the HTTP API"
        ),
        row(
            -404003,
            .unknownOutcome,
            "function call failed inside: empty poll URL",
            remedy: "look at the function log; the function may have run",
            note: "code of the mini program client SDK: not expected from the HTTP API"
        ),
        row(
            -404004,
            .unknownOutcome,
            "function call failed inside: empty poll result",
            remedy: "look at the function log; the function may have run",
            note: "code of the mini program client SDK: not expected from the HTTP API"
        ),
        row(
            -404005,
            .unknownOutcome,
            "function call failed: too many polls",
            remedy: "look at the function log; the function may have run",
            note: "code of the mini program client SDK: not expected from the HTTP API"
        ),
        row(
            -404006,
            .unknownOutcome,
            "function call failed inside: empty base response",
            remedy: "look at the function log; the function may have run",
            note: "code of the mini program client SDK: not expected from the HTTP API"
        ),
        row(
            -404007,
            .unknownOutcome,
            "function call failed: base response errcode not 0",
            remedy: "look at the function log; the function may have run",
            note: "code of the mini program client SDK: not expected from the HTTP API"
        ),
        row(
            -404008,
            .unknownOutcome,
            "function call failed: bad poll status",
            remedy: "look at the function log; the function may have run",
            note: "code of the mini program client SDK: not expected from the HTTP API"
        ),
        row(
            -404009,
            .unknownOutcome,
            "function call failed inside: poll error",
            remedy: "look at the function log; the function may have run",
            note: "code of the mini program client SDK: not expected from the HTTP API"
        ),
        row(
            -404010,
            .unknownOutcome,
            "function call failed: poll result expired",
            remedy: "look at the function log; the function may have run",
            note: "code of the mini program client SDK: not expected from the HTTP API"
        ),
        row(
            -404011,
            .functionFailed,
            "function execution failed",
            remedy: "look at the function log",
            note: """
                code of the mini program client SDK: not expected from the HTTP API; -504002 is the server side \
                one
                """
        ),
        row(
            -404012,
            .unknownOutcome,
            "function call failed: poll attempts exceeded after time-outs",
            remedy: "look at the function log; the function may have run",
            note: "code of the mini program client SDK: not expected from the HTTP API"
        ),
        row(
            -501000,
            .permanentConfig,
            "environment or function not found or not usable",
            scope: .function,
            remedy: "correct env or function: errmsg tells which",
            note: """
                env when errmsg has 'env not exists' or 'Environment'; errmsg tells which: '[100003] env not \
                exists' / 'Environment invalid' is the pipeline's configuration; 'FunctionName parameter could not \
                be found' is permanent_request when the request's own header named the function
                """
        ),
        row(
            -501001,
            .transient,
            "cloud system error",
            scope: .env,
            remedy: "wait; if errmsg names the environment, correct it",
            note: """
                permanent_config with scope env when errmsg has 'Environment not found'; may wrap 'Environment not \
                found' (community report): then it is configuration; nothing says that the function did not run
                """
        ),
        row(
            -501002,
            .unknownOutcome,
            "cloud response timed out",
            remedy: "make the function faster (5 s over HTTP)",
            note: "the function may have run"
        ),
        row(
            -501003,
            .throttled,
            "requests exceed the environment's quota",
            scope: .env,
            remedy: "buy or wait for the quota of the environment; lower apps.*.limits.envs.*.rate",
            note: """
                the meaning is a count used up (package or month) more than a rate: after three holds in a row \
                treat as quota_exhausted
                """
        ),
        row(
            -501004,
            .concurrencyLimited,
            "concurrent requests exceed the environment's quota",
            remedy: "set apps.*.limits.envs.*.in-flight to what the environment allows (free 20)",
            note: """
                a free environment allows 20 and a paid one 1000; besides a burst limit of 500 new instances a \
                minute and region
                """
        ),
        row(
            -501005,
            .permanentConfig,
            "environment state abnormal",
            scope: .env,
            remedy: "mend the environment in the cloud console (overdue, isolated or being destroyed)"
        ),
        row(-501007, .permanentRequest, "parameter error", remedy: "correct the request; errmsg names what is wrong"),
        row(
            -501009,
            .permanentConfig,
            "resource object illegal or missing",
            scope: .function,
            remedy: "correct env or function: a resource named there is missing"
        ),
        row(
            -501015,
            .quotaExhausted,
            "read quota exhausted",
            ran: .maybe,
            scope: .env,
            remedy: "buy or wait for the database read quota",
            note: """
                database reads of the environment; from inside a function it shows in the function's own error; \
                scope is the environment and not the app
                """
        ),
        row(
            -501016,
            .quotaExhausted,
            "write quota exhausted",
            ran: .maybe,
            scope: .env,
            remedy: "buy or wait for the database write quota",
            note: "database writes of the environment; as -501015"
        ),
        row(
            -501017,
            .permanentConfig,
            "disk exhausted",
            ran: .maybe,
            scope: .env,
            remedy: "free or buy database space",
            note: "does not come back by itself at midnight: someone must free or buy space"
        ),
        row(-501018, .transient, "resource unavailable", scope: .env, remedy: "wait"),
        row(-501019, .permanentConfig, "operation not authorised", scope: .env, remedy: "grant the operation"),
        row(-501020, .permanentRequest, "unknown parameter", remedy: "correct the request; errmsg names what is wrong"),
        row(
            -501021,
            .permanentRequest,
            "operation not supported",
            remedy: "correct the request; errmsg names what is wrong"
        ),
        row(
            -502001,
            .functionFailed,
            "database request failed",
            remedy: "look at the function log",
            note: "comes from inside the function"
        ),
        row(-502002, .functionFailed, "illegal database command", remedy: "look at the function log"),
        row(-502003, .functionFailed, "no permission on the database", remedy: "look at the function log"),
        row(-502005, .functionFailed, "collection does not exist", remedy: "look at the function log"),
        row(-502010, .functionFailed, "database operation failed", remedy: "look at the function log"),
        row(-502011, .functionFailed, "database operation timed out", remedy: "look at the function log"),
        row(
            -502012,
            .functionFailed,
            "database insert failed",
            remedy: "look at the function log",
            note: "comes from inside the function"
        ),
        row(-502013, .functionFailed, "creating a collection failed", remedy: "look at the function log"),
        row(-502014, .functionFailed, "database delete failed", remedy: "look at the function log"),
        row(-502015, .functionFailed, "database query failed", remedy: "look at the function log"),
        row(-503001, .functionFailed, "cloud file request failed", remedy: "look at the function log"),
        row(-503002, .functionFailed, "no permission on the cloud file", remedy: "look at the function log"),
        row(-503003, .functionFailed, "file does not exist", remedy: "look at the function log"),
        row(
            -504001,
            .transient,
            "function call failed",
            counted: true,
            scope: .env,
            remedy: "look at the function log",
            note: "counted; unverified: no source says that user code was not reached"
        ),
        row(
            -504002,
            .functionFailed,
            "function execution failed (user code threw or exited)",
            remedy: "look at the function log: it threw",
            note: "errmsg holds the function's error"
        ),
        row(
            -504003,
            .unknownOutcome,
            "function timed out ('Invoking task timed out after N seconds')",
            ran: .yes,
            remedy: "make the function faster (5 s over HTTP) or run it later (adddelayedfunctiontask)",
            note: """
                the function ran and was cut off: side effects are likely; over HTTP the limit is 5 s so a \
                function that always takes longer never succeeds: few attempts
                """
        ),
        row(-601001, .transient, "WeChat back end: system error", scope: .env, remedy: "wait"),
        row(
            -601002,
            .permanentRequest,
            "WeChat back end: system parameter error",
            remedy: "correct the request; errmsg names what is wrong"
        ),
        row(-601003, .transient, "WeChat back end: network error", scope: .env, remedy: "wait"),
        row(-601004, .permanentConfig, "no permission to use the API", remedy: "grant the API"),
        row(
            -602002,
            .permanentRequest,
            "invalid query string",
            remedy: "correct the request; errmsg names what is wrong",
            note: "database HTTP API of the same family"
        ),
        row(
            -604101,
            .permanentConfig,
            "no permission to call this API; also documented as system error",
            ran: .maybe,
            scope: .function,
            remedy: "list the API in the function config.json and upload it again",
            note: """
                usual cause is a cloud call inside the function whose config.json lacks the API (takes 10 minutes \
                to apply): then it shows in the function's own error
                """
        ),
        row(-604102, .unknownOutcome, "call timed out", remedy: "look at the function log; the function may have run"),
        row(
            -604104,
            .functionFailed,
            "illegal source of invocation",
            remedy: "look at the function log",
            note: "from a cloud call inside the function"
        ),
    ]
}
