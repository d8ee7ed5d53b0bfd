import NIOCore
import NIOPosix
import RelayCore
import Sockets

/// A token that another process writes into a file.
///
/// The file is read whole each second, in a thread of its own, and its content compared: modification times are too coarse
/// to show two writings in a row, and watching a file breaks when it is replaced. It costs four system calls a second.
/// Whether the writer renames a new file into place or writes over the old one does not matter: nothing in it means that
/// it is being written, and half a token would be refused by WeChat, and the file read again.
final class FileTokenReader: TokenProvider {
    private enum Phase {
        case new, running, stopped
    }

    var update: (TokenUpdate) -> Void = { _ in }
    private let file: String
    private let path: TokenPath?
    private let interval: Duration
    private let eventLoop: EpollLoop
    private var current: AccessToken?
    /// A call was refused because of the current token.
    private var isRefused = false
    /// What is wrong with the file, as it was told last.
    private var trouble: String?
    private var wasBlank = false
    private var phase = Phase.new
    private var isLooking = false
    /// Somebody waits for an update from a look that has not begun yet.
    private var isAsked = false
    private var timer: Scheduled<Void>?

    init(_ file: String, at path: TokenPath?, every interval: Duration, eventLoop: EpollLoop) {
        self.file = file
        self.path = path
        self.interval = interval
        self.eventLoop = eventLoop
    }

    func start() {
        guard phase == .new else { return }
        phase = .running
        ask()
    }

    func refresh(refused generation: UInt64) {
        guard current?.generation == generation, !isRefused else { return }
        isRefused = true
        ask()
    }

    func retry() {
        ask()
    }

    func stop() {
        phase = .stopped
        timer?.cancel()
        timer = nil
        update = { _ in }
    }

    // MARK: Looking

    private func ask() {
        guard phase == .running else { return }
        isAsked = true
        look()
    }

    private func look() {
        // A look under way may have begun before what is asked about: another one follows it.
        guard !isLooking else { return }
        isLooking = true
        let isAsked = isAsked
        self.isAsked = false
        timer?.cancel()
        timer = nil
        NIOThreadPool.singleton.runIfActive(eventLoop: eventLoop) { [file] in TokenFile.read(file) }
            .assumeIsolated().whenComplete { result in
                self.isLooking = false
                guard self.phase == .running else { return }
                switch result {
                case .success(let found): self.take(found, isAsked: isAsked)
                // The pool of the process runs as long as the process.
                case .failure(let error): self.take(.unreadable("cannot be read (\(error))"), isAsked: isAsked)
                }
                if self.isAsked { self.look() } else { self.arm() }
            }
    }

    private func arm() {
        guard phase == .running else { return }
        timer = eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(interval)) { self.look() }
    }

    private func take(_ found: TokenFile, isAsked: Bool) {
        switch found {
        case .unreadable(let words):
            wasBlank = false
            tell(words, isAsked)
        case .content(let bytes):
            let text = TokenText.read(bytes.span.bytes, at: path)
            // One look at an empty file may be at the moment of its writing.
            let isMoment = text == .blank && !wasBlank && current != nil
            wasBlank = text == .blank
            switch text {
            case .token(let value, _): take(value, isAsked)
            case .blank: isMoment ? tellAgain(isAsked) : tell("is empty", isAsked)
            case .foreign(let words): tell("holds \(words)", isAsked)
            }
        }
    }

    /// `expires_in` does not count: it was true when the file was written.
    private func take(_ value: Secret, _ isAsked: Bool) {
        let isNew = value != current?.value
        if isNew {
            isRefused = false
            current = AccessToken(generation: (current?.generation ?? 0) + 1, value: value, expires: nil)
        }
        let isMended = trouble != nil
        trouble = nil
        if isNew || isMended || isAsked { tellAgain(true) }
    }

    /// The state as it is, to who asked.
    private func tellAgain(_ isAsked: Bool) {
        guard isAsked else { return }
        if let current, !isRefused {
            update(.ready(current))
        } else {
            refuse(
                .errcode(40001),
                "WeChat refuses the token in the file '\(file)', and there is no other one in it yet"
            )
        }
    }

    private func tell(_ words: String, _ isAsked: Bool) {
        guard isAsked || words != trouble else { return }
        trouble = words
        refuse(.errcode(41001), "the token file '\(file)' \(words)")
    }

    private func refuse(_ code: OutcomeCode, _ errmsg: String) {
        update(.refused(code: code, errmsg: errmsg, rid: nil, isUsable: current != nil && !isRefused))
    }
}
