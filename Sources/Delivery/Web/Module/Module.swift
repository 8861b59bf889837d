import Scheduling
import Store

/// A part of Kontor with tables, jobs, routes and pages of its own: its table of contents.
///
/// The composition root lists the modules; everything else follows from them.
package protocol Module: Sendable {
    /// Short, lower case, unique: `courses`.
    var name: String { get }
    var migrations: [Migration] { get }
    /// The files below `Templates/`: `*.mustache`, `messages.<locale>.json`, `assets/*`.
    var templates: EmbeddedFiles { get }
    var jobs: [JobHandler] { get }
    /// Declares the routes below `/api/v1`.
    func api(_ api: API)
    func pages(_ site: Site)
    /// Checks the module's own invariants; each fault found is a line.
    func audit(_ snapshot: Snapshot) throws -> [String]
}

extension Module {
    package var migrations: [Migration] { [] }
    package var templates: EmbeddedFiles { .none }
    package var jobs: [JobHandler] { [] }
    package func api(_ api: API) {}
    package func pages(_ site: Site) {}
    package func audit(_ snapshot: Snapshot) throws -> [String] { [] }
}
