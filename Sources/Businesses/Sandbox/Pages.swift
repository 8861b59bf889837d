import Basics
import Hummingbird
import Money
import Store
import Web

extension SandboxModule {
    /// Steps that the clock's buttons take.
    private static let steps: [(key: String, seconds: Int64)] = [
        ("sandbox.clock.minute", 60), ("sandbox.clock.hour", 3_600),
        ("sandbox.clock.day", 86_400), ("sandbox.clock.month", 30 * 86_400),
    ]

    /// The page from which a person rules this small world, in the layout of the shop.
    func addDashboard(to site: Site) {
        site.get("/sandbox") { [self] page in
            await page.render(
                "sandbox-dashboard", try await dashboard(page), title: "sandbox.title")
        }
        site.post("/sandbox/clock/advance") { [clock] page in
            guard let seconds = try page.form.integer("advanceSeconds") else {
                throw Problem.sandboxClockStep
            }
            let view = try await clock.advance(bySeconds: seconds)
            let time = BusinessCalendar.localText(view.now)
            return page.back(
                flash: .good(page.text("sandbox.clock.moved", ["time": .text(time)])),
                else: "/sandbox")
        }
        site.post("/sandbox/faults") { [alipay] page in
            let name = try page.form.required("fault")
            let isOn = page.form.flag("on")
            _ = try await alipay.setFaults(.object([name: .bool(isOn)]))
            return page.redirect(to: "/sandbox")
        }
        site.post("/sandbox/resend") { [alipay] page in
            try await alipay.resend(try page.form.required("outTradeNo"))
            return page.redirect(to: "/sandbox")
        }
    }

    /// The strip above every page: that this is a sandbox, its time, and buttons to move it.
    package func banner(_ locale: AppLocale) -> Banner {
        let time = BusinessCalendar.localText(database.clock.now).prefix(16)
        return Banner(
            messages.text("sandbox.banner", locale, ["time": .text(String(time))]),
            links: [.init(messages.text("sandbox.title", locale), "/sandbox")],
            buttons: Self.steps.dropFirst().map { step in
                .init(
                    messages.text(step.key, locale), action: "/sandbox/clock/advance",
                    name: "advanceSeconds", value: String(step.seconds))
            })
    }

    private func dashboard(_ page: SiteRequest) async throws -> DashboardModel {
        let (messages, trades, faults) = try await database.read { snapshot in
            (
                try snapshot.messages(to: nil, limit: 10),
                try snapshot.trades(limit: 20).map { TradeRow(try snapshot.view($0), $0.token) },
                try snapshot.faults(of: nil)
            )
        }
        return DashboardModel(
            now: database.clock.now, offset: clock.view.offsetSeconds,
            steps: Self.steps.map { .init(label: page.text($0.key), seconds: $0.seconds) },
            messages: messages, trades: trades,
            faults: Fault.allCases.filter { $0 != .delaySeconds }.map { fault in
                .init(
                    name: fault.name, label: page.text("sandbox.fault.\(fault.name)"),
                    isOn: faults.has(fault))
            })
    }
}

/// What the dashboard shows.
private struct DashboardModel {
    struct Step {
        let label: String
        let seconds: Int64
    }

    struct Switch {
        let name: String
        let label: String
        let isOn: Bool
    }

    let now: Instant
    /// In seconds.
    let offset: Int64
    let steps: [Step]
    let messages: [ReceivedSMS]
    let trades: [TradeRow]
    let faults: [Switch]

    var isEmpty: Bool { trades.isEmpty }
}

/// A trade in the dashboard's list.
private struct TradeRow {
    let outTradeNo: String
    let subject: String
    let amount: Amount
    let status: String
    let createdAt: Instant
    let cashier: String
    /// Of the newest notify.
    let notify: String?
    let tries: Int

    init(_ trade: TradeView, _ token: String) {
        outTradeNo = trade.outTradeNo
        subject = trade.subject
        amount = trade.amount
        status = trade.status
        createdAt = trade.createdAt
        cashier = "/sandbox/alipay/cashier/\(token)"
        notify = trade.notifies.last?.status
        tries = trade.notifies.last?.tries ?? 0
    }
}
