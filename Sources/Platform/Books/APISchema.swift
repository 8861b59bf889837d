import Web

// What the rules say of the bodies of requests, for the API's document.

extension TransferBody: SchemaNarrowing {
    static var narrower: [String: JSONSchema] { ["amount": .atLeast(1)] }
}

extension JournalBody: SchemaNarrowing {
    static var narrower: [String: JSONSchema] { ["transfers": .items(1...mostTransfers)] }
}

extension BatchBody: SchemaNarrowing {
    static var narrower: [String: JSONSchema] { ["batch": .items(1...longest)] }
}

extension ReversalBody: SchemaNarrowing {
    static var narrower: [String: JSONSchema] { ["amount": .atLeast(1)] }
}

extension HoldBody: SchemaNarrowing {
    static var narrower: [String: JSONSchema] {
        ["amount": .atLeast(1), "expiresInSeconds": .between(1...longest)]
    }
}

extension CaptureBody: SchemaNarrowing {
    static var narrower: [String: JSONSchema] { ["amount": .atLeast(1)] }
}

extension AccountBody: SchemaNarrowing {
    static var narrower: [String: JSONSchema] { ["floor": .between(.min...0)] }
}

extension JSONSchema {
    fileprivate static func items(_ count: ClosedRange<Int>) -> JSONSchema {
        JSONSchema([
            "minItems": .number(String(count.lowerBound)),
            "maxItems": .number(String(count.upperBound)),
        ])
    }
}
