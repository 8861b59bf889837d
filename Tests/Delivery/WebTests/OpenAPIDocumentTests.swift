import Basics
import Hummingbird
import Money
import Testing

@testable import Web

private struct CourseView: Codable {
    let id: ID<SampleEntity>
    let title: String
    let price: Amount
}

private struct OrderBody: Decodable, SecretFields {
    struct Line: Codable {
        let courseID: ID<SampleEntity>
    }

    static let secretFields = ["paymentPassword"]
    let lines: [Line]
    let paymentPassword: String?
}

private struct OrderView: Codable {
    let id: ID<SampleEntity>
    let lines: [OrderBody.Line]
}

private struct WaitingView: Codable, Sendable, AcceptedView {
    static let mark = "until"
    let until: String
}

@Suite struct OpenAPIDocumentTests {
    private let endpoints: [Endpoint]
    private let document: JSONValue

    init() {
        let api = API()
        let courses = api.module("courses")
        courses.get(
            "/courses", summary: "Courses on sale", auth: .public,
            query: [QueryParameter("q", String.self, "Words of the title.")],
            returns: ListView<CourseView>.self
        ) { _ in ListView(items: []) }
        courses.get(
            "/courses/{id}", summary: "One course", auth: .optional, returns: CourseView.self
        ) { request in
            CourseView(id: try request.id(ID<SampleEntity>.self), title: "", price: .zero)
        }
        courses.delete("/courses/{id}", summary: "Take it away", auth: .role(.operator)) { _ in }
        let orders = api.module("orders")
        orders.post(
            "/orders", summary: "Order", auth: .member, body: OrderBody.self,
            returns: OrderView.self, status: .created, idempotent: true,
            problems: [.status(409, "sold-out", "taken"), .refusal(.overflow)]
        ) { _, body in
            OrderView(id: .make(), lines: body.lines)
        }
        orders.root.raw(
            .post, "/sandbox/notify", summary: "A gateway tells", auth: .public,
            accepts: ["application/x-www-form-urlencoded"], produces: ["text/plain"]
        ) { _ in throw Problem.notFound }
        endpoints = api.endpoints
        document = OpenAPIDocument.value(endpoints, title: "Kontor", version: "1")
    }

    private func operation(_ path: String, _ method: String) -> JSONValue? {
        document["paths"]?[path]?[method]
    }

    private func statuses(_ path: String, _ method: String) -> [String] {
        let responses = operation(path, method)?["responses"]
        guard case .object(let responses)? = responses else { return [] }
        return responses.keys.sorted()
    }

    @Test func `a route that may only accept has an answer for each way it ends`() {
        let api = API()
        api.post(
            "/orders/{id}/refunds", summary: "Refund", auth: .member,
            returns: Either<WaitingView, OrderView>.self, status: .created
        ) { _ -> Either<WaitingView, OrderView> in throw Problem.notFound }
        let document = OpenAPIDocument.value(api.endpoints, title: "Kontor", version: "1")
        let answers = document["paths"]?["/api/v1/orders/{id}/refunds"]?["post"]?["responses"]
        func schema(_ status: String) -> JSONValue? {
            answers?[status]?["content"]?["application/json"]?["schema"]?["$ref"]
        }
        #expect(schema("201") == "#/components/schemas/OrderView")
        #expect(schema("202") == "#/components/schemas/WaitingView")
        let page = DocsPage.render(api.endpoints) { $0 }
        #expect(page.contains("<th scope=\"row\">202</th>"))
    }

    @Test func `every endpoint is in the document and nothing else`() {
        guard case .object(let paths)? = document["paths"] else {
            Issue.record("no paths")
            return
        }
        let documented = paths.flatMap { path, methods -> [String] in
            guard case .object(let methods) = methods else { return [] }
            return methods.keys.map { "\($0.uppercased()) \(path)" }
        }
        #expect(
            documented.sorted() == [
                "DELETE /api/v1/courses/{id}", "GET /api/v1/courses", "GET /api/v1/courses/{id}",
                "POST /api/v1/orders", "POST /sandbox/notify",
            ])
        #expect(endpoints.count == documented.count)
        #expect(document["tags"] == [["name": "courses"], ["name": "orders"]])
    }

    @Test func `a list takes limit and cursor besides its own parameters`() {
        guard case .array(let parameters)? = operation("/api/v1/courses", "get")?["parameters"]
        else {
            Issue.record("no parameters")
            return
        }
        #expect(parameters.map { $0["name"] } == ["q", "limit", "cursor"])
        #expect(parameters[1]["schema"]?["maximum"] == 100)
        #expect(operation("/api/v1/courses", "get")?["security"] == [])
    }

    @Test func `statuses follow from the kind of route and its declaration`() {
        #expect(statuses("/api/v1/courses", "get") == ["200", "400", "401", "429", "503"])
        #expect(
            statuses("/api/v1/courses/{id}", "get") == ["200", "400", "401", "404", "429", "503"])
        #expect(
            statuses("/api/v1/courses/{id}", "delete")
                == ["204", "400", "401", "403", "404", "429", "503", "504"])
        #expect(
            statuses("/api/v1/orders", "post") == [
                "201", "400", "401", "403", "409", "413", "415", "422", "429", "503", "504",
            ])
        let responses = operation("/api/v1/orders", "post")?["responses"]
        #expect(responses?["409"]?["description"] == "`sold-out`, `taken`")
        #expect(
            responses?["422"]?["description"] == "`idempotency-key-reused`, `overflow`")
        let problem = responses?["409"]?["content"]?["application/problem+json"]?["schema"]
        #expect(problem == ["$ref": "#/components/schemas/Problem"])
    }

    @Test func `a key is a required header and its replay is told`() {
        let order = operation("/api/v1/orders", "post")
        guard case .array(let parameters)? = order?["parameters"] else {
            Issue.record("no parameters")
            return
        }
        #expect(parameters.map { $0["name"] } == ["Idempotency-Key"])
        #expect(parameters.first?["required"] == true)
        #expect(order?["responses"]?["201"]?["headers"]?["Idempotent-Replayed"] != nil)
        #expect(order?["security"] == [["bearer": []]])
        #expect(order?["operationId"] == "postOrders")
    }

    @Test func `what is sent is closed, what is answered is open`() {
        let schemas = document["components"]?["schemas"]
        #expect(schemas?["OrderBody"]?["additionalProperties"] == false)
        #expect(schemas?["OrderBodyLine"]?["additionalProperties"] == false)
        #expect(schemas?["OrderView"]?["additionalProperties"] == nil)
        #expect(schemas?["CourseView"]?["required"] == ["id", "price", "title"])
        #expect(schemas?["ListOfCourseView"] != nil)
    }

    @Test func `the document is the same each time and can be read`() throws {
        let once = OpenAPIDocument.render(endpoints, title: "Kontor", version: "1")
        #expect(once == OpenAPIDocument.render(endpoints, title: "Kontor", version: "1"))
        #expect(try StrictJSON.parse(once) == document)
    }

    @Test func `the docs page has every endpoint, escaped`() {
        let page = DocsPage.render(endpoints) { "<\($0)>" }
        #expect(page.contains("&lt;docs.who&gt;") && !page.contains("<docs."))
        for endpoint in endpoints {
            #expect(page.contains("\(endpoint.method.rawValue) \(endpoint.path)</code>"))
        }
        #expect(page.contains("id=\"schema-OrderBody\""))
        #expect(!page.contains("<script"))
    }
}
