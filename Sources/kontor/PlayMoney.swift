import Payments
import Sandbox
import Store

extension Settings {
    /// Play money and real money never share a database, whatever a missing setting would make of it.
    ///
    /// The sandbox knows nothing of real payments: asked about them it would say that there are none,
    /// and Kontor would believe it. A live gateway would be asked to give back what nobody has paid.
    /// Closes the database if it refuses.
    /// - Throws: `SettingsFault`.
    func checkMoney(of database: Database) async throws {
        let fault: String?
        do {
            fault = try await faultOfMoney(in: database)
        } catch {
            await database.close()
            throw error
        }
        guard let fault else { return }
        await database.close()
        throw SettingsFault(lines: [fault])
    }

    private func faultOfMoney(in database: Database) async throws -> String? {
        let isPlayed = try await database.has(SandboxMigrations.all[0])
        if isPlayed, alipay.isSet || weChatPay.isSet {
            return "this database has been a sandbox's; its money is not real, "
                + "and live gateways need another database"
        }
        if isSandbox, !isPlayed, try await Payments.hasBegun(in: database) {
            return "this database has payments of live gateways; --sandbox needs another database"
        }
        return nil
    }
}
