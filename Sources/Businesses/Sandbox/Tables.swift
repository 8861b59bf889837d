import Basics
import Store

// The clock, the telephone, the keys, the faults, the calls and what a seed counts; trades and notices have files of
// their own.

extension Snapshot {
    /// How far the sandbox's clock is ahead, in microseconds.
    func clockOffset() throws -> Int64 {
        try number("SELECT offset_microseconds FROM sandbox_clock WHERE id = 1")
    }

    func key(_ name: String) throws -> String? {
        try first("SELECT pem FROM sandbox_key WHERE name = \(name)") { try $0[0] }
    }

    /// From new to old; nil for every phone's.
    func messages(to phone: String?, limit: Int) throws -> [ReceivedSMS] {
        let condition: SQL = phone.map { "WHERE phone = \($0)" } ?? ""
        return try rows(
            """
            SELECT id, phone, purpose, code, message, sent_at FROM sandbox_sms \(condition)
            ORDER BY id DESC LIMIT \(limit)
            """
        ) { row in
            try ReceivedSMS(
                id: row[0], phone: row[1], purpose: row[2], code: row[3], text: row[4],
                sentAt: row[5])
        }
    }

    /// The faults of one trade on top of those of all.
    func faults(of outTradeNo: String?, at gateway: SandboxGateway) throws -> FaultSettings {
        let own = outTradeNo ?? FaultSettings.all
        let found = try rows(
            """
            SELECT name, scope, amount FROM sandbox_gateway_fault
            WHERE gateway = \(gateway) AND scope IN \(list: [FaultSettings.all, own]) ORDER BY scope
            """
        ) { row in
            (try row[0] as Fault, FaultSettings.Setting(scope: try row[1], value: try row[2]))
        }
        // The empty scope comes first, so that the trade's own is the last word.
        return FaultSettings(
            gateway: gateway, outTradeNo: outTradeNo,
            settings: Dictionary(found) { _, own in own })
    }

    /// From new to old; nil for all trades'.
    func calls(
        of outTradeNo: String?, at gateway: SandboxGateway, limit: Int
    ) throws -> [GatewayCall] {
        let condition: SQL = outTradeNo.map { "AND out_trade_no = \($0)" } ?? ""
        return try rows(
            """
            SELECT \(GatewayCall.columns) FROM sandbox_call WHERE gateway = \(gateway) \(condition)
            ORDER BY id DESC LIMIT \(limit)
            """, GatewayCall.init)
    }

    func call(_ id: ID<GatewayCall>) throws -> GatewayCall? {
        try first(
            "SELECT \(GatewayCall.columns) FROM sandbox_call WHERE id = \(id)", GatewayCall.init)
    }
}

extension Transaction {
    /// How many things of this kind there are with this one.
    func nextNumber(of kind: String) throws -> Int64 {
        try run(
            """
            INSERT INTO sandbox_number (kind, number) VALUES (\(kind), 1)
            ON CONFLICT (kind) DO UPDATE SET number = sandbox_number.number + 1
            """)
        return try number("SELECT number FROM sandbox_number WHERE kind = \(kind)")
    }

    func advanceClock(by microseconds: Int64) throws {
        try run(
            """
            INSERT INTO sandbox_clock (id, offset_microseconds) VALUES (1, \(microseconds))
            ON CONFLICT (id) DO UPDATE SET offset_microseconds =
              sandbox_clock.offset_microseconds + excluded.offset_microseconds
            """)
    }

    /// Another node may have been first; then its key stands.
    func insertKey(_ name: String, pem: String) throws {
        try run(
            """
            INSERT INTO sandbox_key (name, pem) VALUES (\(name), \(pem)) ON CONFLICT DO NOTHING
            """)
    }

    func insert(_ message: ReceivedSMS) throws {
        try run(
            """
            INSERT INTO sandbox_sms (id, phone, purpose, code, message, sent_at)
            VALUES (\(message.id), \(message.phone), \(message.purpose), \(message.code),
              \(message.text), \(message.sentAt))
            """)
    }

    func setFault(
        _ fault: Fault, to value: Int64, scope: String, at gateway: SandboxGateway
    ) throws {
        try run(
            """
            INSERT INTO sandbox_gateway_fault (gateway, scope, name, amount)
            VALUES (\(gateway), \(scope), \(fault), \(value))
            ON CONFLICT (gateway, scope, name) DO UPDATE SET amount = excluded.amount
            """)
    }

    /// Makes a fault happen, if it is in force, and counts it.
    func take(_ fault: Fault, _ faults: FaultSettings) throws -> Bool {
        guard let setting = faults.settings[fault], setting.value != 0 else { return false }
        guard fault.isCounted else { return true }
        try run(
            """
            UPDATE sandbox_gateway_fault SET amount = amount - 1
            WHERE gateway = \(faults.gateway) AND scope = \(setting.scope) AND name = \(fault) AND amount > 0
            """)
        return true
    }

    func insert(_ call: GatewayCall) throws {
        try run(
            """
            INSERT INTO sandbox_call (\(GatewayCall.columns))
            VALUES (\(call.id), \(call.gateway), \(call.method), \(call.outTradeNo),
              \(call.code), \(call.subCode), \(call.message), \(call.calledAt))
            """)
    }
}

extension GatewayCall {
    fileprivate static let columns: SQL =
        "id, gateway, method, out_trade_no, code, sub_code, message, called_at"

    fileprivate init(row: Row) throws {
        try self.init(
            id: row[0], gateway: row[1], method: row[2], outTradeNo: row[3], code: row[4],
            subCode: row[5], message: row[6], calledAt: row[7])
    }
}
