import NIOSSL
import RelayCore
import Sockets

/// An exchange's end without a whole answer.
struct TransportFailure: Equatable {
    let outcome: TransportOutcome
    let detail: String

    /// Why a name leads nowhere: the host's, or the proxy's if there is one.
    static func resolving(_ error: NameUnresolved, through proxy: ProxyURL?) -> TransportFailure {
        TransportFailure(outcome: .dns, detail: text("\(error)", of: proxy))
    }

    /// Why TCP was not connected: to the host, or to the proxy if there is one. With a name in the settings (`isNamed`) the text
    /// says which of its addresses were tried.
    static func connecting(_ error: DialFailure, through proxy: ProxyURL?, isNamed: Bool) -> TransportFailure {
        TransportFailure(
            outcome: error.isTimeout ? .connectTimeout : .connectRefused,
            detail: text(isNamed ? "\(error)" : error.causes, of: proxy)
        )
    }

    private static func text(_ text: String, of proxy: ProxyURL?) -> String {
        proxy.map { "the proxy \($0): \(text)" } ?? text
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
