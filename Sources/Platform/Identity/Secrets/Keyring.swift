import CryptoExtras
import JWTKit
import Store
import Synchronization

/// The keys that Identity signs and derives with, all from one secret.
///
/// The secret is made at the first start and kept in the database: tokens outlive a restart and hold
/// on every node.
final class Keyring: Sendable {
    private let database: Database
    private let known = Mutex<Keys?>(nil)

    init(database: Database) { self.database = database }

    func keys() async throws -> Keys {
        if let keys = known.withLock({ $0 }) { return keys }
        let secret = try await database.write { tx in
            try tx.secret("master", orKeep: SymmetricKey(size: .bits256).bytes)
        }
        let keys = await Keys(secret: secret)
        known.withLock { $0 = keys }
        return keys
    }
}

struct Keys: Sendable {
    /// Signs access tokens.
    let access = JWTKeyCollection()
    let refresh: SymmetricKey
    let codes: SymmetricKey
    let pages: SymmetricKey

    init(secret: [UInt8]) async {
        let master = SymmetricKey(data: secret)
        func derived(_ use: String) -> SymmetricKey {
            HKDF<SHA256>.deriveKey(
                inputKeyMaterial: master, info: Array("kontor \(use)".utf8), outputByteCount: 32)
        }
        refresh = derived("refresh")
        codes = derived("codes")
        pages = derived("pages")
        await access.add(hmac: HMACKey(key: derived("access")), digestAlgorithm: .sha256)
    }
}

extension SymmetricKey {
    var bytes: [UInt8] { withUnsafeBytes { Array($0) } }
}

extension Identity {
    /// Signs the forms of the pages; the same on every node of a database.
    package func pageSecret() async throws -> [UInt8] { try await keyring.keys().pages.bytes }
}
