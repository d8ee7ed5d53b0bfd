import RelayCore

extension Checks {
    /// A revoked partition waits for its calls, and the others of the group wait for it: a member that was parked in
    /// JoinGroup longer than its session was seen to be evicted, so the session must outlast two drains.
    mutating func checkDrains() {
        let drain = root["rebalance"]["drain"]
        let stop = root["stop"]["drain"]
        for app in root["apps"].members.map(\.setting) {
            let request = app["timeouts"]["request"]
            guard let limit = request.duration else { continue }
            let least = limit + .seconds(2)
            if let duration = drain.duration, duration < least {
                refuse(
                    written((drain, root["rebalance"]), (request, app["timeouts"])),
                    "'rebalance.drain' is \(UnitText.words(duration)), less than '\(request.key)'"
                        + " (\(UnitText.words(limit))) + 2s: calls would be cut at a rebalance",
                    remedy: "write drain: \(UnitText.words(least)), or a shorter request time-out"
                )
            }
            if let duration = stop.duration, duration < limit {
                warn(
                    written((stop, root["stop"]), (request, app["timeouts"])),
                    "'stop.drain' is \(UnitText.words(duration)), less than '\(request.key)'"
                        + " (\(UnitText.words(limit))): calls in flight may be cut at a stop",
                    remedy: "write drain: \(UnitText.words(limit)) or more"
                )
            }
        }
        let session = root["kafka"]["session.timeout.ms"]
        guard let milliseconds = session.integer else { return }
        if let duration = drain.duration, .milliseconds(milliseconds) < duration * 2 {
            let least = Int(duration * 2 / .milliseconds(1))
            refuse(
                written((session, root["kafka"]), (drain, root["rebalance"])),
                "'kafka.session.timeout.ms' is \(milliseconds), less than 2 x 'rebalance.drain'"
                    + " (\(UnitText.words(duration))): a member could lose its session while others drain",
                remedy: "write session.timeout.ms: \(least) or more, or a shorter drain"
            )
        }
        // librdkafka's own rule, with its default of five minutes.
        let poll = root["kafka"].members.first { $0.name == "max.poll.interval.ms" }?.setting
        let interval = poll?.text.flatMap { Int($0) } ?? 300_000
        if milliseconds > interval {
            refuse(
                written((session, root["kafka"]), (poll ?? session, root["kafka"])),
                "'kafka.session.timeout.ms' is \(milliseconds), more than 'max.poll.interval.ms' (\(interval))",
                remedy: "write max.poll.interval.ms: \(milliseconds) or more"
            )
        }
    }

    mutating func checkAllowList(_ pipeline: Setting) {
        let functions = pipeline["allow"]["functions"]
        let admitted = Set(functions.texts).subtracting([pipeline["function"].text ?? ""])
        guard !admitted.isEmpty else { return }
        warn(
            functions,
            "'\(functions.key)' admits several functions: when one of them is held, its records can fill a"
                + " partition's window, and the others wait behind them",
            remedy: "use a pipeline and a topic for each function where that matters"
        )
    }

    mutating func checkInFlight(_ pipeline: Setting) {
        let least = pipeline["in-flight"]["min"]
        let most = pipeline["in-flight"]["max"]
        guard let min = least.integer, let max = most.integer else { return }
        if min > max {
            refuse(least, "'\(least.key)' is \(min), more than max (\(max))", remedy: "write min: \(max) or less")
        }
        guard let bytes = pipeline["window"]["bytes"].size else { return }
        // Room for an answer is reserved for each call, or it does not start.
        let needed = max * ByteCount(64 << 10)
        if needed > bytes {
            warn(
                written((most, pipeline["in-flight"]), (pipeline["window"]["bytes"], pipeline["window"])),
                "'\(most.key)' is \(max), but window.bytes (\(bytes)) has room for \(bytes.value >> 16) answers of 64KiB",
                remedy: "write window: {bytes: \(needed)} or more, or a lower max"
            )
        }
    }

    /// The open list of a partition rides in the commit's metadata: 4,096 characters in base64 are 3,072 bytes, less what
    /// else is in it. An open record takes one byte, and one more for each 64 and each 8,192 offsets that are between.
    mutating func checkWindow(_ pipeline: Setting) {
        let window = pipeline["window"]
        guard let open = window["open"].integer, let distance = window["distance"].integer else { return }
        if distance < open {
            refuse(
                window["distance"],
                "'\(window.key).distance' is \(distance), less than open (\(open))",
                remedy: "write distance: \(open) or more"
            )
            return
        }
        let bytes = open + min(open, distance / 64) + min(open, distance / 8_192) + min(open, distance / 1_048_576)
        let room = 3_000
        if bytes > room {
            refuse(
                window["open"],
                "'\(window.key).open' is \(open) with a distance of \(distance): the list of open records"
                    + " would need \(bytes) bytes, and a commit has room for \(room)",
                remedy: "write a lower open or distance; 1000 and 100000 always fit"
            )
        }
    }

    mutating func checkRetry(_ pipeline: Setting) {
        let retry = pipeline["retry"]
        guard let initial = retry["initial"].duration else { return }
        if let longest = retry["max"].duration, initial > longest {
            refuse(
                written((retry["initial"], retry), (retry["max"], retry)),
                "'\(retry.key).initial' is \(UnitText.words(initial)), more than max"
                    + " (\(UnitText.words(longest)))",
                remedy: "write initial: \(UnitText.words(longest)) or less"
            )
        }
        if let budget = retry["budget"].duration, initial > budget {
            refuse(
                retry["budget"],
                "'\(retry.key).budget' is \(UnitText.words(budget)), less than initial"
                    + " (\(UnitText.words(initial))): nothing would be tried again",
                remedy: "write a longer budget"
            )
        }
    }
}
