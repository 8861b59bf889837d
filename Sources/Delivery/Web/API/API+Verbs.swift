import Hummingbird

// The verbs differ in what they may have: a body or none, a view or nothing to answer. Handlers of
// commands may answer a `Reply`, which `APIRequest.perform` returns.

extension API {
    package func get<View: Codable & Sendable>(
        _ path: String, summary: String, auth: Access, query: [QueryParameter] = [],
        returns view: View.Type, problems: [ExpectedProblem] = [],
        _ handler: @escaping @Sendable (APIRequest) async throws -> View
    ) {
        // Every list takes a page request, whether its handler says so or not.
        let paging = view is any PagedView.Type ? QueryParameter.page : []
        declare(
            .get, path, summary, auth, query + paging, answer: .json(view), status: .ok,
            problems: problems
        ) { request in
            .json(try JSONBytes.encode(try await handler(request)), status: .ok)
        }
    }
}

extension API {
    package func post<Body: Decodable & Sendable, View: Codable & Sendable>(
        _ path: String, summary: String, auth: Access, query: [QueryParameter] = [],
        body: Body.Type, maximumBytes: Int = BodyLimits.json, returns: View.Type,
        status: HTTPResponse.Status = .ok, idempotent: Bool = false,
        problems: [ExpectedProblem] = [],
        _ handler: @escaping @Sendable (APIRequest, Body) async throws -> View
    ) {
        post(
            path, summary: summary, auth: auth, query: query, body: body,
            maximumBytes: maximumBytes, returns: returns, status: status, idempotent: idempotent,
            problems: problems
        ) { request, body -> Reply<View> in
            Reply(view: try await handler(request, body))
        }
    }

    package func post<Body: Decodable & Sendable, View: Codable & Sendable>(
        _ path: String, summary: String, auth: Access, query: [QueryParameter] = [],
        body: Body.Type, maximumBytes: Int = BodyLimits.json, returns: View.Type,
        status: HTTPResponse.Status = .ok, idempotent: Bool = true,
        problems: [ExpectedProblem] = [],
        _ handler: @escaping @Sendable (APIRequest, Body) async throws -> Reply<View>
    ) {
        declare(
            .post, path, summary, auth, query, body: .json(body, maximumBytes: maximumBytes),
            answer: .json(returns), status: status, isIdempotent: idempotent, problems: problems
        ) { request in
            try await handler(request, try request.decode(body)).response(status)
        }
    }

    package func post<View: Codable & Sendable>(
        _ path: String, summary: String, auth: Access, query: [QueryParameter] = [],
        returns: View.Type, status: HTTPResponse.Status = .ok, idempotent: Bool = false,
        problems: [ExpectedProblem] = [],
        _ handler: @escaping @Sendable (APIRequest) async throws -> View
    ) {
        post(
            path, summary: summary, auth: auth, query: query, returns: returns, status: status,
            idempotent: idempotent, problems: problems
        ) { request -> Reply<View> in
            Reply(view: try await handler(request))
        }
    }

    package func post<View: Codable & Sendable>(
        _ path: String, summary: String, auth: Access, query: [QueryParameter] = [],
        returns: View.Type, status: HTTPResponse.Status = .ok, idempotent: Bool = true,
        problems: [ExpectedProblem] = [],
        _ handler: @escaping @Sendable (APIRequest) async throws -> Reply<View>
    ) {
        declare(
            .post, path, summary, auth, query, answer: .json(returns), status: status,
            isIdempotent: idempotent, problems: problems
        ) { request in
            try await handler(request).response(status)
        }
    }

    /// A command that answers nothing.
    package func post<Body: Decodable & Sendable>(
        _ path: String, summary: String, auth: Access, body: Body.Type,
        maximumBytes: Int = BodyLimits.json, status: HTTPResponse.Status = .noContent,
        problems: [ExpectedProblem] = [],
        _ handler: @escaping @Sendable (APIRequest, Body) async throws -> Void
    ) {
        command(.post, path, summary, auth, body, maximumBytes, status, problems, handler)
    }

    package func post(
        _ path: String, summary: String, auth: Access,
        status: HTTPResponse.Status = .noContent, problems: [ExpectedProblem] = [],
        _ handler: @escaping @Sendable (APIRequest) async throws -> Void
    ) {
        command(.post, path, summary, auth, status, problems, handler)
    }
}

