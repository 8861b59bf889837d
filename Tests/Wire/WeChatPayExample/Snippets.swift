import AsyncHTTPClient
import Foundation
import WeChatPay

// The shorter pieces of docs/guides/wechatpay.md.

func start(_ keys: URL, _ sales: any Sales) async throws {
    try await HTTPClient.withHTTPClient(configuration: WeChatPayTransport.clientConfiguration) {
        let till = try Till.make(keys: keys, http: $0, sales: sales)
        // Wrong keys are found here, and not by the first payment.
        _ = try await till.wechat.query(.outTradeNo("nothing_yet"))
        try await serve(till)
    }
}

func serve(_ till: Till) async throws {}

func tell(
    _ error: WeChatPayError, askLater: () -> Void, showPerson: (String) -> Void
) {
    switch error {
    case .invalidRequest(let parameter, let reason): showPerson("\(parameter): \(reason)")
    case .cannotSign(let error): showPerson("\(error)")
    case .refused(let fault) where fault.code == WeChatPayCode.notEnough:
        showPerson("put money into the account, then send the same refund again")
    case .refused(let fault): showPerson("\(fault.code) \(fault.message)")
    case .unknown: askLater()
    }
}

func match(_ number: String, paid: Int64, refunded: Int64, fee: Int64) throws {}

func reconcile(_ wechat: WeChatPayClient) async throws {
    let bill = try await wechat.tradeBill("2025-03-01")
    for row in bill.rows {
        try match(row.outTradeNo, paid: row.settled, refunded: row.refund, fee: row.fee)
    }
}

func login(_ http: HTTPClient, secret: String, code: String) async throws -> WeChatPayOpenID {
    let program = WeChatMiniProgram(
        appID: "wx8888888888888888", secret: secret, transport: .live(http))
    return try await program.session(code: code).openID
}

struct FundFlowBill: Decodable {
    let downloadUrl: String
    let hashValue: String
}

func fundFlow(_ wechat: WeChatPayClient) async throws -> [UInt8] {
    let answer = try await wechat.call(
        "GET", path: "/v3/bill/fundflowbill?bill_date=2025-03-01&tar_type=GZIP")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let bill = try decoder.decode(FundFlowBill.self, from: Data(answer))
    return try await wechat.billFile(
        WeChatPayBillTicket(downloadURL: bill.downloadUrl, sha1: bill.hashValue))
}
