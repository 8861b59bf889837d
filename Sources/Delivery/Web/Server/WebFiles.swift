/// Templates, texts and assets of all modules, read once at start.
package struct WebFiles: Sendable {
    package let messages: Messages
    package let templates: TemplateLibrary
    package let assets: Assets
    let files: [(module: String, files: EmbeddedFiles)]

    package init(modules: [any Module]) {
        files = modules.map { ($0.name, $0.templates) }
        messages = Messages(files: files)
        templates = TemplateLibrary(files: files)
        assets = Assets(files: files)
    }

    /// What keeps the server from starting.
    package var faults: [String] { messages.faults + templates.faults + assets.faults }

    /// What a test keeps at nothing: texts in one language only, and texts that templates ask for and
    /// nobody wrote.
    package func missingTexts() -> [String] {
        messages.missingKeys()
            + templates.textKeys.filter { !messages.has($0.key) }
            .map { "\($0.template): no text for \($0.key)" }
    }
}