extension API {
    package func put<Body: Decodable & Sendable, View: Codable & Sendable>(
        _ path: String, summary: String, auth: Access, body: Body.Type,
        maximumBytes: Int = BodyLimits.json, returns: View.Type,
        status: HTTPResponse.Status = .ok, problems: [ExpectedProblem] = [],
        _ handler: @escaping @Sendable (APIRequest, Body) async throws -> View
    ) {
        change(.put, path, summary, auth, body, maximumBytes, returns, status, problems, handler)
    }

    package func put<Body: Decodable & Sendable>(
        _ path: String, summary: String, auth: Access, body: Body.Type,
        maximumBytes: Int = BodyLimits.json, problems: [ExpectedProblem] = [],
        _ handler: @escaping @Sendable (APIRequest, Body) async throws -> Void
    ) {
        command(.put, path, summary, auth, body, maximumBytes, .noContent, problems, handler)
    }

    package func put<View: Codable & Sendable>(
        _ path: String, summary: String, auth: Access, returns: View.Type,
        problems: [ExpectedProblem] = [],
        _ handler: @escaping @Sendable (APIRequest) async throws -> View
    ) {
        change(.put, path, summary, auth, returns, problems, handler)
    }

    package func put(
        _ path: String, summary: String, auth: Access, problems: [ExpectedProblem] = [],
        _ handler: @escaping @Sendable (APIRequest) async throws -> Void
    ) {
        command(.put, path, summary, auth, .noContent, problems, handler)
    }

    package func patch<Body: Decodable & Sendable, View: Codable & Sendable>(
        _ path: String, summary: String, auth: Access, body: Body.Type,
        maximumBytes: Int = BodyLimits.json, returns: View.Type,
        problems: [ExpectedProblem] = [],
        _ handler: @escaping @Sendable (APIRequest, Body) async throws -> View
    ) {
        change(.patch, path, summary, auth, body, maximumBytes, returns, .ok, problems, handler)
    }

    package func delete<View: Codable & Sendable>(
        _ path: String, summary: String, auth: Access, returns: View.Type,
        problems: [ExpectedProblem] = [],
        _ handler: @escaping @Sendable (APIRequest) async throws -> View
    ) {
        change(.delete, path, summary, auth, returns, problems, handler)
    }

    package func delete(
        _ path: String, summary: String, auth: Access, problems: [ExpectedProblem] = [],
        _ handler: @escaping @Sendable (APIRequest) async throws -> Void
    ) {
        command(.delete, path, summary, auth, .noContent, problems, handler)
    }
}

// MARK: What the verbs share

extension API {
    private func change<Body: Decodable & Sendable, View: Codable & Sendable>(
        _ method: HTTPRequest.Method, _ path: String, _ summary: String, _ access: Access,
        _ body: Body.Type, _ maximumBytes: Int, _ view: View.Type, _ status: HTTPResponse.Status,
        _ problems: [ExpectedProblem],
        _ handler: @escaping @Sendable (APIRequest, Body) async throws -> View
    ) {
        declare(
            method, path, summary, access, body: .json(body, maximumBytes: maximumBytes),
            answer: .json(view), status: status, problems: problems
        ) { request in
            let view = try await handler(request, try request.decode(body))
            return .json(try JSONBytes.encode(view), status: status)
        }
    }

    private func change<View: Codable & Sendable>(
        _ method: HTTPRequest.Method, _ path: String, _ summary: String, _ access: Access,
        _ view: View.Type, _ problems: [ExpectedProblem],
        _ handler: @escaping @Sendable (APIRequest) async throws -> View
    ) {
        declare(
            method, path, summary, access, answer: .json(view), status: .ok, problems: problems
        ) { request in
            .json(try JSONBytes.encode(try await handler(request)), status: .ok)
        }
    }

    private func command<Body: Decodable & Sendable>(
        _ method: HTTPRequest.Method, _ path: String, _ summary: String, _ access: Access,
        _ body: Body.Type, _ maximumBytes: Int, _ status: HTTPResponse.Status,
        _ problems: [ExpectedProblem],
        _ handler: @escaping @Sendable (APIRequest, Body) async throws -> Void
    ) {
        declare(
            method, path, summary, access, body: .json(body, maximumBytes: maximumBytes),
            status: status, problems: problems
        ) { request in
            try await handler(request, try request.decode(body))
            return Response(status: status)
        }
    }

    private func command(
        _ method: HTTPRequest.Method, _ path: String, _ summary: String, _ access: Access,
        _ status: HTTPResponse.Status, _ problems: [ExpectedProblem],
        _ handler: @escaping @Sendable (APIRequest) async throws -> Void
    ) {
        declare(method, path, summary, access, status: status, problems: problems) { request in
            try await handler(request)
            return Response(status: status)
        }
    }
}
