import Basics
import Money
import Mustache

/// `{{t.cart.title}}` in a template: the text under the key `cart.title`.
struct Strings: MustacheParent, MustacheCustomRenderable {
    let messages: Messages
    let locale: AppLocale
    var key = ""

    func child(named piece: String) -> Any? {
        Strings(messages: messages, locale: locale, key: key.isEmpty ? piece : "\(key).\(piece)")
    }
    var renderText: String { messages.text(key, locale) }
    var isNull: Bool { messages.lookup(key, locale) == nil }
}

/// `{{total}}` is `¥1,234.56`; `{{total.plain}}` is `1234.56` for an input, `{{total.minor}}` fen.
extension Amount: MustacheParent, MustacheCustomRenderable {
    package func child(named: String) -> Any? {
        switch named {
        case "plain": description
        case "digits": MoneyText.digits(self)
        case "minor": minorUnits
        case "isZero": isZero
        case "isPositive": isPositive
        case "isNegative": minorUnits < 0
        default: nil
        }
    }
    package var renderText: String { MoneyText.text(self) }
    package var isNull: Bool { false }
}

/// `{{at}}` is `2026-01-31 09:05` in Shanghai; `{{at.iso}}` is RFC 3339 for `<time datetime>`.
extension Instant: MustacheParent, MustacheCustomRenderable {
    package func child(named: String) -> Any? {
        switch named {
        case "iso": description
        case "date": String(BusinessCalendar.localText(self).prefix(10))
        case "seconds": BusinessCalendar.localText(self)
        default: nil
        }
    }
    package var renderText: String { String(BusinessCalendar.localText(self).prefix(16)) }
    package var isNull: Bool { false }
}

extension ID: MustacheCustomRenderable {
    package var renderText: String { description }
    package var isNull: Bool { false }
}

extension CalendarDate: MustacheCustomRenderable {
    package var renderText: String { description }
    package var isNull: Bool { false }
}

/// The templates of all modules under one roof; a name belongs to one of them.
package struct TemplateLibrary: Sendable {
    let library: MustacheLibrary
    package let faults: [String]
    /// Keys of texts that templates ask for, with the template.
    package let textKeys: [(template: String, key: String)]

    package init(files: [(module: String, files: EmbeddedFiles)]) {
        var library = MustacheLibrary()
        var faults: [String] = []
        var keys: [(template: String, key: String)] = []
        for (module, files) in files {
            for path in files.names where path.hasSuffix(".mustache") {
                let name = String(path.dropLast(".mustache".count))
                let text = files.text(path) ?? ""
                if library.getTemplate(named: name) != nil {
                    faults.append("\(module)/\(path): another module has a template of this name")
                }
                do {
                    try library.register(text, named: name)
                } catch {
                    faults.append("\(module)/\(path): \(error)")
                }
                keys += text.matches(of: /\{\{[#^\/]?\s*t\.([A-Za-z0-9._-]+)/).map {
                    (path, String($0.output.1))
                }
            }
        }
        self.library = library
        self.faults = faults
        textKeys = keys
    }

    package func has(_ name: String) -> Bool { library.getTemplate(named: name) != nil }

    func render(_ name: String, _ values: [String: Any]) -> String? {
        library.render(values, withTemplate: name)
    }
}
