import Basics
import Foundation
import Testing

@testable import Web

/// A form that comes back: as it was typed, and saying what is wrong where it is wrong.
@Suite struct FormFillerTests {
    private func fill(
        _ html: String, _ body: String, _ problem: Problem? = nil, action: String = "/say"
    ) throws -> (html: String, flash: String?) {
        let form = try Form(urlEncoded: body.utf8)
        let sent = SentForm(action: action, from: "/", form: form, problem: problem)
        let files = WebModule().templates
        let messages = Messages(files: [("web", files)])
        let filled = sent.fill(html, messages, .en)
        return (filled.html, filled.flash?.text)
    }

    private func form(_ fields: String) -> String {
        "<form method=\"post\" action=\"/say\">\n\(fields)\n</form>"
    }

    @Test func `what was typed is there again, escaped`() throws {
        let html = form(
            """
            <input name="a" value="old"><textarea name="b" rows="2">old</textarea>
            <select name="c"><option value="1" selected>1</option><option value="2">2</option></select>
            <input type="checkbox" name="d" checked><input type="radio" name="e" value="x">
            """)
        let filled = try fill(html, "a=%22%3Cb%3E%26&b=%3Ci%3E&c=2&e=x").html
        #expect(filled.contains("<input name=\"a\" value=\"&quot;&lt;b&gt;&amp;\">"))
        #expect(filled.contains("\n&lt;i&gt;</textarea>") && !filled.contains("old"))
        #expect(
            filled.contains("<option value=\"1\">1") && filled.contains("value=\"2\" selected>"))
        #expect(filled.contains("<input type=\"checkbox\" name=\"d\">"))
        #expect(filled.contains("name=\"e\" value=\"x\" checked>"))
    }

    @Test func `secrets and hidden fields are never sent back`() throws {
        let html = form(
            """
            <input type="hidden" name="_key" value="new"><input type="hidden" name="next" value="/">
            <input type="password" name="p">
            """)
        let filled = try fill(html, "_key=old&next=/&p=secret", .rule("overflow")).html
        #expect(!filled.contains("secret") && filled.contains("value=\"new\""))
    }

    @Test func `a command of unknown outcome is repeated under its key`() throws {
        let html = form("<input type=\"hidden\" name=\"_key\" value=\"new\">")
        #expect(try fill(html, "_key=old", .outcomeUnknown).html.contains("value=\"old\""))
    }

    @Test(arguments: [
        ("/a", "<input name=\"a\" id=\"x\">", "x-error"),
        ("/scope/id", "<input name=\"scopeId\">", "scopeId-error"),
        (
            "/lines/1/couponId", "<select name=\"lines.1.couponId\"></select>",
            "lines.1.couponId-error"
        ),
        ("/policies/1/days", "<input name=\"days\"><input name=\"days\">", "days-2-error"),
        ("/p", "<input name=\"p\" type=\"password\">", "p-error"),
        ("/t", "<textarea name=\"t\"></textarea>", "t-error"),
    ])
    func `a complaint stands beside its field`(pointer: String, field: String, id: String) throws {
        let problem = Problem.rule("field-amount", pointer)
        let filled = try fill(form(field), "a=1&days=1&days=2", problem)
        #expect(filled.html.contains("aria-invalid=\"true\" aria-describedby=\"\(id)\" autofocus>"))
        let note = "<p class=\"error\" id=\"\(id)\""
        #expect(filled.html.components(separatedBy: note).count == 2)
        #expect(filled.html.contains("<b>This is no sum of money</b> In yuan,"))
        #expect(filled.flash == "Please look at what is marked below.")
    }

    @Test func `a complaint without a field is said above`() throws {
        let filled = try fill(
            form("<input name=\"a\">"), "a=1", .rule("overflow", "/elsewhere"))
        #expect(filled.flash == "This sum is too large")
        #expect(!filled.html.contains("aria-invalid"))
    }

    @Test func `of several forms that go there, the one that was sent is filled`() throws {
        func one(_ id: Int) -> String {
            form("<input type=\"hidden\" name=\"id\" value=\"\(id)\"><input name=\"a\">")
        }
        let other = "<form method=\"post\" action=\"/else\"><input name=\"a\"></form>"
        let filled = try fill(other + one(1) + one(2), "id=2&a=typed").html
        #expect(filled.components(separatedBy: "typed").count == 2)
        #expect(filled.hasPrefix(other + one(1)))
        let button = "<form action=\"/else\"><input name=\"a\"><button formaction=\"/say\"></form>"
        #expect(try fill(button, "a=typed").html.contains("typed"))
    }
}
