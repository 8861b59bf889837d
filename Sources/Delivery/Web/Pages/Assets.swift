import Crypto
import Hummingbird
import Mustache

/// Style sheets, scripts and pictures of all modules, `Templates/assets/*`, in memory.
package struct Assets: Sendable {
    struct Asset: Sendable {
        let body: ByteBuffer
        let mediaType: String
        /// A hash of the content: part of the address, so that a copy may be kept for ever.
        let version: String
    }

    private let assets: [String: Asset]
    let faults: [String]

    package init(files: [(module: String, files: EmbeddedFiles)]) {
        var assets: [String: Asset] = [:]
        var faults: [String] = []
        for (module, files) in files {
            for path in files.names where path.hasPrefix("assets/") {
                guard let data = files.data(path) else { continue }
                let name = String(path.dropFirst("assets/".count))
                if assets[name] != nil { faults.append("\(module)/\(path) is there twice") }
                assets[name] = Asset(
                    body: ByteBuffer(bytes: data), mediaType: Self.mediaType(of: name),
                    version: Hex.encode(SHA256.hash(data: data).prefix(6)))
            }
        }
        self.assets = assets
        self.faults = faults
    }

    /// `/assets/kontor.css?v=1f2e3d…`; nil if there is no such asset.
    package func path(_ name: String) -> String? {
        assets[name].map { "/assets/\(name)?v=\($0.version)" }
    }

    func response(_ name: String, to request: Request) throws -> Response {
        guard let asset = assets[name] else { throw HTTPError(.notFound) }
        let tag = "\"\(asset.version)\""
        let isVersioned = request.uri.queryParameters["v"].map(String.init) == asset.version
        var headers = HTTPFields()
        headers[.eTag] = tag
        headers[.cacheControl] =
            isVersioned ? "public, max-age=31536000, immutable" : "public, no-cache"
        if request.headers[.ifNoneMatch] == tag {
            return Response(status: .notModified, headers: headers)
        }
        headers[.contentType] = asset.mediaType
        return Response(
            status: .ok, headers: headers, body: ResponseBody(byteBuffer: asset.body))
    }

    private static func mediaType(of name: String) -> String {
        switch name.split(separator: ".").last {
        case "css": "text/css; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        case "svg": "image/svg+xml"
        case "png": "image/png"
        case "jpg", "jpeg": "image/jpeg"
        case "webp": "image/webp"
        case "woff2": "font/woff2"
        case "json": "application/json"
        default: "application/octet-stream"
        }
    }
}

/// `{{assets.kontor.css}}` in a template: names are looked up piece by piece.
struct AssetPaths: MustacheParent, MustacheCustomRenderable {
    let assets: Assets
    var name = ""

    func child(named piece: String) -> Any? {
        AssetPaths(assets: assets, name: name.isEmpty ? piece : "\(name).\(piece)")
    }
    var renderText: String { assets.path(name) ?? "" }
    var isNull: Bool { assets.path(name) == nil }
}
