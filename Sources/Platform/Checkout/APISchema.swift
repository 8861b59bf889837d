import Basics
import Payments
import Web

// What the rules say of the bodies of requests, for the API's document.

extension QuoteRequest: SchemaNarrowing {
    package static var narrower: [String: JSONSchema] { ["walletAmount": .atLeast(0)] }
}

extension QuoteChangeBody: SchemaNarrowing {
    static var narrower: [String: JSONSchema] { ["walletAmount": .atLeast(0)] }
}

extension OrderBody: SchemaNarrowing {
    static var narrower: [String: JSONSchema] {
        [
            "quoteVersion": .atLeast(1), "expectedTotal": .atLeast(0), "gateway": .gateway,
            "channel": .paymentChannel,
        ]
    }
}

extension OrderPaymentBody: SchemaNarrowing {
    static var narrower: [String: JSONSchema] {
        ["gateway": .gateway, "channel": .paymentChannel]
    }
}

extension RefundBody: SchemaNarrowing {
    static var narrower: [String: JSONSchema] { ["amount": .atLeast(1)] }
}

extension RefundRejectionBody: SchemaNarrowing {
    static var narrower: [String: JSONSchema] {
        ["reason": .string(minimum: 1, maximum: Problem.longestReason)]
    }
}
