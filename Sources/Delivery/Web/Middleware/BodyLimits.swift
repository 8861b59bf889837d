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

    /// Turns away what says of itself that it is too large.
    static func check(_ request: Request) throws {
        guard request.announcedLength ?? 0 <= most else { throw Problem.bodyTooLarge }
    }
}

extension Request {
    /// The whole body.
    /// - Throws: `body-too-large` before more than `limit` bytes are kept.
    package func bytes(upTo limit: Int) async throws -> ByteBuffer {
        guard announcedLength ?? 0 <= limit else { throw Problem.bodyTooLarge }
        var all = ByteBuffer()
        for try await part in body {
            guard all.readableBytes + part.readableBytes <= limit else {
                throw Problem.bodyTooLarge
            }
            all.writeImmutableBuffer(part)
        }
        return all
    }

    fileprivate var announcedLength: Int? { headers[.contentLength].flatMap { Int($0) } }

    /// `application/json` of `application/json; charset=utf-8`, in lower case.
    package var mediaType: String? {
        headers[.contentType].map { field in
            Substring(field.utf8.prefix { $0 != UInt8(ascii: ";") }).trimmed.lowercased()
        }
    }
}
