import Foundation

/// Where the sandbox may post: this machine, and the server's own public address. A sandbox that
/// called any address a request names would be a tool for reaching into other people's networks.
struct NotifyTargets: Sendable {
    private let ownOrigin: String?

    init(publicURL: String) { ownOrigin = Self.origin(publicURL) }

    func allow(_ address: String) -> Bool {
        guard let origin = Self.origin(address) else { return false }
        return origin == ownOrigin || Self.isLoopback(address)
    }

    private static func isLoopback(_ address: String) -> Bool {
        guard let host = URLComponents(string: address)?.host?.lowercased() else { return false }
        if ["localhost", "::1", "[::1]"].contains(host) { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        // Digits only: `127.0.0.1.example.com` is a name.
        return parts.count == 4 && parts.first == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    private static func origin(_ address: String) -> String? {
        guard let url = URLComponents(string: address), let host = url.host?.lowercased(),
            let scheme = url.scheme?.lowercased(), scheme == "http" || scheme == "https",
            url.user == nil, url.password == nil
        else { return nil }
        return "\(scheme)://\(host):\(url.port ?? (scheme == "https" ? 443 : 80))"
    }
}
