import Hummingbird

/// The API for people: every endpoint with what it takes and answers, by module. Made on the server,
/// without a script, to be put into the layout.
///
/// What endpoints say of themselves is in English, as their names are; the words around it are in the
/// reader's language.
package struct DocsPage {
    private let endpoints: [Endpoint]
    private let builder = SchemaBuilder()
    private let text: (String) -> String

    /// - Parameter text: the words for a key.
    package static func render(_ endpoints: [Endpoint], text: @escaping (String) -> String)
        -> String
    {
        DocsPage(endpoints: endpoints, text: text).html
    }

    private init(endpoints: [Endpoint], text: @escaping (String) -> String) {
        self.endpoints = endpoints
        self.text = text
    }

    private var html: String {
        let tags = Set(endpoints.map(\.tag)).sorted()
        // Endpoints first: they are what fills the builder with schemas.
        let sections = tags.map { tag in section(tag, endpoints.filter { $0.tag == tag }) }
        let links = tags.map { "<li><a href=\"#\(escape(anchor($0)))\">\(escape($0))</a></li>" }
        return """
            <nav aria-label="\(words("docs.modules"))"><ul>\(links.joined())</ul></nav>
            \(sections.joined(separator: "\n"))
            \(schemas)

            """
    }

    private func words(_ key: String) -> String { escape(text(key)) }

    private func section(_ tag: String, _ endpoints: [Endpoint]) -> String {
        """
        <section id="\(escape(anchor(tag)))">
        <h2>\(escape(tag))</h2>
        \(endpoints.map { article($0) }.joined(separator: "\n"))
        </section>
        """
    }

    private func anchor(_ tag: String) -> String { "module-\(tag)" }

    private func article(_ endpoint: Endpoint) -> String {
        """
        <details>
        <summary><code>\(escape(endpoint.method.rawValue)) \(escape(endpoint.path))</code>
        \(escape(endpoint.summary))</summary>
        <table>
        <tr><th scope="row">\(words("docs.who"))</th><td>\(who(endpoint.access))</td></tr>
        \(parameterRows(endpoint))
        \(bodyRow(endpoint))
        \(answerRows(endpoint))
        \(problemRows(endpoint))
        </table>
        </details>
        """
    }

    private func who(_ access: Access) -> String {
        switch access {
        case .public: words("docs.anybody")
        case .optional: words("docs.anybodyMore")
        case .member: words("docs.members")
        case .role, .roles:
            access.roles.map { "<code>\($0.rawValue)</code>" }
                .joined(separator: " \(words("docs.or")) ")
        }
    }

    private func parameterRows(_ endpoint: Endpoint) -> String {
        var rows = endpoint.query.map { parameter in
            let type = kind(builder.schema(of: parameter.type))
            let note = parameter.isRequired ? " \(words("docs.required"))" : ""
            return row("?\(parameter.name)", "\(type) \(escape(parameter.description))\(note)")
        }
        if endpoint.isIdempotent {
            rows.append(row("Idempotency-Key", words("docs.key")))
        }
        return rows.joined(separator: "\n")
    }

    private func bodyRow(_ endpoint: Endpoint) -> String {
        switch endpoint.body {
        case .nothing: ""
        case .json(let type, _): row(text("docs.body"), kind(builder.schema(of: type)))
        case .bytes(let types, _): row(text("docs.body"), escape(types.joined(separator: ", ")))
        }
    }

    private func answerRows(_ endpoint: Endpoint) -> String {
        endpoint.successes(builder).map { status, schema in
            let answer =
                if let schema {
                    kind(schema)
                } else if case .bytes(let types) = endpoint.answer {
                    escape(types.joined(separator: ", "))
                } else if case .events(let type) = endpoint.answer {
                    "<code>\(LiveEvent.mediaType)</code> \(kind(builder.schema(of: type)))"
                } else {
                    words("docs.nothing")
                }
            return "<tr><th scope=\"row\">\(status.code)</th><td>\(answer)</td></tr>"
        }.joined(separator: "\n")
    }

    private func problemRows(_ endpoint: Endpoint) -> String {
        endpoint.possibleProblems.sorted { $0.key < $1.key }.map { status, codes in
            row(String(status), codes.map { "<code>\(escape($0))</code>" }.joined(separator: " "))
        }.joined(separator: "\n")
    }

    private func row(_ name: String, _ content: String) -> String {
        "<tr><th scope=\"row\"><code>\(escape(name))</code></th><td>\(content)</td></tr>"
    }

    // MARK: Schemas

    private var schemas: String {
        let articles = builder.components.sorted { $0.key < $1.key }.map { name, schema in
            """
            <section id="schema-\(escape(name))">
            <h3>\(escape(name))</h3>
            \(properties(schema))
            </section>
            """
        }
        return """
            <section id="schemas">
            <h2>\(words("docs.schemas"))</h2>
            \(articles.joined(separator: "\n"))
            </section>
            """
    }

    private func properties(_ schema: JSONSchema) -> String {
        guard case .object(let properties)? = schema.keywords["properties"] else { return "" }
        var required: [String] = []
        if case .array(let names)? = schema.keywords["required"] {
            required = names.compactMap(\.text)
        }
        let rows = properties.sorted { $0.key < $1.key }.map { name, value in
            guard case .object(let keywords) = value else { return "" }
            let description = keywords["description"]?.text ?? ""
            let note = required.contains(name) ? "" : " \(words("docs.optional"))"
            return row(name, "\(kind(JSONSchema(keywords)))\(note) \(escape(description))")
        }
        return "<table>\(rows.joined(separator: "\n"))</table>"
    }

    /// A schema in a few words, components as links.
    private func kind(_ schema: JSONSchema) -> String {
        let keywords = schema.keywords
        if let reference = keywords["$ref"]?.text {
            let name = escape(String(reference.dropFirst(JSONSchema.componentPrefix.count)))
            return "<a href=\"#schema-\(name)\">\(name)</a>"
        }
        if case .array(let options)? = keywords["anyOf"] {
            return options.map(kind).joined(separator: " \(words("docs.or")) ")
        }
        if case .array(let values)? = keywords["enum"] {
            return values.compactMap(\.text).map { "<code>\(escape($0))</code>" }
                .joined(separator: " ")
        }
        if let items = keywords["items"] { return "\(words("docs.listOf")) \(kind(items))" }
        if let values = keywords["additionalProperties"] {
            return "\(words("docs.mapTo")) \(kind(values))"
        }
        let format = keywords["format"]?.text ?? keywords["pattern"]?.text
        return escape(format.map { "\(type(keywords)) (\($0))" } ?? type(keywords))
    }

    private func kind(_ value: JSONValue) -> String {
        guard case .object(let keywords) = value else { return words("docs.anything") }
        return kind(JSONSchema(keywords))
    }

    private func type(_ keywords: [String: JSONValue]) -> String {
        switch keywords["type"] {
        case .string(let name)?: name
        case .array(let names)?: names.compactMap(\.text).joined(separator: " \(words("docs.or")) ")
        default: text("docs.anything")
        }
    }

    private func escape(_ text: String) -> String { HTMLText.escape(text) }
}
