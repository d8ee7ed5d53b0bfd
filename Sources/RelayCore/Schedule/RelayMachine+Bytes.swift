extension RelayMachine {
    /// What is kept free for the answer of a call under way, before anybody knows how large it is.
    static let reservedAnswerBytes = 64 << 10

    /// Bytes of the pipeline's window that records may still take.
    ///
    /// Room for the answers of as many calls as there may be is not theirs, up to half of the window: a backlog that has read
    /// the window full would otherwise leave room for one call at a time.
    func bytesForRecords(_ pipeline: Int) -> Int {
        let window = policy.pipelines[pipeline].window.bytes
        let answers = min(policy.pipelines[pipeline].inFlight.max * Self.reservedAnswerBytes, window / 2)
        return window - max(answers, pipelines[pipeline].answerBytes) - pipelines[pipeline].openBytes
    }

    /// Whether the answer of another call has room. One call always may: the window would stay full for ever.
    func hasRoomForAnswer(_ pipeline: Int) -> Bool {
        if pipelines[pipeline].inFlight == 0 { return true }
        let used = pipelines[pipeline].openBytes + pipelines[pipeline].answerBytes
        return used + Self.reservedAnswerBytes <= policy.pipelines[pipeline].window.bytes
    }

    /// Keeps room for a request's answer, or counts what it takes; what is free again is offered to partitions that wait for it.
    mutating func setAnswerBytes(_ id: RequestID, of pipeline: Int, _ count: Int) {
        let more = requests[id.index].setAnswerBytes(count)
        pipelines[pipeline].answerBytes += more
        if more < 0 { offerBytes(pipeline) }
    }
}
