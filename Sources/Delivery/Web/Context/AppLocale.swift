/// A language that Kontor speaks.
package enum AppLocale: String, CaseIterable, Hashable, Sendable {
    case zhHans = "zh-Hans"
    case en

    /// How a page names its language.
    package var languageTag: String { self == .zhHans ? "zh-Hans" : "en" }
    package var other: AppLocale { self == .zhHans ? .en : .zhHans }

    /// The first language of an `Accept-Language` header that Kontor speaks, by its weights.
    /// nil if there is none.
    package init?(acceptLanguage header: String) {
        var best: (locale: AppLocale, weight: Double)?
        for part in header.split(separator: ",").prefix(20) {
            let pieces = part.split(separator: ";").map { $0.trimmed }
            guard let tag = pieces.first, let locale = AppLocale(tag: tag) else { continue }
            let quality = pieces.dropFirst().first { $0.hasPrefix("q=") }
            let weight = quality.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
            if weight > 0, weight > best?.weight ?? 0 { best = (locale, weight) }
        }
        guard let best else { return nil }
        self = best.locale
    }

    /// `zh`, `zh-CN`, `zh-Hans-SG` are Chinese; `en`, `en-GB` English.
    package init?(tag: some StringProtocol) {
        switch tag.lowercased().split(separator: "-").first {
        case "zh": self = .zhHans
        case "en": self = .en
        default: return nil
        }
    }
}

extension StringProtocol {
    /// Without the blanks and tabs around it.
    var trimmed: String {
        var text = Substring(self).utf8
        while let first = text.first, first == 0x20 || first == 0x09 { text.removeFirst() }
        while let last = text.last, last == 0x20 || last == 0x09 { text.removeLast() }
        return String(Substring(text))
    }
}
