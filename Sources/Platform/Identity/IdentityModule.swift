import Scheduling
import Store
import Web

/// Members, log-ins, codes, roles: the table of contents.
package struct IdentityModule: Module {
    package let name = "identity"
    package let identity: Identity
    /// Whether cookies are for https only.
    let hasSecureCookies: Bool

    package init(identity: Identity, hasSecureCookies: Bool) {
        self.identity = identity
        self.hasSecureCookies = hasSecureCookies
    }

    package var migrations: [Migration] { identityMigrations }
    package var templates: EmbeddedFiles { EmbeddedFiles(Embedded.files) }
    package var jobs: [JobHandler] { identity.jobs }
}
