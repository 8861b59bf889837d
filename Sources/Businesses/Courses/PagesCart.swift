import Basics
import Checkout
import Hummingbird
import Money
import Store
import Web

private struct CartPage {
    struct Line {
        let id: ID<Course>
        let title: String
        let cover: String
        let policies: [PolicyModel]
        let canBeBought: Bool
        let price: Amount
        let addedPrice: Amount
        let isPriceChanged: Bool
        let isOffline: Bool
        let isPolicyWithdrawn: Bool
        let isOwned: Bool
        let ownedUntil: Instant?
    }

    let lines: [Line]
    let isEmpty: Bool
    let total: Amount
    let canCheckOut: Bool
}

extension CoursesModule {
    func cartPages(_ site: Site) {
        site.get("/cart", auth: .member) { try await cartPage($0) }
        site.post("/cart/items", auth: .member) { try await putInCart($0) }
        site.post("/cart/items/{course}/remove", auth: .member) { page in
            let remove = RemoveFromCart(
                member: try page.member().memberID,
                course: try page.id(ID<Course>.self, "course"))
            try await database.write { try remove.run(in: $0) }
            return page.redirect(to: "/cart")
        }
        site.post("/cart/buy", auth: .member) { page in
            let (course, policy) = try Self.choice(page)
            return try await checkOut(
                [.init(courseId: course.description, policyId: policy.description)], page)
        }
        site.post("/cart/checkout", auth: .member) { page in
            try await checkOut(page.form.all("course").map { .init(courseId: $0) }, page)
        }
    }

    private func cartPage(_ page: SiteRequest) async throws -> Response {
        let view = ViewCart(member: try page.member().memberID)
        let cart = try await database.read { try view.run(in: $0) }
        let lines = cart.lines.map { line in
            CartPage.Line(
                id: line.course.id, title: line.course.title, cover: line.course.cover,
                policies: line.isOffline
                    ? []
                    : line.policies.map {
                        PolicyModel($0, isChosen: $0.id == line.item.policyID, page)
                    },
                canBeBought: line.policy != nil, price: line.policy?.price ?? line.item.price,
                addedPrice: line.item.price, isPriceChanged: line.isPriceChanged,
                isOffline: line.isOffline, isPolicyWithdrawn: line.isPolicyWithdrawn,
                isOwned: line.ownedUntil != nil, ownedUntil: line.ownedUntil)
        }
        let model = CartPage(
            lines: lines, isEmpty: lines.isEmpty, total: try cart.total(),
            canCheckOut: lines.contains(where: \.canBeBought))
        return await page.render("cart", model, title: "courses.cart.title")
    }

    private func putInCart(_ page: SiteRequest) async throws -> Response {
        let (course, policy) = try Self.choice(page)
        let put = PutInCart(
            member: try page.member().memberID, course: course, policy: policy)
        try await database.write { try put.run(in: $0) }
        return page.redirect(to: "/cart")
    }

    /// Prices the lines and shows what they come to; nothing is bought yet.
    private func checkOut(_ lines: [QuoteRequest.Line], _ page: SiteRequest) async throws
        -> Response
    {
        let member = try page.member().memberID
        let request = QuoteRequest(lines: lines)
        let quote = try await database.write { try checkout.quote(request, for: member, in: $0) }
        return page.redirect(to: "/checkout/\(quote.id)")
    }

    /// - Throws: `field-required` if no period is chosen.
    private static func choice(_ page: SiteRequest) throws -> (ID<Course>, ID<PricePolicy>) {
        guard let course = ID<Course>(try page.form.required("course")),
            let policy = ID<PricePolicy>(try page.form.required("policy"))
        else { throw Problem.notFound }
        return (course, policy)
    }
}
