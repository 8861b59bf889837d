import Basics
import Hummingbird
import Logging

/// Turns everything that is thrown into an answer: a problem as JSON, or as a page for a browser.
struct ErrorAnswers: Sendable {
    let frame: SiteFrame
    let routes: RouteList

    func response(
        to error: any Error, _ request: Request, _ context: AppContext
    ) async -> Response {
        let answer = answer(to: error, request, context)
        return request.wantsPage
            ? await page(answer, request, context)
            : answer.response(frame.messages, context)
    }

    private func answer(
        to error: any Error, _ request: Request, _ context: AppContext
    ) -> ProblemAnswer {
        guard let problem = Problem(expected: error) else {
            context.log.error("a defect", metadata: ["error": "\(String(reflecting: error))"])
            return ProblemAnswer(.internalError)
        }
        if problem.kind == .unavailable || problem.kind == .outcomeUnknown {
            context.log.warning("\(problem.code)", metadata: ["error": "\(error)"])
        }
        // The router says 404 for a path that exists with other methods.
        if problem == .notFound, error is any HTTPResponseError {
            let methods = routes.methods(at: request.uri.path)
            if !methods.isEmpty {
                var other = Problem.methodNotAllowed
                other.parameters["allow"] = .text(methods.joined(separator: ", "))
                return ProblemAnswer(other)
            }
        }
        return ProblemAnswer(problem, isReplayed: error is ReplayedProblem)
    }

    private func page(
        _ answer: ProblemAnswer, _ request: Request, _ context: AppContext
    ) async -> Response {
        let words = frame.messages.words(for: answer.problem, context.locale)
        let status = answer.problem.kind.status
        let model: [String: Any] = [
            "title": words.title, "detail": words.detail,
            "hasDetail": words.detail != words.title, "status": status.code,
            "code": answer.problem.code, "requestID": context.requestID,
        ]
        var response = await frame.page(
            "problem", model, title: words.title, status: status, request, context)
        for field in answer.headers { response.headers[field.name] = field.value }
        return response
    }
}
