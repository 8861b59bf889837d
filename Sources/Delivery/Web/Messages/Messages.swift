import Basics
import Foundation
import Money

/// Every text that people see, in both languages, merged from the catalogs of all modules.
///
/// A catalog is `messages.<locale>.json`: `{"wallet.available": "{amount} available"}`.
package struct Messages: Sendable {
    private let texts: [AppLocale: [String: String]]
    /// Keys that two modules both define, and catalogs that cannot be read.
    package let faults: [String]

    package static let none = Messages(files: [])

    package init(files: [(module: String, files: EmbeddedFiles)]) {
        var texts: [AppLocale: [String: String]] = [:]
        var faults: [String] = []
        for (module, files) in files {
            for locale in AppLocale.allCases {
                let name = "messages.\(locale.rawValue).json"
                guard let data = files.data(name) else { continue }
                guard let catalog = try? JSONDecoder().decode([String: String].self, from: data)
                else {
                    faults.append("\(module)/\(name) is not an object of strings")
                    continue
                }
                texts[locale, default: [:]].merge(catalog) { first, _ in first }
                let known = texts[locale, default: [:]]
                faults += catalog.filter { known[$0.key] != $0.value }
                    .map { "\(module)/\(name): \($0.key) is defined twice" }
            }
        }
        self.texts = texts
        self.faults = faults.sorted()
    }

    /// Keys that one language has and another lacks, as `en: wallet.available`.
    package func missingKeys() -> [String] {
        let all = texts.values.reduce(into: Set<String>()) { $0.formUnion($1.keys) }
        return AppLocale.allCases.flatMap { locale in
            all.filter { texts[locale]?[$0] == nil }.map { "\(locale.rawValue): \($0)" }
        }.sorted()
    }

    /// Whether there is a text for `key` in both languages.
    package func has(_ key: String) -> Bool {
        AppLocale.allCases.allSatisfy { texts[$0]?[key] != nil }
    }

    /// nil if there is none.
    package func lookup(_ key: String, _ locale: AppLocale) -> String? { texts[locale]?[key] }

    /// The text with its `{blanks}` filled; a key without a text is shown as it is.
    package func text(
        _ key: String, _ locale: AppLocale, _ parameters: [String: Problem.Value] = [:]
    ) -> String {
        lookup(key, locale).map { fill($0, parameters, locale) } ?? key
    }

    private func fill(
        _ template: String, _ parameters: [String: Problem.Value], _ locale: AppLocale
    ) -> String {
        guard template.contains("{") else { return template }
        var result = ""
        var rest = template[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            result += rest[..<open]
            let name = String(rest[rest.index(after: open)..<close])
            result += parameters[name]?.shown ?? "{\(name)}"
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }
}

extension Problem.Value {
    /// As people read it.
    var shown: String {
        switch self {
        case .text(let text): text
        case .number(let number): String(number)
        case .money(let units): MoneyText.text(Amount(units))
        }
    }
}

extension Messages {
    /// A problem in words.
    package struct Words: Sendable {
        package let title: String
        package let detail: String
        /// By the code of each field at fault.
        package let fields: [String: String]
    }

    /// `problem.<code>` is the title, `problem.<code>.detail` says more where there is more to say.
    package func words(for problem: Problem, _ locale: AppLocale) -> Words {
        let title = text("problem.\(problem.code)", locale, problem.parameters)
        let detail =
            lookup("problem.\(problem.code).detail", locale) == nil
            ? title : text("problem.\(problem.code).detail", locale, problem.parameters)
        var fields: [String: String] = [:]
        for error in problem.errors {
            fields[error.code] = text("problem.\(error.code)", locale, problem.parameters)
        }
        return Words(title: title, detail: detail, fields: fields)
    }
}
