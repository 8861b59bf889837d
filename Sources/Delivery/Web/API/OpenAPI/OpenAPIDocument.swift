import Hummingbird

/// The OpenAPI 3.1 document, made from what the endpoints declare. The same endpoints give the same
/// bytes.
package enum OpenAPIDocument {
    package static func render(_ endpoints: [Endpoint], title: String, version: String) -> [UInt8] {
        value(endpoints, title: title, version: version).bytes
    }

    package static func value(
        _ endpoints: [Endpoint], title: String, version: String
    ) -> JSONValue {
        let builder = SchemaBuilder()
        var paths: [String: JSONValue] = [:]
        for endpoint in endpoints {
            var methods: [String: JSONValue] = [:]
            if case .object(let known)? = paths[endpoint.path] { methods = known }
            let method = endpoint.method.rawValue.lowercased()
            methods[method] = OperationObject(endpoint: endpoint, builder: builder).json
            paths[endpoint.path] = .object(methods)
        }
        let tags = Set(endpoints.map(\.tag)).subtracting([""]).sorted()
        return [
            "openapi": "3.1.0",
            "info": ["title": .string(title), "version": .string(version)],
            "servers": [["url": "/"]],
            "tags": .array(tags.map { ["name": .string($0)] }),
            "paths": .object(paths),
            "components": [
                "schemas": .object(schemas(builder, inputs: inputs(of: endpoints, builder))),
                "responses": ["Problem": problemResponse],
                "headers": ["IdempotentReplayed": replayedHeader],
                "securitySchemes": ["bearer": ["type": "http", "scheme": "bearer"]],
            ],
        ]
    }

    // MARK: Schemas

    /// What requests send is closed: a field that is not known is refused. Answers stay open, so that
    /// they can grow.
    private static func schemas(
        _ builder: SchemaBuilder, inputs: Set<String>
    ) -> [String: JSONValue] {
        var schemas = builder.components
        for name in inputs { schemas[name]?.keywords["additionalProperties"] = false }
        schemas["Problem"] = problem
        return schemas.mapValues(\.json)
    }

    /// The components that bodies are made of.
    private static func inputs(of endpoints: [Endpoint], _ builder: SchemaBuilder) -> Set<String> {
        var found: Set<String> = []
        var open: [JSONValue] = endpoints.compactMap { endpoint in
            guard case .json(let type, _) = endpoint.body else { return nil }
            return builder.schema(of: type).json
        }
        while let next = open.popLast() {
            for name in references(in: next) where found.insert(name).inserted {
                if let component = builder.components[name] { open.append(component.json) }
            }
        }
        return found
    }

    private static func references(in value: JSONValue) -> [String] {
        switch value {
        case .object(let members):
            let prefix = JSONSchema.componentPrefix
            let own = members["$ref"]?.text.flatMap { reference in
                reference.hasPrefix(prefix) ? String(reference.dropFirst(prefix.count)) : nil
            }
            return members.values.flatMap(references) + (own.map { [$0] } ?? [])
        case .array(let items):
            return items.flatMap(references)
        default:
            return []
        }
    }

    // MARK: Problems (RFC 9457)

    private static let problem: JSONSchema = {
        let field = JSONSchema.object(
            ["pointer": .string(), "code": .string(), "message": .string()],
            required: ["pointer", "code", "message"])
        return .object(
            [
                "type": .string(format: "uri"), "title": .string(),
                "status": .integer(400...599), "detail": .string(),
                "code": .string(pattern: "^[a-z0-9]+(-[a-z0-9]+)*$").described(
                    "Stable; the words beside it follow Accept-Language."),
                "instance": .string(), "errors": .array(of: field),
                "shortfall": .integer, "retryAfter": .integer,
            ], required: ["type", "title", "status", "code"])
    }()

    private static let problemResponse: JSONValue = [
        "description": "A problem.",
        "content": ["application/problem+json": ["schema": JSONSchema.component("Problem").json]],
    ]

    private static let replayedHeader: JSONValue = [
        "description": "The key was used before; this is the answer it was given then.",
        "schema": ["type": "string", "enum": ["true"]],
    ]
}
