import Testing

@testable import Payments

@Suite struct ModelTests {
    @Test func `a number for a gateway is random and fits both`() {
        let numbers = (0..<1_000).map { _ in PaymentAttempt.newOutTradeNo() }
        #expect(Set(numbers).count == 1_000)
        let fitting = numbers.filter { number in
            (6...32).contains(number.utf8.count)
                && number.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
        }
        #expect(fitting == numbers)
    }

    @Test func `what is known of a payer is not printed`() {
        let payer = PayerContext(address: "203.0.113.7", account: "oUpF8uMuAJO")
        let text = "\(payer) \(String(reflecting: payer))"
        #expect(!text.contains("203.0.113"))
        #expect(!text.contains("oUpF8"))
        var dumped = ""
        dump(payer, to: &dumped)
        #expect(!dumped.contains("oUpF8"))
    }

    @Test(arguments: [
        ("203.0.113.7", "203.0.113.7"), ("2001:db8::1", "2001:db8::1"), ("local", nil),
        ("1.2.3.4\r\nX: y", nil), ("", nil),
    ])
    func `an address is an address`(_ told: String, _ kept: String?) {
        #expect(PayerContext(address: told).address == kept)
    }

    @Test func `a text is cut between its characters`() {
        #expect("退款原因".cut(to: 7) == "退款")
        #expect("abc".cut(to: 3) == "abc")
        #expect("".cut(to: 0) == "")
    }
}
