/// A body some of whose fields are secrets (payment password, codes): they take no part in the
/// fingerprint of an idempotent command, so that nothing derived from them is stored.
package protocol SecretFields {
    static var secretFields: [String] { get }
}
