import Sandbox
import Scheduling
import Store
import TestKit
import Testing

/// A sandbox from before it was WeChat Pay too.
@Suite struct SandboxUpgradeTests {
    @Test(arguments: TestEngine.available)
    func `what one gateway knew is Alipay's afterwards`(_ engine: TestEngine) async throws {
        let before = schedulingMigrations + SandboxMigrations.all.prefix(1)
        try await withDatabase(engine, migrations: before) { database in
            try await database.write { tx in
                try tx.run(
                    """
                    INSERT INTO sandbox_trade (id, out_trade_no, token, product, subject, total,
                      state, refunded, created_at, expires_at)
                    VALUES (1, 'K1', 't', 'page', 's', 100, 'paid', 0, 1, 2)
                    """)
                try tx.run(
                    """
                    INSERT INTO sandbox_notice (id, trade_id, url, form, state, tries, created_at)
                    VALUES (2, 1, 'http://127.0.0.1/', 'a=b', 'pending', 1, 1)
                    """)
                try tx.run(
                    """
                    INSERT INTO sandbox_delivery (id, notice_id, outcome, answer, delivered_at)
                    VALUES (3, 2, 'refused', 'no', 1)
                    """)
                try tx.run("INSERT INTO sandbox_fault (scope, name, amount) VALUES ('', 'x', 4)")
                try tx.run(
                    """
                    INSERT INTO sandbox_call (id, method, out_trade_no, code, message, called_at)
                    VALUES (5, 'm', 'K1', '10000', 'Success', 1)
                    """)
            }
            try await database.migrate(SandboxMigrations.all)
            let found = try await database.read { snapshot -> [String] in
                try snapshot.rows(
                    """
                    SELECT n.gateway, n.out_trade_no, n.content, d.answer
                    FROM sandbox_delivery d JOIN sandbox_notice n ON n.id = d.notice_id
                    """
                ) { try ($0[0] as String) + ($0[1] as String) + ($0[2] as String) + $0[3] }
                    + snapshot.rows("SELECT gateway FROM sandbox_gateway_fault WHERE amount = 4") {
                        try $0[0]
                    } + snapshot.rows("SELECT gateway FROM sandbox_call") { try $0[0] }
            }
            #expect(found == ["alipayK1a=bno", "alipay", "alipay"])
        }
    }
}
