import Basics

/// Every way in which Courses says no. `…-rules` name the fields at fault in `errors`; their words
/// are in `Templates/messages.*.json` under `problem.<code>`.
extension Problem {
    // Reading.
    /// A section that is not free, without a running enrolment.
    static let noAccess = Problem(.forbidden, "no-access")

    // Buying.
    static let courseNotForSale = rule("course-not-for-sale")
    static let courseNotInCart = rule("course-not-in-cart")
    static let policyNotFound = rule("policy-not-found")
    static let cartFull = conflict("cart-full")

    // Editing the catalogue.
    static let categoryUnknown = rule("category-unknown", "/categoryId")
    static let categoryTooDeep = rule("category-too-deep", "/parentId")
    static let policiesMissing = rule("policies-missing", "/policies")
    static let outlineFull = conflict("outline-full")
}
