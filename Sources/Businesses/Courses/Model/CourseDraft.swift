import Basics
import Money
import Web

/// A course as an operator describes it, before any rule has been applied. What is left out stays as
/// it is, or begins empty.
struct CourseDraft: Decodable, Sendable {
    var title: String?
    var subtitle: String?
    var summary: String?
    var categoryId: Change<ID<Category>> = .keep
    var kind: Course.Kind?
    var status: Course.Status?
    var level: Course.Level?
    var hours: Int64?
    /// A picture on this site.
    var coverUrl: Change<String> = .keep
    var recommended: Bool?
    /// All prices at which it is sold: one that is not named here is not offered any more.
    var policies: [PriceTerms]?
}

extension CourseDraft {
    static let longestTitle = 120
    static let longestSubtitle = 200
    static let longestSummary = 5_000
    static let mostHours: Int64 = 10_000
}

extension Course {
    /// A new course, a draft unless the operator says otherwise.
    /// - Throws: `course-rules`, naming every field at fault.
    init(_ draft: CourseDraft, at now: Instant) throws(Problem) {
        var draft = draft
        draft.title = draft.title ?? ""
        let empty = Course(
            id: .make(), categoryID: nil, kind: .paid, status: .draft, title: "", subtitle: "",
            summary: "", level: .beginner, hours: 0, coverURL: nil, isRecommended: false,
            createdAt: now)
        self = try empty.edited(by: draft)
    }

    /// The course with what the draft says.
    /// - Throws: `course-rules`, naming every field at fault.
    func edited(by draft: CourseDraft) throws(Problem) -> Course {
        var course = self
        var faults = Faults()
        if let title = draft.title {
            course.title = faults.line(title, atMost: CourseDraft.longestTitle, "/title")
        }
        if let subtitle = draft.subtitle {
            course.subtitle = subtitle.withoutBlanksAround
            faults.check(
                subtitle.count <= CourseDraft.longestSubtitle, "/subtitle", "text-too-long")
        }
        if let summary = draft.summary {
            course.summary = summary.withoutBlanksAround
            faults.check(summary.count <= CourseDraft.longestSummary, "/summary", "text-too-long")
        }
        if let hours = draft.hours {
            course.hours = hours
            faults.check((0...CourseDraft.mostHours).contains(hours), "/hours", "hours-range")
        }
        course.coverURL = draft.coverUrl.applied(to: coverURL)
        faults.check(course.coverURL?.isPathHere ?? true, "/coverUrl", "path-here")
        faults.checkPrices(draft.policies ?? [])
        try faults.refuse("course-rules")
        course.categoryID = draft.categoryId.applied(to: categoryID)
        course.kind = draft.kind ?? course.kind
        course.status = draft.status ?? course.status
        course.level = draft.level ?? course.level
        course.isRecommended = draft.recommended ?? course.isRecommended
        return course
    }
}

extension String {
    private static let longestAddress = 500

    /// A path on this site; `//elsewhere.example` and `/\elsewhere.example` are none.
    var isPathHere: Bool { hasPrefix("/") && !hasPrefix("//") && isAddress }

    /// Something a reader may be sent to: on this site, or elsewhere over TLS. Never `javascript:`.
    var isWebAddress: Bool {
        isPathHere || (hasPrefix("https://") && utf8.count > "https://".utf8.count && isAddress)
    }

    private var isAddress: Bool {
        utf8.count <= Self.longestAddress
            && utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }
    }
}
