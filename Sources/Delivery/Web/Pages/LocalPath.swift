import Foundation

/// A place on this site that a redirect may lead to.
package enum LocalPath {
    /// `path` if it stays on this site, else `fallback`. `//evil.example`, `/\evil.example` and
    /// `https:…` are other sites to a browser.
    package static func safe(_ path: String?, else fallback: String = "/") -> String {
        guard let path, isLocal(path) else { return fallback }
        return path
    }

    static func isLocal(_ path: String) -> Bool {
        let bytes = Array(path.utf8)
        guard bytes.count <= 2_000, bytes.first == UInt8(ascii: "/"),
            bytes.count < 2 || bytes[1] != UInt8(ascii: "/")
        else { return false }
        return bytes.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }
    }

    /// `/login?next=%2Fcart`
    static func logIn(next: String) -> String {
        next == "/" ? "/login" : "/login?next=\(queryValue(next))"
    }

    static func queryValue(_ text: String) -> String {
        var allowed = CharacterSet.alphanumerics
        allowed.insert(charactersIn: "-._~/")
        return text.addingPercentEncoding(withAllowedCharacters: allowed) ?? ""
    }

    /// `uri` with some query items set, others left as they are; nil takes one away.
    static func setting(_ changes: [(name: String, value: String?)], in uri: String) -> String {
        let parts = uri.split(separator: "?", maxSplits: 1)
        let names = Set(changes.map(\.name))
        var items = (parts.count == 2 ? parts[1].split(separator: "&").map(String.init) : [])
            .filter { item in !names.contains(String(item.prefix { $0 != "=" })) }
        for case (let name, let value?) in changes { items.append("\(name)=\(queryValue(value))") }
        let path = parts.first.map(String.init) ?? "/"
        return items.isEmpty ? path : "\(path)?\(items.joined(separator: "&"))"
    }

    /// The path of a `Referer` on this host, to go back to.
    static func referrer(_ header: String?, host: String?) -> String? {
        guard let header, let url = URLComponents(string: header), let name = url.host else {
            return nil
        }
        let origin = url.port.map { "\(name):\($0)" } ?? name
        guard origin == host else { return nil }
        let query = url.percentEncodedQuery.map { "?\($0)" } ?? ""
        let path = url.percentEncodedPath + query
        return isLocal(path) ? path : nil
    }
}
