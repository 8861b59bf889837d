import Basics
import Hummingbird
import Store
import Web

private struct OperatorOrdersPage {
    struct Filter {
        let value: String
        let label: String
        let isChosen: Bool
    }

    let filters: [Filter]
    let rows: [OrderRow]
    let hasRows: Bool
    let total: Int64
    let next: String?
}

extension CheckoutModule {
    func operatorPages(_ site: Site) {
        site.navigation("nav.operatorOrders", "/operator/orders", for: .staff)
        site.get("/operator/orders", auth: .roles([.operator, .finance])) { page in
            try await operatorOrders(page)
        }
        site.get("/operator/orders/:id", auth: .roles([.operator, .finance])) { page in
            let model = try await orderPage(page, of: nil)
            return await page.render("operator-order", model, title: "operator-order.title")
        }
    }

    private func operatorOrders(_ page: SiteRequest) async throws -> Response {
        let status = page.query("status").flatMap(Order.Status.init(rawValue:))
        let wanted = status.map { [$0] } ?? []
        let request = page.page()
        let (orders, total) = try await checkout.database.survey { snapshot in
            (
                try snapshot.orders(of: nil, in: wanted, page: request),
                try snapshot.orderCount(in: wanted)
            )
        }
        let filters = Order.Status.allCases.map {
            OperatorOrdersPage.Filter(
                value: $0.rawValue, label: page.text("order-status.\($0.rawValue)"),
                isChosen: $0 == status)
        }
        let rows = orders.items.map { OrderRow($0, page) }
        let model = OperatorOrdersPage(
            filters: filters, rows: rows, hasRows: !rows.isEmpty, total: total,
            next: page.nextPage(orders))
        return await page.render("operator-orders", model, title: "operator-orders.title")
    }
}
