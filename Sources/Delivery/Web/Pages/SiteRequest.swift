import Basics
import Foundation
import Hummingbird
import Store

/// A request for a page, as its handler sees it, and the ways to answer.
package struct SiteRequest: Sendable {
    package let request: Request
    package let context: AppContext
    /// What was posted; empty otherwise.
    package let form: Form
    let frame: SiteFrame

    package var session: Session? { context.session }
    package var locale: AppLocale { context.locale }
    package func member() throws -> Session { try context.member() }

    // MARK: What is asked

    package func path(_ name: String) throws -> String {
        guard let value = context.parameters.get(name) else { throw Problem.notFound }
        return value.removingPercentEncoding ?? value
    }

    /// An id in the path; what is no id of this kind is not found.
    package func id<E>(_ type: ID<E>.Type = ID<E>.self, _ name: String) throws -> ID<E> {
        guard let id = ID<E>(try path(name)) else { throw Problem.notFound }
        return id
    }

    /// nil if it is missing or empty.
    package func query(_ name: String) -> String? {
        let value = request.uri.queryParameters[name[...]].map(String.init)
        return value?.isEmpty == true ? nil : value
    }

    /// `?cursor=`; what cannot be read is the first page.
    package func page(limit: Int = PageRequest.defaultLimit) -> PageRequest {
        PageRequest(limit: limit, after: query("cursor").flatMap { Int64($0) })
    }

    /// The address of the next page of this list; nil after the last.
    package func nextPage<Item>(_ page: Page<Item>) -> String? {
        page.next.map { LocalPath.setting([("cursor", String($0))], in: request.uri.description) }
    }

    /// Where `?next=` or the form's `next` leads, if that is on this site.
    package var next: String {
        LocalPath.safe((try? form.text("next")) ?? query("next"))
    }

    // MARK: Words

    package func text(_ key: String, _ parameters: [String: Problem.Value] = [:]) -> String {
        frame.messages.text(key, locale, parameters)
    }

    /// What a problem says, in one or two sentences.
    package func text(_ problem: Problem) -> String {
        let words = frame.messages.words(for: problem, locale)
        let fields = problem.errors.compactMap { words.fields[$0.code] }
        return ([words.detail] + fields.filter { $0 != words.detail && $0 != words.title })
            .joined(separator: " ")
    }

    // MARK: Answers

    /// A page: `model` is `page` in the template.
    ///
    /// - Parameters:
    ///   - title: a text or the key of one.
    ///   - problem: why a form is shown again; it decides the status and is said above the form.
    package func render(
        _ template: String, _ model: Any = [String: Any](), title: String,
        problem: Problem? = nil
    ) async -> Response {
        await frame.page(
            template, model, title: title, status: problem?.kind.status ?? .ok,
            flash: problem.map { .bad(text($0)) }, request, context)
    }

    /// A piece of a page for `data-poll`, without the layout.
    package func fragment(_ template: String, _ model: Any = [String: Any]()) -> Response {
        frame.fragment(template, model, request, context)
    }

    /// Tells a page that polls to go elsewhere.
    package func leave(to path: String) -> Response {
        Response(status: .noContent, headers: [.kontorLocation: LocalPath.safe(path)])
    }

    /// After a post, always: reloading then repeats nothing. An address outside (a gateway's cashier)
    /// is for the caller to vouch for.
    package func redirect(to location: String, flash: Flash? = nil) -> Response {
        var response = Response.redirect(to: location, type: .normal)
        if let flash { response.setCookie(flash.cookie(isSecure: frame.isSecure)) }
        return response
    }

    /// To the page with the form.
    package func back(flash: Flash? = nil, else fallback: String = "/") -> Response {
        let from = LocalPath.referrer(request.headers[.referer], host: request.head.authority)
        return redirect(to: from ?? fallback, flash: flash)
    }

    /// Runs a form's command once, though its button is pressed twice: the form's hidden `_key` (part
    /// of `{{>guard}}`) is the idempotency key, and the stored answer is where to go next.
    package func once(
        _ database: Database, flash: Flash? = nil,
        _ body: @escaping @Sendable (Transaction) throws -> String
    ) async throws -> Response {
        let session = try context.member()
        guard let key = try form.text(Self.keyField), key.utf8.count <= 64 else {
            throw Problem.formExpired
        }
        let told = form.fields.filter { !Self.untold.contains($0.name) }
        let fingerprint = ([request.uri.path] + told.map { "\($0.name)=\($0.value)" })
            .joined(separator: "\u{0}")
        let answer = try await IdempotentCommands(database: database).perform(
            actor: session.memberID.rawValue, key: "page:\(key)",
            fingerprint: Array(fingerprint.utf8), status: 303
        ) { tx in Array(try body(tx).utf8) }
        return redirect(to: String(decoding: answer.body, as: UTF8.self), flash: flash)
    }

    private static let keyField = "_key"
    /// Secrets and the form's own machinery are no part of what a command asks for.
    private static let untold: Set<String> = [
        CSRFTokens.field, keyField, "password", "currentPassword", "newPassword",
        "paymentPassword", "code",
    ]
}
