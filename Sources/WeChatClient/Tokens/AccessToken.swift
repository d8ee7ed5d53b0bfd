package import RelayCore

/// A token that calls carry, and which one it is.
package struct AccessToken: Hashable, Sendable {
    /// Counts up whenever calls should be tried anew with it: a refusal that names an older one says nothing of this one.
    package let generation: UInt64
    package let value: Secret
    /// When it stops being good by the source's word; nil when the source does not say.
    package let expires: MonotonicTime?

    package init(generation: UInt64, value: Secret, expires: MonotonicTime?) {
        self.generation = generation
        self.value = value
        self.expires = expires
    }
}

/// What an app's token source says. After `refused` and `away`, `isUsable` tells whether a token is left that has neither
/// expired nor been refused by a call.
package enum TokenUpdate: Equatable, Sendable {
    /// Calls carry this token from now on.
    case ready(AccessToken)
    /// The app's configuration is wrong, or its quota is used up. `errmsg` is untrusted text, cut and redacted.
    case refused(code: OutcomeCode, errmsg: String, rid: String?, isUsable: Bool)
    /// The token endpoint cannot be reached or is busy.
    case away(OutcomeCode, detail: String, isUsable: Bool)
}
