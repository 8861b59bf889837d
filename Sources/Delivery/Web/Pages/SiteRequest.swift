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
    /// nil if this is no form.
    var formPages: FormPages? = nil

    package var session: Session? { context.session }
    package var locale: AppLocale { context.locale }
    package func member() throws -> Session { try context.member() }

    // MARK: What is asked

    package func path(_ name: String) throws -> String {
        guard let value = context.parameters.get(name) else { throw Problem.notFound }
        let text = value.removingPercentEncoding ?? value
        // Nothing is called so, and no database can be asked.
        guard !text.utf8.contains(0) else { throw Problem.notFound }
        return text
    }

    /// An id in the path; what is no id of this kind is not found.
    package func id<E>(_ type: ID<E>.Type = ID<E>.self, _ name: String) throws -> ID<E> {
        guard let id = ID<E>(try path(name)) else { throw Problem.notFound }
        return id
    }

    /// The trimmed value, read as a form writes it (`+` is a blank); nil if it is missing or blank.
    package func query(_ name: String) -> String? {
        let query = try? Form(urlEncoded: (request.uri.query ?? "").utf8)
        return (try? query?.text(name)) ?? nil
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

    /// The page that a posted form is on, if that is on this site.
    var from: String? {
        guard let told = try? form.text(Self.fromField) else {
            return LocalPath.referrer(request.headers[.referer], host: request.head.authority)
        }
        return LocalPath.isLocal(told) ? told : nil
    }

    // MARK: Words

    package func text(_ key: String, _ parameters: [String: Problem.Value] = [:]) -> String {
        frame.messages.text(key, locale, parameters)
    }

    /// What a problem says, in one or two sentences.
    package func text(_ problem: Problem) -> String {
        frame.messages.sentence(for: problem, locale)
    }

    // MARK: Answers

    /// A page: `model` is `page` in the template.
    ///
    /// - Parameters:
    ///   - title: a text or the key of one.
    ///   - keepsTyped: puts what was posted into the form that was posted.
    package func render(
        _ template: String, _ model: Any = [String: Any](), title: String, keepsTyped: Bool = false
    ) async -> Response {
        var context = context
        if keepsTyped { context.sentForm = sentForm() }
        return await frame.page(template, model, title: title, status: .ok, request, context)
    }

    /// The page with the form once more, as it was typed but for what is secret.
    package func again(flash: Flash) async throws -> Response {
        try await frame.show(sentForm(flash: flash), self) ?? back(flash: flash)
    }

    /// The same because of a problem; nil if that page has no forms for this visitor any more.
    func again(problem: Problem) async throws -> Response? {
        try await frame.show(sentForm(problem: problem), self)
    }

    private func sentForm(problem: Problem? = nil, flash: Flash? = nil) -> SentForm {
        SentForm(
            action: request.uri.path, from: from ?? request.uri.description, form: form,
            problem: problem, flash: flash)
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
        redirect(to: from ?? fallback, flash: flash)
    }

    /// Runs a form's command once, though its button is pressed twice: the form's hidden `_key` (part
    /// of `{{>guard}}`) is the idempotency key, and the stored answer is where to go next.
    package func once(
        _ database: Database, flash: Flash? = nil,
        _ body: @escaping @Sendable (Transaction) throws -> String
    ) async throws -> Response {
        try await once(database, flash: { _ in flash }, body)
    }

    /// The same where it depends on what happened what is said of it.
    /// - Parameter flash: by where the body leads.
    package func once(
        _ database: Database, flash: (String) -> Flash?,
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
        let location = String(decoding: answer.body, as: UTF8.self)
        return redirect(to: location, flash: flash(location))
    }

    private static let keyField = "_key"
    private static let fromField = "_from"
    /// Secrets and the form's own machinery are no part of what a command asks for.
    private static let untold: Set<String> = [
        CSRFTokens.field, keyField, fromField, "password", "currentPassword", "newPassword",
        "paymentPassword", "code",
    ]
}
