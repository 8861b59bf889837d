import Basics
import Hummingbird

/// How many bytes a request may bring.
package enum BodyLimits {
    /// A JSON command.
    package static let json = 256 * 1_024
    /// A form.
    package static let form = 64 * 1_024
    /// Beyond this nothing is read at all.
    static let most = 8 * 1_024 * 1_024
}

extension Request {
    /// The whole body.
    /// - Throws: `body-too-large` before more than `limit` bytes are kept.
    package func bytes(upTo limit: Int) async throws -> ByteBuffer {
        if let length = headers[.contentLength].flatMap({ Int($0) }), length > limit {
            throw Problem.bodyTooLarge
        }
        var all = ByteBuffer()
        for try await part in body {
            guard all.readableBytes + part.readableBytes <= limit else {
                throw Problem.bodyTooLarge
            }
            all.writeImmutableBuffer(part)
        }
        return all
    }

    /// `application/json` of `application/json; charset=utf-8`, in lower case.
    package var mediaType: String? {
        headers[.contentType].map { $0.prefix { $0 != ";" }.trimmed.lowercased() }
    }
}

/// Turns away what says of itself that it is too large.
struct BodyLimitMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: AppContext,
        next: (Request, AppContext) async throws -> Response
    ) async throws -> Response {
        if let length = request.headers[.contentLength].flatMap({ Int($0) }),
            length > BodyLimits.most
        {
            throw Problem.bodyTooLarge
        }
        return try await next(request, context)
    }
}
