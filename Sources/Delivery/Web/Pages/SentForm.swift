import Basics

/// A form that was sent and is shown again: with what was typed, and each complaint beside its field.
struct SentForm: Sendable {
    /// Where it was sent.
    let action: String
    /// The page it is on.
    let from: String
    let form: Form
    /// Why it comes back; nil if it was only a step on the way (a code was sent, a price tried out).
    let problem: Problem?
    let flash: Flash?

    init(
        action: String, from: String, form: Form, problem: Problem? = nil, flash: Flash? = nil
    ) {
        self.action = action
        self.from = from
        self.form = form
        self.problem = problem
        self.flash = flash
    }

    /// The page with the form filled in, and what is said above it.
    func fill(_ html: String, _ messages: Messages, _ locale: AppLocale)
        -> (html: String, flash: Flash?)
    {
        var filler = FormFiller(self, complaints: complaints(messages, locale))
        let filled = filler.fill(html)
        guard let problem else { return (filled, flash) }
        let allPlaced = !problem.errors.isEmpty && filler.unplaced.isEmpty
        let text =
            allPlaced
            ? messages.text("form.check", locale) : messages.sentence(for: problem, locale)
        return (filled, .bad(text))
    }

    private func complaints(_ messages: Messages, _ locale: AppLocale) -> [FormFiller.Complaint] {
        guard let problem else { return [] }
        return problem.errors.map { error in
            let key = "problem.\(error.code)"
            let detail =
                messages.lookup("\(key).detail", locale) == nil
                ? nil : messages.text("\(key).detail", locale, problem.parameters)
            return FormFiller.Complaint(
                pointer: error.pointer, title: messages.text(key, locale, problem.parameters),
                detail: detail)
        }
    }

    /// A command whose outcome is unknown is repeated under its own key.
    var keepsKey: Bool { problem?.kind == .outcomeUnknown || problem?.kind == .unavailable }
}

extension Messages {
    /// What a problem says, in one or two sentences.
    func sentence(for problem: Problem, _ locale: AppLocale) -> String {
        let words = words(for: problem, locale)
        let fields = problem.errors.compactMap { words.fields[$0.code] }
        return ([words.detail] + fields.filter { $0 != words.detail && $0 != words.title })
            .joined(separator: " ")
    }
}
