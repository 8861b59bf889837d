import Basics
import Store
import Web

extension SandboxModule {
    /// Switches a gateway's faults on and off; those that are not named stay as they are.
    ///
    /// - Parameter command: `{"dropNotify": true, "outTradeNo": "…"}`.
    func setFaults(_ command: JSONValue, at gateway: SandboxGateway) async throws -> FaultSettings {
        guard case .object(let members) = command else { throw Problem.unreadable }
        var outTradeNo: String?
        var changes: [(fault: Fault, value: Int64)] = []
        for (name, value) in members {
            switch (name, value) {
            case ("outTradeNo", .null): break
            case ("outTradeNo", .string(let text)) where !text.isEmpty: outTradeNo = text
            default:
                guard let fault = Fault(name: name, of: gateway), let number = fault.value(value)
                else { throw Problem.sandboxFault(name) }
                changes.append((fault, number))
            }
        }
        let (scope, wanted) = (outTradeNo, changes)
        return try await database.write { tx in
            for change in wanted {
                try tx.setFault(
                    change.fault, to: change.value, scope: scope ?? FaultSettings.all, at: gateway)
            }
            return try tx.faults(of: scope, at: gateway)
        }
    }
}
