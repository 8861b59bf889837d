import Basics
import Scheduling

extension Checkout {
    var jobs: [JobHandler] {
        [
            .task("order-expiry") { [self] job in
                guard let id = ID<Order>(job.key) else { return }
                try await expire(id)
            }
        ]
    }
}
