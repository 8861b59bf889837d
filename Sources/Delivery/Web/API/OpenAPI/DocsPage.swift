import Hummingbird

/// The API for people: every endpoint with what it takes and answers, by module. Made on the server,
/// without a script.
package enum DocsPage {
    package static func render(_ endpoints: [Endpoint], title: String) -> String {
        let builder = SchemaBuilder()
        let tags = Set(endpoints.map(\.tag)).sorted()
        // Endpoints first: they are what fills the builder with schemas.
        let sections = tags.map { tag in
            section(tag, endpoints.filter { $0.tag == tag }, builder)
        }
        let links = tags.map { "<li><a href=\"#\(escape(anchor($0)))\">\(escape($0))</a></li>" }
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(escape(title))</title>
            <link rel="stylesheet" href="/assets/kontor.css">
            </head>
            <body>
            <main class="docs">
            <h1>\(escape(title))</h1>
            <p>The same for programs: <a href="/openapi.json">openapi.json</a>. Refusals are
            <code>application/problem+json</code> (RFC 9457) with a stable <code>code</code>.</p>
            <nav aria-label="Modules"><ul>\(links.joined())</ul></nav>
            \(sections.joined(separator: "\n"))
            \(schemas(builder))
            </main>
            </body>
            </html>

            """
    }

    private static func section(
        _ tag: String, _ endpoints: [Endpoint], _ builder: SchemaBuilder
    ) -> String {
        """
        <section id="\(escape(anchor(tag)))">
        <h2>\(escape(tag))</h2>
        \(endpoints.map { article($0, builder) }.joined(separator: "\n"))
        </section>
        """
    }

    private static func anchor(_ tag: String) -> String { "module-\(tag)" }

    private static func article(_ endpoint: Endpoint, _ builder: SchemaBuilder) -> String {
        """
        <details>
        <summary><code>\(escape(endpoint.method.rawValue)) \(escape(endpoint.path))</code>
        \(escape(endpoint.summary))</summary>
        <table>
        <tr><th scope="row">Who</th><td>\(escape(who(endpoint.access)))</td></tr>
        \(parameterRows(endpoint, builder))
        \(bodyRow(endpoint, builder))
        <tr><th scope="row">\(endpoint.status.code)</th><td>\(answer(endpoint, builder))</td></tr>
        \(problemRows(endpoint))
        </table>
        </details>
        """
    }

    private static func who(_ access: Access) -> String {
        switch access {
        case .public: "anybody"
        case .optional: "anybody; more for members"
        case .member: "members"
        case .role, .roles: access.roles.map(\.rawValue).joined(separator: " or ")
        }
    }

    private static func parameterRows(_ endpoint: Endpoint, _ builder: SchemaBuilder) -> String {
        var rows = endpoint.query.map { parameter in
            let type = kind(builder.schema(of: parameter.type))
            let note = parameter.isRequired ? " Required." : ""
            return row("?\(parameter.name)", "\(type) \(escape(parameter.description + note))")
        }
        if endpoint.isIdempotent {
            rows.append(row("Idempotency-Key", "Required: one key for one command."))
        }
        return rows.joined(separator: "\n")
    }

    private static func bodyRow(_ endpoint: Endpoint, _ builder: SchemaBuilder) -> String {
        switch endpoint.body {
        case .nothing: ""
        case .json(let type, _): row("Body", kind(builder.schema(of: type)))
        case .bytes(let types, _): row("Body", escape(types.joined(separator: ", ")))
        }
    }

    private static func answer(_ endpoint: Endpoint, _ builder: SchemaBuilder) -> String {
        switch endpoint.answer {
        case .nothing: "nothing"
        case .json(let type): kind(builder.schema(of: type))
        case .bytes(let types): escape(types.joined(separator: ", "))
        }
    }

    private static func problemRows(_ endpoint: Endpoint) -> String {
        endpoint.possibleProblems.sorted { $0.key < $1.key }.map { status, codes in
            row(String(status), codes.map { "<code>\(escape($0))</code>" }.joined(separator: " "))
        }.joined(separator: "\n")
    }

    private static func row(_ name: String, _ content: String) -> String {
        "<tr><th scope=\"row\"><code>\(escape(name))</code></th><td>\(content)</td></tr>"
    }

    // MARK: Schemas

    private static func schemas(_ builder: SchemaBuilder) -> String {
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
            <h2>Schemas</h2>
            \(articles.joined(separator: "\n"))
            </section>
            """
    }

    private static func properties(_ schema: JSONSchema) -> String {
        guard case .object(let properties)? = schema.keywords["properties"] else { return "" }
        var required: [String] = []
        if case .array(let names)? = schema.keywords["required"] {
            required = names.compactMap(\.text)
        }
        let rows = properties.sorted { $0.key < $1.key }.map { name, value in
            guard case .object(let keywords) = value else { return "" }
            let description = keywords["description"]?.text ?? ""
            let note = required.contains(name) ? "" : " optional"
            return row(name, "\(kind(JSONSchema(keywords)))\(note) \(escape(description))")
        }
        return "<table>\(rows.joined(separator: "\n"))</table>"
    }

    /// A schema in a few words, components as links.
    private static func kind(_ schema: JSONSchema) -> String {
        let keywords = schema.keywords
        if let reference = keywords["$ref"]?.text {
            let name = escape(String(reference.dropFirst(JSONSchema.componentPrefix.count)))
            return "<a href=\"#schema-\(name)\">\(name)</a>"
        }
        if case .array(let options)? = keywords["anyOf"] {
            return options.map(kind).joined(separator: " or ")
        }
        if case .array(let values)? = keywords["enum"] {
            return values.compactMap(\.text).map { "<code>\(escape($0))</code>" }
                .joined(separator: " ")
        }
        if let items = keywords["items"] { return "list of \(kind(items))" }
        if let values = keywords["additionalProperties"] { return "map to \(kind(values))" }
        let format = keywords["format"]?.text ?? keywords["pattern"]?.text
        return escape(format.map { "\(type(keywords)) (\($0))" } ?? type(keywords))
    }

    private static func kind(_ value: JSONValue) -> String {
        guard case .object(let keywords) = value else { return "anything" }
        return kind(JSONSchema(keywords))
    }

    private static func type(_ keywords: [String: JSONValue]) -> String {
        switch keywords["type"] {
        case .string(let name)?: name
        case .array(let names)?: names.compactMap(\.text).joined(separator: " or ")
        default: "anything"
        }
    }

    private static func escape(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
