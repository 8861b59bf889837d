import Basics
import Hummingbird
import Mustache
import Synchronization

/// The pages without their middleware, where a form is looked up that is shown again. Only what takes
/// forms holds this: pages that held it would hold themselves, and never be let go of.
package final class FormPages: Sendable {
    typealias Pages = @Sendable (Request, AppContext) async throws -> Response

    private let open = Mutex<Pages?>(nil)

    var pages: Pages? { open.withLock { $0 } }

    func open(_ pages: @escaping Pages) { open.withLock { $0 = pages } }
}

/// What all pages share: templates, texts, assets, navigation, and how they become HTML.
package final class SiteFrame: Sendable {
    package let messages: Messages
    package let assets: Assets
    let csrf: CSRFTokens
    let isSecure: Bool
    private let files: WebFiles
    private let banner: @Sendable (AppLocale) async -> Banner?
    private let navigation = Mutex<[NavigationItem]>([])

    init(files: WebFiles, csrf: CSRFTokens, configuration: WebConfiguration) {
        self.files = files
        messages = files.messages
        assets = files.assets
        self.csrf = csrf
        isSecure = configuration.isSecure
        banner = configuration.banner
    }

    func add(_ item: NavigationItem) { navigation.withLock { $0.append(item) } }

    /// The page that a form is on, with the form filled in; nil if there is no such page now.
    func show(_ sent: SentForm, _ page: SiteRequest) async throws -> Response? {
        guard let pages = page.formPages?.pages else { return nil }
        var head = page.request.head
        head.method = .get
        head.path = sent.from
        let request = Request(head: head, body: RequestBody(buffer: ByteBuffer()))
        let context = AppContext(again: page.context, showing: sent)
        do {
            let response = try await pages(request, context)
            // Another status means another page: one to log in, or none.
            return response.status == sent.problem?.kind.status ?? .ok ? response : nil
        } catch let error where Problem(expected: error) != nil {
            return nil
        }
    }

    /// The page inside the layout, with the cookies it needs.
    func page(
        _ template: String, _ model: Any, title: String, status: HTTPResponse.Status,
        _ request: Request, _ context: AppContext
    ) async -> Response {
        let visit = Visit(request, context, csrf)
        var values = values(model, visit, request, context)
        values["title"] = messages.text(title, context.locale)
        values["banner"] = await banner(context.locale)?.model
        var content = html(template, values)
        var flash = visit.flash
        var status = status
        if let sent = context.sentForm {
            let filled = sent.fill(content, messages, context.locale)
            content = filled.html
            flash = filled.flash ?? flash
            status = sent.problem?.kind.status ?? status
            values["isAgain"] = true
        }
        values["content"] = content
        values["flash"] = flash?.model
        var response = Self.response(html("layout", values), status: status)
        visit.setCookies(on: &response, isSecure: isSecure)
        return response
    }

    /// A piece of a page, for a script that puts it in its place.
    func fragment(
        _ template: String, _ model: Any, _ request: Request, _ context: AppContext
    ) -> Response {
        let visit = Visit(request, context, csrf)
        return Self.response(
            html(template, values(model, visit, request, context)), status: .ok)
    }

    private func html(_ template: String, _ values: [String: Any]) -> String {
        // While editing, templates are read anew for each page; texts and assets at the next start.
        let library =
            EmbeddedFiles.areEdited ? TemplateLibrary(files: files.files) : files.templates
        return library.render(template, values) ?? ""
    }

    private func values(
        _ model: Any, _ visit: Visit, _ request: Request, _ context: AppContext
    ) -> [String: Any] {
        let uri = context.sentForm?.from ?? request.uri.description
        let locale = context.locale
        var values: [String: Any] = [
            "t": Strings(messages: messages, locale: locale), "page": model,
            "lang": locale.languageTag, "csrf": visit.token, "key": Hex.random(bytes: 12),
            "assets": AssetPaths(assets: assets), "here": uri,
            "hereQuery": LocalPath.queryValue(uri),
            "otherLanguage": [
                "tag": locale.other.languageTag,
                "href": LocalPath.setting([("lang", locale.other.rawValue)], in: uri),
            ],
            "nav": items(.everyone, request, context),
        ]
        if let session = context.session {
            values["user"] = ["username": session.username, "id": session.memberID.description]
            values["memberNav"] = items(.member, request, context)
            values["isStaff"] = session.isStaff
            values["staffNav"] = items(.staff, request, context)
        }
        return values
    }

    private func items(
        _ audience: NavigationItem.Audience, _ request: Request, _ context: AppContext
    ) -> [[String: Any]] {
        let path = request.uri.path
        return navigation.withLock { $0 }.filter { $0.audience == audience }.map { item in
            let isHere = path == item.path || path.hasPrefix(item.path + "/")
            return [
                "label": messages.text(item.key, context.locale), "path": item.path,
                "isHere": isHere,
            ]
        }
    }

    private static func response(_ html: String, status: HTTPResponse.Status) -> Response {
        Response(
            status: status, headers: [.contentType: "text/html; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: html)))
    }
}

/// A link in the header.
package struct NavigationItem: Sendable {
    package enum Audience: Sendable { case everyone, member, staff }
    /// The key of its label.
    let key: String
    let path: String
    let audience: Audience
}

/// The strip above everything else: that this is a sandbox, what time it is there, and buttons.
package struct Banner: Sendable {
    package struct Link: Sendable {
        let label: String
        let href: String
        package init(_ label: String, _ href: String) {
            self.label = label
            self.href = href
        }
    }

    /// Posts one field to `action`.
    package struct Button: Sendable {
        let label: String
        let action: String
        let name: String
        let value: String
        package init(_ label: String, action: String, name: String, value: String) {
            self.label = label
            self.action = action
            self.name = name
            self.value = value
        }
    }

    let text: String
    let links: [Link]
    let buttons: [Button]

    package init(_ text: String, links: [Link] = [], buttons: [Button] = []) {
        self.text = text
        self.links = links
        self.buttons = buttons
    }

    var model: [String: Any] { ["text": text, "links": links, "buttons": buttons] }
}

/// What a browser brought along, and what it is given back.
private struct Visit {
    let flash: Flash?
    let token: String
    private let newCookie: String?
    private let chosenLanguage: AppLocale?
    private let hadFlash: Bool

    init(_ request: Request, _ context: AppContext, _ csrf: CSRFTokens) {
        let cookies = request.cookies
        let known = cookies[CSRFTokens.cookie]?.value
        let value = known?.utf8.count == 32 ? known : nil
        newCookie = value == nil ? CSRFTokens.newCookieValue() : nil
        token = csrf.token(cookie: value ?? newCookie ?? "", session: context.session?.id)
        let carried = cookies[Flash.cookie]?.value
        hadFlash = carried?.isEmpty == false
        flash = carried.flatMap(Flash.init(cookie:))
        chosenLanguage = LanguageChoice(request).chosen
    }

    func setCookies(on response: inout Response, isSecure: Bool) {
        if let newCookie {
            response.setCookie(
                Cookie(
                    name: CSRFTokens.cookie, value: newCookie, path: "/", secure: isSecure,
                    httpOnly: true, sameSite: .lax))
        }
        if hadFlash { response.setCookie(Flash.clearing(isSecure: isSecure)) }
        if let chosenLanguage {
            response.setCookie(
                Cookie(
                    name: LanguageChoice.cookie, value: chosenLanguage.rawValue,
                    maxAge: 31_536_000, path: "/", secure: isSecure, httpOnly: true,
                    sameSite: .lax))
        }
    }
}
