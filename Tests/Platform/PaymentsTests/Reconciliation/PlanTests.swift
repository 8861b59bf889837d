import Basics
import Money
import Scheduling
import Store
import TestKit
import Testing

@testable import Payments

/// When days are compared by themselves.
@Suite struct PlanTests {
    private func bills(_ world: World) -> [String] {
        world.bank.asked.filter { $0.hasPrefix("bill") }
    }

    @Test(arguments: TestEngine.available)
    func `a day is compared the next morning after ten, once`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let day = world.today
            try world.says([world.line(try await world.paidTopUp())], of: day)
            world.clock.set(BillCalendar.due(day) - .seconds(1))
            try await world.work()
            #expect(bills(world) == [])
            try await world.work(after: 1)
            #expect(bills(world) == ["bill \(day)"])
            #expect(try await world.run(day).status == .completed)
            try await world.work(after: 3_600)
            #expect(bills(world).count == 1)
        }
    }

    @Test(arguments: TestEngine.available)
    func `days are made up for when the server was down, from the first payment on`(
        _ engine: TestEngine
    ) async throws {
        try await World.on(engine) { world in
            let day = world.today
            try await world.work()
            try world.says([world.line(try await world.paidTopUp())], of: day)
            world.clock.set(BillCalendar.due(CalendarDate(dayNumber: day.dayNumber + 3)))
            try await world.work()
            let days = (0...3 as ClosedRange<Int64>).map {
                "bill \(CalendarDate(dayNumber: day.dayNumber + $0))"
            }
            #expect(Set(bills(world)) == Set(days))
            // Nobody writes a bill for a day on which nothing happened; the last may still come.
            #expect(try await world.run(day).tally.matched == 1)
            for later in 1...3 {
                let run = try await world.run(CalendarDate(dayNumber: day.dayNumber + Int64(later)))
                #expect(run.status == (later == 3 ? .waiting : .completed))
            }
        }
    }

    @Test(arguments: TestEngine.available)
    func `no more days are made up for than gateways keep bills`(_ engine: TestEngine)
        async throws
    {
        try await World.on(engine) { world in
            _ = try await world.paidTopUp()
            let last = CalendarDate(dayNumber: world.today.dayNumber + 200)
            world.clock.set(BillCalendar.due(last))
            try await world.work()
            #expect(Set(bills(world)).count == 90)
            #expect(bills(world).contains("bill \(last)"))
        }
    }

    @Test(arguments: TestEngine.available)
    func `a gateway without payments is not asked`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            _ = try await world.topUp()
            for _ in 0..<3 { try await world.work(after: 86_400) }
            #expect(bills(world) == [])
        }
    }

    @Test(arguments: TestEngine.available)
    func `a bill that is not there is asked for again, and given up after a day`(
        _ engine: TestEngine
    ) async throws {
        try await World.on(engine) { world in
            let day = world.today
            let payment = try await world.paidTopUp()
            world.bank.says(bill: .unknown("no permission"), of: day)
            world.clock.set(BillCalendar.due(day))
            try await world.work()
            #expect(try await world.run(day).status == .waiting)
            #expect(try await world.run(day).detail == "no permission")
            world.bank.says(bill: .notThere, of: day)
            try await world.work(after: 61)
            #expect(try await world.run(day).detail == nil)
            try await world.work(after: 1_799)
            #expect(bills(world).count == 2)
            try await world.work(after: 2)
            #expect(bills(world).count == 3)
            #expect(try await world.items().isEmpty)
            world.clock.set(BillCalendar.givenUp(day))
            try await world.work()
            let run = try await world.run(day)
            #expect(run.status == .completed && run.lines == 0 && run.tally.missingThere == 1)
            // A late bill is late, and no loss.
            try world.says([world.line(payment)], of: day)
            try await world.reconcile(day, again: true)
            #expect(try await world.items(nil, .open).isEmpty)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a gateway that says nothing is not given up`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let day = world.today
            _ = try await world.paidTopUp()
            world.bank.says(bill: .unknown("away"), of: day)
            world.clock.set(BillCalendar.givenUp(day) + .days(5))
            try await world.work()
            #expect(try await world.run(day).status == .waiting)
            #expect(try await world.items().isEmpty)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a person compares a day now, if it is over and not too long ago`(_ engine: TestEngine)
        async throws
    {
        try await World.on(engine) { world in
            let day = world.today
            try world.says([world.line(try await world.paidTopUp())], of: day)
            func start(_ gateway: String, _ day: CalendarDate) async throws -> String? {
                try await refusal {
                    try await world.database.write { tx in
                        try world.payments.startReconciliation(gateway, day, in: tx)
                    }
                }
            }
            #expect(try await start("bank", day) == "bill-not-due")
            #expect(try await start("moon", day) == "gateway-not-available")
            world.clock.set(BusinessCalendar.end(of: day))
            #expect(try await start("bank", day) == nil)
            try await world.work()
            #expect(try await world.run(day).tally.matched == 1)
            #expect(try await start("bank", day) == nil)
            try await world.work()
            #expect(bills(world).count == 2)
            #expect(try await world.items().count == 1)
            let today = world.today.dayNumber
            #expect(try await start("bank", CalendarDate(dayNumber: today - 90)) == nil)
            let late = try await start("bank", CalendarDate(dayNumber: today - 91))
            #expect(late == "bill-too-old")
        }
    }
}
