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
        site.post("/sandbox/faults") { [self] page in
            let name = try page.form.required("fault")
            let isOn = page.form.flag("on")
            _ = try await setFaults(
                .object([name: .bool(isOn)]), at: try Self.gateway(page.form))
            return page.redirect(to: "/sandbox")
        }
        site.post("/sandbox/resend") { [post] page in
            try await post.resend(
                try page.form.required("outTradeNo"), by: try Self.gateway(page.form))
            return page.redirect(to: "/sandbox")
        }
    }

    private static func gateway(_ form: Form) throws -> SandboxGateway {
        guard let gateway = SandboxGateway(rawValue: try form.required("gateway")) else {
            throw Problem.notFound
        }
        return gateway
    }

    /// The strip above every page: that this is a sandbox, its time, and buttons to move it.
    package func banner(_ locale: AppLocale) -> Banner {
        let time = BusinessCalendar.localText(database.clock.now).prefix(16)
        return Banner(
            messages.text("sandbox.banner", locale, ["time": .text(String(time))]),
            links: [
                .init(messages.text("sandbox.title", locale), "/sandbox"),
                .init(messages.text("sandbox.phone.title", locale), "/sandbox/phone"),
            ],
            buttons: Self.steps.dropFirst().map { step in
                .init(
                    messages.text(step.key, locale), action: "/sandbox/clock/advance",
                    name: "advanceSeconds", value: String(step.seconds))
            })
    }

    private func dashboard(_ page: SiteRequest) async throws -> DashboardModel {
        let (messages, trades, deliveries, faults) = try await database.read {
            [gateways] snapshot in
            (
                try snapshot.messages(to: nil, limit: 10),
                try gateways.flatMap { try $0.recentTrades(limit: 20, in: snapshot) }
                    .sorted { $0.createdAt > $1.createdAt },
                try snapshot.recentDeliveries(limit: 20),
                try gateways.map { try snapshot.faults(of: nil, at: $0.gateway) }
            )
        }
        return DashboardModel(
            now: database.clock.now, offset: clock.view.offsetSeconds,
            steps: Self.steps.map { .init(label: page.text($0.key), seconds: $0.seconds) },
            messages: messages, trades: trades, deliveries: deliveries,
            gateways: faults.map { settings in
                let gateway = settings.gateway
                return .init(
                    title: page.text("sandbox.faults.\(gateway.rawValue)"),
                    faults: Fault.all(of: gateway).filter { !$0.isNumber }.map { fault in
                        .init(
                            gateway: gateway.rawValue, name: fault.name,
                            label: page.text("sandbox.fault.\(fault.name)"),
                            isOn: settings.has(fault))
                    })
            })
    }
}

/// What the dashboard shows.
private struct DashboardModel {
    struct Step {
        let label: String
        let seconds: Int64
    }

    /// A gateway's faults.
    struct Faults {
        let title: String
        let faults: [Switch]
    }

    struct Switch {
        let gateway: String
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
    let deliveries: [DeliveryRow]
    let gateways: [Faults]
}
