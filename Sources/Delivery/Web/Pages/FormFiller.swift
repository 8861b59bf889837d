import Foundation

/// Puts values and complaints into a form of a page that has been rendered.
///
/// The page comes from our own templates, which escape what they are given: a `<` begins a tag, and
/// no `>` stands inside one. So forms need not spell out for each field how it looks when it comes
/// back, and none can forget to.
struct FormFiller {
    struct Complaint {
        /// As a problem names the field: `/lines/0/couponId`.
        let pointer: String
        let title: String
        let detail: String?
    }

    private let sent: SentForm
    private(set) var unplaced: [Complaint]
    private var taken: [String: Int] = [:]
    private var hasFocus = false

    init(_ sent: SentForm, complaints: [Complaint]) {
        self.sent = sent
        unplaced = complaints
    }

    mutating func fill(_ html: String) -> String {
        guard let range = sentForm(in: html) else { return html }
        return html[..<range.lowerBound] + filled(html[range]) + html[range.upperBound...]
    }

    // MARK: Which form

    /// Of the forms that are sent there, the one whose hidden fields say the same.
    private func sentForm(in html: String) -> Range<Substring.Index>? {
        let forms = html.ranges(of: "<form ").compactMap { begin in
            html[begin.upperBound...].firstRange(of: "</form>").map {
                begin.lowerBound..<$0.lowerBound
            }
        }.filter { range in
            Self.tags(in: html[range]).contains {
                ($0.name == "form" ? $0["action"] : $0["formaction"]) == sent.action
            }
        }
        return forms.first { range in
            Self.tags(in: html[range]).filter { $0["type"] == "hidden" }.allSatisfy { tag in
                guard let name = tag["name"], !name.hasPrefix("_") else { return true }
                return sent.form.all(name).contains(tag["value"] ?? "")
            }
        } ?? forms.first
    }

    // MARK: Its fields

    private mutating func filled(_ form: Substring) -> String {
        let tags = Self.tags(in: form)
        let places = places(tags.compactMap { $0["name"] })
        var output = ""
        var position = form.startIndex
        var select: (tag: Tag, values: [String])?
        for tag in tags {
            guard tag.range.lowerBound >= position else { continue }
            output += form[position..<tag.range.lowerBound]
            position = tag.range.upperBound
            switch tag.name {
            case "input":
                output += input(tag, places)
            case "select":
                select = (tag, sent.form.all(tag["name"] ?? ""))
                output += marked(tag, complaint(tag, places)).text
            case "option":
                output += option(tag, select?.values ?? [])
            case "/select":
                output +=
                    tag.text + (select.flatMap { note($0.tag, complaint($0.tag, places)) } ?? "")
                select = nil
            case "textarea":
                let end = form[position...].firstRange(of: "</textarea>")?.upperBound ?? position
                output += textarea(tag, places)
                position = end
            default:
                output += tag.text
            }
        }
        return output + form[position...]
    }

    private mutating func input(_ tag: Tag, _ places: [String: [Complaint]]) -> String {
        guard let name = tag["name"] else { return tag.text }
        var tag = tag
        switch tag["type"] ?? "text" {
        // What is secret is never sent back; what is hidden is the page's own.
        case "hidden":
            if name == "_key", sent.keepsKey, let key = sent.form.all(name).first {
                tag["value"] = key
            }
            return tag.text
        case "password", "file": break
        case "checkbox", "radio":
            let isOn = sent.form.all(name).contains(tag["value"] ?? "on")
            tag.set("checked", isOn)
            return tag.text
        default: tag["value"] = next(name) ?? ""
        }
        let complaint = complaint(tag, places)
        tag = marked(tag, complaint)
        return tag.text + (note(tag, complaint) ?? "")
    }

    private func option(_ tag: Tag, _ values: [String]) -> String {
        var tag = tag
        tag.set("selected", values.contains(tag["value"] ?? ""))
        return tag.text
    }

    private mutating func textarea(_ tag: Tag, _ places: [String: [Complaint]]) -> String {
        let text = next(tag["name"] ?? "") ?? ""
        let complaint = complaint(tag, places)
        let marked = marked(tag, complaint)
        // The first line break after the tag is not part of the text.
        return marked.text + "\n" + HTMLText.escape(text) + "</textarea>"
            + (note(marked, complaint) ?? "")
    }

    /// The next value of a field that may be there several times.
    private mutating func next(_ name: String) -> String? {
        let values = sent.form.all(name)
        let index = taken[name, default: 0]
        taken[name] = index + 1
        return values.indices.contains(index) ? values[index] : nil
    }

