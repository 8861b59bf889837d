import Basics
import Hummingbird
import Store

/// The one place where a kind of failure becomes an HTTP status.
extension Problem.Kind {
    package var status: HTTPResponse.Status {
        switch self {
        case .unreadable: .badRequest
        case .unauthenticated: .unauthorized
        case .forbidden: .forbidden
        case .notFound: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .conflict: .conflict
        case .tooLarge: .contentTooLarge
        case .unsupportedMedia: .unsupportedMediaType
        case .rule: .unprocessableContent
        case .locked: HTTPResponse.Status(code: 423, reasonPhrase: "Locked")
        case .tooMany: .tooManyRequests
        case .unavailable: .serviceUnavailable
        case .outcomeUnknown: .gatewayTimeout
        case .internalError: .internalServerError
        }
    }
}

extension Problem {
    /// What is said about any error that leaves a handler; nil if it is a defect of ours.
    init?(expected error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let replayed as ReplayedProblem: self = replayed.problem
        case StoreError.unavailable: self = .unavailable()
        case StoreError.outcomeUnknown: self = .outcomeUnknown
        case is CancellationError: self = .unavailable()
        case let error as any HTTPResponseError: self.init(error.status)
        default: return nil
        }
    }

    /// What Hummingbird says by a status alone.
    private init?(_ status: HTTPResponse.Status) {
        switch status.code {
        case 404: self = .notFound
        case 405: self = .methodNotAllowed
        case 413: self = .bodyTooLarge
        case 415: self = .unsupportedMedia
        case 400..<500: self = .unreadable
        default: return nil
        }
    }
}
