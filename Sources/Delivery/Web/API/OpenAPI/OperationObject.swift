import Hummingbird

/// One operation of the document.
struct OperationObject {
    let endpoint: Endpoint
    let builder: SchemaBuilder

    var json: JSONValue {
        var members: [String: JSONValue] = [
            "operationId": .string(operationID), "summary": .string(endpoint.summary),
            "responses": .object(responses), "security": security,
        ]
        if !endpoint.tag.isEmpty { members["tags"] = [.string(endpoint.tag)] }
        if !parameters.isEmpty { members["parameters"] = .array(parameters) }
        members["requestBody"] = requestBody
        if !endpoint.access.roles.isEmpty {
            let roles = endpoint.access.roles.map(\.rawValue).joined(separator: ", ")
            members["description"] = .string("Needs a role: \(roles).")
        }
        return .object(members)
    }

    /// `postOrdersIdCancel`
    private var operationID: String {
        let prefix = API.prefix
        let path =
            endpoint.path.hasPrefix(prefix + "/")
            ? endpoint.path.dropFirst(prefix.count) : endpoint.path[...]
        let words = path.split { !($0.isLetter || $0.isNumber) }
        let name = words.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
        return endpoint.method.rawValue.lowercased() + name
    }

    private var security: JSONValue {
        switch endpoint.access {
        case .public: []
        case .optional: [[:], ["bearer": []]]
        case .member, .role, .roles: [["bearer": []]]
        }
    }

    // MARK: What it takes

    private var parameters: [JSONValue] {
        let path = endpoint.pathParameters.map { name in
            Self.parameter(name, in: "path", .string(), nil, required: true)
        }
        let query = endpoint.query.map { parameter in
            Self.parameter(
                parameter.name, in: "query", builder.schema(of: parameter.type),
                parameter.description, required: parameter.isRequired)
        }
        guard endpoint.isIdempotent else { return path + query }
        let key = Self.parameter(
            "Idempotency-Key", in: "header",
            JSONSchema([
                "type": "string", "pattern": "^[!-~]+$", "minLength": 1, "maxLength": 255,
            ]),
            "One key for one command: sent again, it is answered again and not done again.",
            required: true)
        return path + query + [key]
    }

    private static func parameter(
        _ name: String, in place: String, _ schema: JSONSchema, _ description: String?,
        required: Bool
    ) -> JSONValue {
        var members: [String: JSONValue] = [
            "name": .string(name), "in": .string(place), "schema": schema.json,
            "required": .bool(required),
        ]
        members["description"] = description.map(JSONValue.string)
        return .object(members)
    }

    private var requestBody: JSONValue? {
        switch endpoint.body {
        case .nothing:
            return nil
        case .json(let type, _):
            let schema = builder.schema(of: type).json
            return ["required": true, "content": ["application/json": ["schema": schema]]]
        case .bytes(let mediaTypes, _):
            return ["required": true, "content": Self.content(mediaTypes)]
        }
    }

    // MARK: What it answers

    private var responses: [String: JSONValue] {
        var responses = endpoint.possibleProblems.mapValues(Self.problem)
        for (status, schema) in endpoint.successes(builder) {
            responses[status.code] = success(status, schema)
        }
        return Dictionary(uniqueKeysWithValues: responses.map { (String($0.key), $0.value) })
    }

    private func success(_ status: HTTPResponse.Status, _ schema: JSONSchema?) -> JSONValue {
        var members: [String: JSONValue] = ["description": .string(status.reasonPhrase)]
        if let schema {
            members["content"] = ["application/json": ["schema": schema.json]]
        } else if case .bytes(let mediaTypes) = endpoint.answer {
            members["content"] = Self.content(mediaTypes)
        } else if case .events(let type) = endpoint.answer {
            let event: JSONValue = [
                "type": "string", "contentMediaType": "application/json",
                "contentSchema": builder.schema(of: type).json,
                "description": "The data of each event; it comes at once and with each change.",
            ]
            members["content"] = .object([LiveEvent.mediaType: ["schema": event]])
        }
        if endpoint.isIdempotent {
            members["headers"] = [
                "Idempotent-Replayed": ["$ref": "#/components/headers/IdempotentReplayed"]
            ]
        }
        return .object(members)
    }

    private static func problem(_ codes: [String]) -> JSONValue {
        guard !codes.isEmpty else { return ["$ref": "#/components/responses/Problem"] }
        let list = codes.map { "`\($0)`" }.joined(separator: ", ")
        return [
            "description": .string(list),
            "content": [
                "application/problem+json": ["schema": JSONSchema.component("Problem").json]
            ],
        ]
    }

    private static func content(_ mediaTypes: [String]) -> JSONValue {
        let types = mediaTypes.isEmpty ? ["*/*"] : mediaTypes
        return .object(Dictionary(types.map { ($0, [:]) }) { first, _ in first })
    }
}

extension Endpoint {
    /// Every status besides success, with the codes known to come with it: what the declaration
    /// names, and what follows from the kind of route.
    var possibleProblems: [Int: [String]] {
        var all: [Int: [String]] = [
            400: [], 401: ["not-logged-in"], 429: ["too-many-requests"], 503: ["unavailable"],
        ]
        func add(_ status: Int, _ codes: [String]) {
            let known = all[status] ?? []
            all[status] = known + codes.filter { !known.contains($0) }
        }
        if isIdempotent {
            add(400, ["idempotency-key-required", "idempotency-key-invalid"])
            add(422, ["idempotency-key-reused"])
        }
        if access == .member || !access.roles.isEmpty || writes { add(403, ["forbidden"]) }
        if !pathParameters.isEmpty { add(404, ["not-found"]) }
        switch body {
        case .nothing: break
        case .json:
            add(400, ["malformed-json", "duplicate-key", "invalid-request"])
            add(413, ["body-too-large"])
            add(415, ["unsupported-media-type"])
        case .bytes:
            add(413, ["body-too-large"])
            add(415, ["unsupported-media-type"])
        }
        if !query.isEmpty { add(400, ["invalid-query"]) }
        if query.contains(where: { $0.name == "cursor" }) { add(400, ["invalid-cursor"]) }
        if writes { add(504, ["outcome-unknown"]) }
        for problem in problems { add(problem.status, problem.codes) }
        return all
    }
}
