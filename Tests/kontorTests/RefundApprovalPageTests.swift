import Basics
import Foundation
import Identity
import TestKit
import Testing
import Web

@testable import kontor

/// A browser at the shop: a cookie is who somebody is.
private struct Counter: WebTest {
    let server: WebServer
}

@Suite struct RefundApprovalPageTests {
    @Test(arguments: TestEngine.available)
    func `one asks on the order's page, another approves there`(_ engine: TestEngine) async throws {
        try await withShop(engine, refundApprovalAbove: 0) { shop in
            let example = try await Example(shop)
            let order = try await example.order()
            try await shop.pay(order.object("payment"))
            let line = try #require(order.list("lines").first?["id"] as? String)
            let counter = Counter(server: shop.server.web)
            let boss = try await shop.cookie(of: example.boss)
            let second = try await shop.cookie(of: try await shop.boss([.finance]))
            let clerk = try await shop.cookie(of: try await shop.boss([.operator]))
            let page = "/operator/orders/\(order.id)"

            let empty = try await counter.open("/operator/refund-requests", as: boss)
            #expect(empty.text.contains("No refunds here."))
            let before = try await counter.open(page, as: boss)
            #expect(before.text.contains("more than ¥0.00 in all, a second person"))
            #expect(!before.text.contains("data-test=\"refund-request\""))
            let asked = try await counter.submit(
                "\(page)/refunds", from: page, as: boss, ["line": line, "reason": "changed mind"])
            #expect(asked.header("Location") == "\(page)#waits", "\(asked.text)")
            #expect(asked.says("a second person has to approve"))

            let own = try await counter.open(page, as: boss)
            #expect(own.text.contains("data-test=\"refund-own\""))
            #expect(own.text.contains(">Withdraw</button>"))
            #expect(!own.text.contains("data-test=\"refund-approve\""))
            #expect(own.text.contains("Refund asked for"))
            let bystander = try await counter.open(page, as: clerk)
            #expect(bystander.text.contains("Deciding takes the finance role."))
            #expect(!bystander.text.contains("data-test=\"refund-reject\""))
            let list = try await counter.open("/operator/refund-requests", as: second)
            #expect(list.text.contains("href=\"\(page)\""))
            let theirs = try await shop.cookie(of: example.member)
            let member = try await counter.open("/orders/\(order.id)", as: theirs)
            #expect(member.status == 200)
            #expect(!member.text.contains("refund-request"))
            #expect(!member.text.contains("changed mind"))
            let closed = try await counter.open("/operator/refund-requests", as: theirs)
            #expect(closed.status == 403)

            let theRequest = try #require(
                list.text.firstMatch(of: /data-test="refund-request-link" data-id="([^"]+)"/))
            let path = "/operator/refund-requests/\(theRequest.output.1)"
            let forged = try await counter.submit("\(path)/approval", from: page, as: boss)
            #expect(forged.status == 403)
            #expect(forged.text.contains("You have asked for this refund yourself"))
            let chinese = try await counter.open(page, as: second, in: "zh-Hans")
            #expect(chinese.text.contains("批准并退款"))
            let approved = try await counter.submit("\(path)/approval", from: page, as: second)
            #expect(approved.header("Location") == page, "\(approved.text)")
            #expect(approved.says("has been booked"))
            let after = try await counter.open(page, as: boss)
            #expect(after.text.contains("Refund approved"))
            #expect(!after.text.contains("data-test=\"refund-request\""))
            let done = try await counter.open(
                "/operator/refund-requests?status=approved", as: boss)
            #expect(done.text.contains("data-status=\"approved\""))
            let status = try await example.status(order)
            #expect(status == "partially-refunded")
            try await shop.untilRefunded(order.id, of: example.member)
        }
    }

    @Test func `what cannot be made any more says so and can only be rejected`() async throws {
        try await withShop(.sqlite, refundApprovalAbove: 10000) { shop in
            let example = try await Example(shop)
            let order = try await example.order()
            try await shop.pay(order.object("payment"))
            let lines = order.list("lines").compactMap { $0["id"] as? String }
            let waiting = try await example.refund(["amount": 40000], order.id)
            #expect(waiting.status == 202, "\(waiting.json)")
            let small = try await example.refund(["lines": [lines[0]]], order.id)
            #expect(small.status == 201, "\(small.json)")
            let counter = Counter(server: shop.server.web)
            let second = try await shop.cookie(of: try await shop.boss([.finance]))
            let page = "/operator/orders/\(order.id)"
            let shown = try await counter.open(page, as: second)
            #expect(shown.text.contains("data-test=\"refund-obstacle\""))
            #expect(!shown.text.contains("data-test=\"refund-approve\""))
            let path = "/operator/refund-requests/\(waiting.id)/rejection"
            let silent = try await counter.submit(path, from: page, as: second, ["reason": " "])
            #expect(silent.status == 422)
            #expect(silent.text.contains("A reason is needed"))
            let rejected = try await counter.submit(path, from: page, as: second, ["reason": "no"])
            #expect(rejected.header("Location") == page, "\(rejected.text)")
            let list = try await counter.open(
                "/operator/refund-requests?status=rejected", as: second, in: "zh-Hans")
            #expect(list.text.contains("已驳回"))
            try await shop.untilRefunded(order.id, of: example.member)
        }
    }
}

extension Shop {
    /// The cookie of somebody who has logged in to the pages.
    fileprivate func cookie(of person: Person) async throws -> String {
        let me = try await must("GET", "/me", nil, as: person.token)
        let session = try await server.modules.identity.logInToPages(
            .password(login: me.text("username"), password: "correct horse battery"))
        return session.cookie
    }
}

extension LocalAnswer {
    /// Whether the next page begins with these words.
    fileprivate func says(_ words: String) -> Bool {
        let hex = words.utf8.map { String(format: "%02x", $0) }.joined()
        return cookie("kontor_flash")?.contains(hex) ?? false
    }
}
