import Foundation
import Scheduling

extension Identity {
    var jobs: [JobHandler] {
        [
            .task(CodeOrder.job) { [self] job in
                try await send(
                    JSONDecoder().decode(CodeOrder.self, from: Data(job.payload.utf8)))
            }
        ]
    }
}
