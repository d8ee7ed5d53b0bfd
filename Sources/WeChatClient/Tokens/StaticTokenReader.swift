import RelayCore

/// A token that the configuration holds. A refused one stays refused until another one stands there.
final class StaticTokenReader: TokenProvider {
    var update: (TokenUpdate) -> Void = { _ in }
    private let read: @Sendable () throws -> Secret
    private var current: AccessToken?
    private var isRefused = false

    init(_ read: @escaping @Sendable () throws -> Secret) {
        self.read = read
    }

    func start() {
        look()
    }

    func refresh(refused generation: UInt64) {
        guard current?.generation == generation, !isRefused else { return }
        isRefused = true
        look()
    }

    func retry() {
        look()
    }

    func stop() {
        update = { _ in }
    }

    private func look() {
        let value: Secret
        do {
            value = try read()
        } catch {
            // 41001 is WeChat's own code for a call without a token.
            let errmsg = "the token cannot be read: \(error)"
            update(.refused(code: .errcode(41001), errmsg: errmsg, rid: nil, isUsable: current != nil && !isRefused))
            return
        }
        if value != current?.value {
            isRefused = false
            current = AccessToken(generation: (current?.generation ?? 0) + 1, value: value, expires: nil)
        }
        if let current, !isRefused {
            update(.ready(current))
        } else {
            let errmsg = "WeChat refuses the configured token; put a valid one in its place"
            update(.refused(code: .errcode(40001), errmsg: errmsg, rid: nil, isUsable: false))
        }
    }
}
