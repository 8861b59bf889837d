import Basics
import Store

/// A part of a course with a title of its own.
struct Chapter: Entity, Hashable, Sendable {
    static let prefix = "chp"
    static let longestTitle = 120
    static let mostPerCourse = 200

    let id: ID<Chapter>
    let courseID: ID<Course>
    var position: Int64
    var title: String
}

/// What a section teaches with, and so what there is to read or watch.
enum Material: Hashable, Sendable {
    case document(text: String)
    case exercise(text: String)
    case video(url: String)

    enum Kind: String, SQLText, Codable, CaseIterable {
        case document, exercise, video
    }

    var kind: Kind {
        switch self {
        case .document: .document
        case .exercise: .exercise
        case .video: .video
        }
    }

    var text: String? {
        switch self {
        case .document(let text), .exercise(let text): text
        case .video: nil
        }
    }

    var url: String? {
        if case .video(let url) = self { url } else { nil }
    }
}

/// One lesson.
struct Section: Entity, Hashable, Sendable {
    static let prefix = "sec"
    static let longestTitle = 120
    /// In bytes. A transaction writes nothing larger than 64 KB.
    static let longestText = 60_000
    static let mostPerChapter = 200

    let id: ID<Section>
    let chapterID: ID<Chapter>
    var position: Int64
    var title: String
    /// A trial: anybody may open it.
    var isFree: Bool
    var material: Material
}

/// A section as the outline shows it: everything but what it teaches.
struct SectionHeading: Hashable, Sendable {
    let id: ID<Section>
    let chapterID: ID<Chapter>
    let title: String
    let kind: Material.Kind
    let isFree: Bool
}

/// What a course consists of, in order.
struct Outline: Hashable, Sendable {
    struct Part: Hashable, Sendable {
        let chapter: Chapter
        let sections: [SectionHeading]
    }

    let parts: [Part]

    /// - Parameters: both in order.
    init(chapters: [Chapter], sections: [SectionHeading]) {
        let byChapter = Dictionary(grouping: sections, by: \.chapterID)
        parts = chapters.map { Part(chapter: $0, sections: byChapter[$0.id] ?? []) }
    }

    var sections: [SectionHeading] { parts.flatMap(\.sections) }

    /// The sections before and after one, across chapters.
    func neighbours(of section: ID<Section>) -> (
        previous: SectionHeading?, next: SectionHeading?
    ) {
        let all = sections
        guard let index = all.firstIndex(where: { $0.id == section }) else { return (nil, nil) }
        return (
            index > 0 ? all[index - 1] : nil,
            index + 1 < all.count ? all[index + 1] : nil
        )
    }
}
