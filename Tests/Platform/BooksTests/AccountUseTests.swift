import Basics
import Ledger
import Money
import Testing
import Web

@testable import Books

/// Who may post where, by the name of an account alone.
@Suite struct AccountUseTests {
    @Test(arguments: [
        ("ext:shop", AccountUse.free), ("ext:shop:till:1", .free), ("claim:ext:debts", .free),
        ("bank:custody", .house), ("income:courses", .house), ("expense:rent:berlin", .house),
        ("liability:loans", .house), ("gateway:alipay:receivable", .house),
        ("member:\(member):available", .wallet(member)), ("member:nobody:available", .unknown),
        ("member:\(member):held", .guarded), ("member:\(member):collected", .guarded),
        ("order:\(member):clearing", .guarded), ("ext:shop:held", .guarded),
        ("claim:debt:1", .guarded), ("deposit:1", .guarded), ("ext", .unknown), ("bank", .unknown),
        ("gateway:alipay", .unknown), ("gateway:alipay:fees", .unknown),
        ("somebody:else", .unknown),
    ])
    func `an address says what it is for`(address: String, use: AccountUse) {
        #expect(AccountAddress(reading: address)?.use == use)
    }

    @Test func `what is held lies beside its account`() {
        let wallet: AccountAddress = "member:\(member):available"
        #expect(wallet.held.text == "member:\(member):held")
        let own: AccountAddress = "ext:shop:till"
        #expect(own.held == "ext:shop:till:held")
        #expect(own.held.floor == .zero && own.floor == .zero)
    }
}

private let member = ID<Member>(rawValue: 77)
