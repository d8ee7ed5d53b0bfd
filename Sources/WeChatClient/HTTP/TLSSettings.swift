import NIOSSL

/// How the client knows a server over HTTPS: TLS 1.2 or newer, the certificate and its host name are always checked.
///
/// Made once and shared by all clients of an app: loading the system's authorities takes some milliseconds.
package struct TLSSettings: Sendable {
    let context: NIOSSLContext

    /// `caFile`: a PEM file of certificate authorities that are trusted *beside* the system's, as a company's inspecting
    /// proxy needs it; the system's stay, so that the same settings work where the proxy lets a host pass.
    package init(caFile: String? = nil) throws(TLSProblem) {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        if let caFile {
            do {
                configuration.additionalTrustRoots = [.certificates(try NIOSSLCertificate.fromPEMFile(caFile))]
            } catch {
                throw TLSProblem(caFile: caFile, problem: "it cannot be read as PEM certificates (\(error))")
            }
        }
        do {
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw TLSProblem(caFile: caFile, problem: "TLS cannot be set up (\(error))")
        }
    }
}

/// Why TLS settings are unusable.
package struct TLSProblem: Error, CustomStringConvertible {
    package let caFile: String?
    package let problem: String

    package var description: String { caFile.map { "\($0): \(problem)" } ?? problem }
}
