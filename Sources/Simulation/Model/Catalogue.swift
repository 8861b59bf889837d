struct Course: Equatable {
    var isOnSale = true
    /// A category number; the model has one shelf with one shelf in it.
    var category: Int?
}

/// A price for a period of access.
struct Policy: Equatable {
    var course: Int
    var days: Int
    var price: Int
    var isOffered = true
}

struct CartItem: Equatable {
    var course: Int
    var policy: Int
    var addedPrice: Int
}

/// Days of access that a line of an order gave.
struct Grant: Equatable {
    var line: Int
    var member: Int
    var course: Int
    var days: Int
    var at: Int
    var isRevoked = false
}

extension Model {
    mutating func addCourse(_ prices: [Command.Term], category: Int?) -> Reply {
        courses.append(Course(category: category))
        let course = courses.count - 1
        var fields: [(String, Reply.Value)] = [("id", .text("{course \(course)}"))]
        for (index, term) in prices.enumerated() {
            policies.append(Policy(course: course, days: term.days, price: term.price))
            fields.append(("policies.\(index).id", .text("{policy \(policies.count - 1)}")))
            fields.append(("policies.\(index).price", .int(term.price)))
        }
        return Reply(201, fields)
    }

    /// Sets all prices of a course: a period that is not named is not offered any more.
    mutating func reprice(_ course: Int, _ prices: [Command.Term]) throws(Refusal)
        -> Reply
    {
        guard !prices.contains(where: { $0.price < 0 }) else { throw .rule("course-rules") }
        for index in policies.indices where policies[index].course == course {
            let term = prices.first { $0.days == policies[index].days }
            policies[index].isOffered = term != nil
            policies[index].price = term?.price ?? policies[index].price
        }
        if courses[course].isOnSale,
            !policies.contains(where: { $0.course == course && $0.isOffered })
        {
            throw .rule("policies-missing")
        }
        return Reply(200)
    }

    mutating func sell(_ course: Int, _ isOnSale: Bool) throws(Refusal) -> Reply {
        courses[course].isOnSale = isOnSale
        if isOnSale, !policies.contains(where: { $0.course == course && $0.isOffered }) {
            throw .rule("policies-missing")
        }
        return Reply(200, [("status", .text(isOnSale ? "on-sale" : "offline"))])
    }

    mutating func putInCart(_ course: Int, _ policy: Int, of member: Int) throws(Refusal) -> Reply {
        guard courses[course].isOnSale else { throw .rule("course-not-for-sale") }
        guard policies[policy].course == course, policies[policy].isOffered else {
            throw .rule("policy-not-found")
        }
        let item = CartItem(course: course, policy: policy, addedPrice: policies[policy].price)
        if let index = carts[member].firstIndex(where: { $0.course == course }) {
            carts[member][index] = item
        } else {
            carts[member].append(item)
        }
        return Reply(200, cartFields(of: member))
    }

    mutating func removeFromCart(_ course: Int, of member: Int) -> Reply {
        carts[member].removeAll { $0.course == course }
        return Reply(204)
    }

    func cartFields(of member: Int) -> [(String, Reply.Value)] {
        var fields: [(String, Reply.Value)] = [("items", .count(carts[member].count))]
        var total = 0
        for item in carts[member] {
            let place = "items.[courseId={course \(item.course)}]"
            let policy = policies[item.policy]
            let isSold = courses[item.course].isOnSale && policy.isOffered
            if isSold { total += policy.price }
            fields.append(("\(place).price", isSold ? .int(policy.price) : .nothing))
            fields.append(("\(place).addedPrice", .int(item.addedPrice)))
            fields.append(("\(place).offline", .flag(!courses[item.course].isOnSale)))
        }
        return fields + [("total", .int(total))]
    }

    /// Until when a member may open a course: each grant begins where the one before it ends, or when
    /// it was given if that is later; what was refunded never was (commerce D20).
    func accessEnd(of member: Int, in course: Int) -> Int? {
        var end: Int?
        for grant in grants where grant.member == member && grant.course == course {
            if !grant.isRevoked { end = max(end ?? grant.at, grant.at) + .days(grant.days) }
        }
        return end
    }
}