    // MARK: Complaints

    /// Complaints by the field they belong beside, as `name` or, for rows, `name#1`.
    private mutating func places(_ names: [String]) -> [String: [Complaint]] {
        var places: [String: [Complaint]] = [:]
        unplaced.removeAll { complaint in
            guard let place = Self.place(complaint.pointer, among: names) else { return false }
            places[place, default: []].append(complaint)
            return true
        }
        return places
    }

    /// `/lines/0/couponId` is the field `lines.0.couponId`, `/scope/id` is `scopeId`, and
    /// `/policies/1/days` the second `days`.
    private static func place(_ pointer: String, among names: [String]) -> String? {
        let parts = pointer.split(separator: "/").map(String.init)
        let words = parts.filter { Int($0) == nil }
        guard let first = words.first, let last = words.last else { return nil }
        let joined =
            first
            + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }
            .joined()
        for name in [parts.joined(separator: "."), joined] where names.contains(name) {
            return name
        }
        guard names.contains(last) else { return nil }
        return parts.compactMap { Int($0) }.last.map { "\(last)#\($0)" } ?? last
    }

    private func complaint(_ tag: Tag, _ places: [String: [Complaint]]) -> [Complaint] {
        guard let name = tag["name"] else { return [] }
        return places[name] ?? places["\(name)#\(taken[name, default: 1] - 1)"] ?? []
    }

    private func errorID(_ tag: Tag) -> String {
        let name = tag["id"] ?? tag["name"] ?? ""
        let row = taken[tag["name"] ?? "", default: 1]
        return row > 1 ? "\(name)-\(row)-error" : "\(name)-error"
    }

    /// The field, saying that it is at fault and where it says why; the first one is gone to.
    private mutating func marked(_ tag: Tag, _ complaints: [Complaint]) -> Tag {
        guard !complaints.isEmpty else { return tag }
        var tag = tag
        tag["aria-invalid"] = "true"
        tag["aria-describedby"] = errorID(tag)
        if !hasFocus { tag.set("autofocus", true) }
        hasFocus = true
        return tag
    }

    private func note(_ tag: Tag, _ complaints: [Complaint]) -> String? {
        guard !complaints.isEmpty else { return nil }
        let texts = complaints.map { complaint in
            let title = HTMLText.escape(complaint.title)
            return complaint.detail.map { "<b>\(title)</b> \(HTMLText.escape($0))" } ?? title
        }
        return "<p class=\"error\" id=\"\(errorID(tag))\" data-test=\"field-problem\">"
            + texts.joined(separator: "<br>") + "</p>"
    }
}

extension FormFiller {
    /// A tag that matters to a form, to be changed and written again.
    private struct Tag {
        let name: String
        let range: Range<Substring.Index>
        private var attributes: [(name: String, value: String?)]

        init(name: String, range: Range<Substring.Index>, _ attributes: Substring) {
            self.name = name
            self.range = range
            self.attributes = attributes.matches(of: /([a-zA-Z-]+)(?:="([^"]*)")?/).map {
                (String($0.output.1), $0.output.2.map { HTMLText.unescape(String($0)) })
            }
        }

        subscript(attribute: String) -> String? {
            get { attributes.first { $0.name == attribute }?.value }
            set {
                attributes.removeAll { $0.name == attribute }
                if let newValue { attributes.append((attribute, newValue)) }
            }
        }

        mutating func set(_ attribute: String, _ isOn: Bool) {
            attributes.removeAll { $0.name == attribute }
            if isOn { attributes.append((attribute, nil)) }
        }

        var text: String {
            let parts = attributes.map { attribute in
                attribute.value.map { "\(attribute.name)=\"\(HTMLText.escape($0))\"" }
                    ?? attribute.name
            }
            return "<\(([name] + parts).joined(separator: " "))>"
        }
    }

    private static func tags(in html: Substring) -> [Tag] {
        html.matches(of: /<(form|input|select|option|\/select|textarea|button)\b([^>]*)>/).map {
            Tag(name: String($0.output.1), range: $0.range, $0.output.2)
        }
    }
}

/// Text in HTML.
enum HTMLText {
    private static let entities = [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;")]

    static func escape(_ text: String) -> String {
        entities.reduce(text) { $0.replacing($1.0, with: $1.1) }
    }

    static func unescape(_ text: String) -> String {
        guard text.contains("&") else { return text }
        return (entities.dropFirst() + [("'", "&#39;")] + entities.prefix(1))
            .reduce(text) { $0.replacing($1.1, with: $1.0) }
    }
}
