import NIOSSL
import RelayCore
import Sockets

/// An exchange's end without a whole answer.
struct TransportFailure: Equatable {
    let outcome: TransportOutcome
    let detail: String

    /// What an error says that came up before TCP was connected, to the proxy if there is one.
    static func connecting(_ error: any Error, through proxy: ProxyURL?) -> TransportFailure {
        let failure = connecting(error)
        guard let proxy else { return failure }
        return TransportFailure(outcome: failure.outcome, detail: "the proxy \(proxy): \(failure.detail)")
    }

    private static func connecting(_ error: any Error) -> TransportFailure {
        switch error {
        case let error as NameUnresolved: TransportFailure(outcome: .dns, detail: "\(error)")
        case let error as DialFailure where error.isTimeout:
            TransportFailure(outcome: .connectTimeout, detail: "\(error)")
        default: TransportFailure(outcome: .connectRefused, detail: "\(error)")
        }
    }

    /// What an error says that came up between TCP and the end of the TLS handshake.
    static func handshaking(_ error: any Error) -> TransportFailure {
        switch error {
        case NIOSSLError.handshakeFailed(let cause):
            let words = words(of: cause)
            // BoringSSL's reasons reach us as text only.
            guard words.contains("CERTIFICATE_VERIFY_FAILED") else {
                return TransportFailure(outcome: .tls, detail: "the TLS handshake failed (\(words))")
            }
            return TransportFailure(
                outcome: .certificateRefused,
                detail: "no trusted authority vouches for the server's certificate, or it is not valid now (\(words))"
            )
        case NIOSSLError.noCertificateToValidate, NIOSSLError.unableToValidateCertificate,
            NIOSSLError.cannotFindPeerIP, NIOSSLError.cannotMatchULabel:
            return TransportFailure(outcome: .certificateRefused, detail: "\(error)")
        case let error as NIOSSLExtraError:
            let isRefusal = error == .failedToValidateHostname || error == .serverHostnameImpossibleToMatch
            return TransportFailure(outcome: isRefusal ? .certificateRefused : .tls, detail: "\(error)")
        default:
            return TransportFailure(outcome: .tls, detail: "the TLS handshake failed (\(error))")
        }
    }

    /// BoringSSL's error stack without the numbers and the source files of the library.
    private static func words(of error: BoringSSLError) -> String {
        switch error {
        case .sslError(let stack), .unknownError(let stack), .invalidSNIName(let stack), .failedToSetALPN(let stack):
            stack.map { entry in
                let text = entry.description
                let reason = text.split(separator: " at ", maxSplits: 1).first.map(String.init) ?? text
                return reason.split(separator: ":").last.map(String.init) ?? reason
            }
            .joined(separator: ", ")
        default: "\(error)"
        }
    }
}
