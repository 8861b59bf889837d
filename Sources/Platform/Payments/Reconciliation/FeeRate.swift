import Money

/// What a gateway takes by its contract, in millionths of what is paid: 6000 is 0.6 %.
package struct FeeRate: Sendable, Hashable {
    package let ppm: Int64

    /// - Parameter ppm: 0 to 1,000,000.
    package init(ppm: Int64) { self.ppm = ppm }

    /// What Alipay and WeChat Pay take from most merchants.
    package static let standard = FeeRate(ppm: 6_000)

    /// The fee on an amount of zero or more, half up to the fen (commerce R12: 411200 -> 2467). It
    /// is never more than the amount, so it fits.
    package func fee(on amount: Amount) -> Amount {
        let product = Int128(amount.minorUnits) * Int128(ppm)
        return Amount(Int64((product + 500_000) / 1_000_000))
    }

    /// Whether a line's fee is what the contract says.
    ///
    /// Of a refund a gateway keeps its fee or gives back the part that falls to it; the last of
    /// several parts may be a fen off, because they add up to what was taken.
    func accepts(_ line: GatewayBill.Line) -> Bool {
        let due = fee(on: line.amount).minorUnits
        switch (line.kind, line.state) {
        case (.payment, _): return line.fee.minorUnits == due
        case (.refund, .failed): return line.fee.isZero
        case (.refund, _):
            return line.fee.isZero || ((-due - 1)...(-due + 1)).contains(line.fee.minorUnits)
        }
    }

    /// What a line's fee should be, as the contract says: below zero for what a refund gives back.
    func expected(_ line: GatewayBill.Line) -> Amount {
        if line.kind == .payment { return fee(on: line.amount) }
        if line.fee.isZero || line.state == .failed { return .zero }
        return Amount(-fee(on: line.amount).minorUnits)
    }
}
