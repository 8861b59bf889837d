import Basics

/// A chapter as an operator describes it; what is left out stays as it is.
struct ChapterDraft: Codable, Hashable, Sendable {
    var title: String?
    /// Chapters are shown from low to high; a new one comes last.
    var position: Int64?
}

/// A section as an operator describes it; what is left out stays as it is.
struct SectionDraft: Codable, Hashable, Sendable {
    var title: String?
    var kind: Material.Kind?
    var free: Bool?
    /// What a document or an exercise says. An empty line ends a paragraph.
    var content: String?
    var videoUrl: String?
    var position: Int64?
}

extension Chapter {
    /// - Throws: `chapter-rules`, naming every field at fault.
    init(_ draft: ChapterDraft, of course: ID<Course>, last position: Int64) throws(Problem) {
        let empty = Chapter(id: .make(), courseID: course, position: position, title: "")
        self = try empty.edited(
            by: ChapterDraft(title: draft.title ?? "", position: draft.position))
    }

    func edited(by draft: ChapterDraft) throws(Problem) -> Chapter {
        var chapter = self
        var faults = Faults()
        if let title = draft.title {
            chapter.title = faults.line(title, atMost: Self.longestTitle, "/title")
        }
        chapter.position = draft.position ?? position
        try faults.refuse("chapter-rules")
        return chapter
    }
}

extension Section {
    /// A new section, a document unless the draft says otherwise.
    /// - Throws: `section-rules`, naming every field at fault.
    init(_ draft: SectionDraft, in chapter: ID<Chapter>, last position: Int64) throws(Problem) {
        var draft = draft
        draft.title = draft.title ?? ""
        draft.kind = draft.kind ?? .document
        let empty = Section(
            id: .make(), chapterID: chapter, position: position, title: "", isFree: false,
            material: .document(text: ""))
        self = try empty.edited(by: draft)
    }

    func edited(by draft: SectionDraft) throws(Problem) -> Section {
        var section = self
        var faults = Faults()
        if let title = draft.title {
            section.title = faults.line(title, atMost: Self.longestTitle, "/title")
        }
        section.material = material.edited(by: draft)
        faults.checkMaterial(section.material)
        section.isFree = draft.free ?? isFree
        section.position = draft.position ?? position
        try faults.refuse("section-rules")
        return section
    }
}

extension Material {
    /// A document that becomes an exercise keeps its text; one that becomes a video needs an address.
    fileprivate func edited(by draft: SectionDraft) -> Material {
        let text = draft.content.map(\.withoutBlanksAround) ?? self.text ?? ""
        return switch draft.kind ?? kind {
        case .document: .document(text: text)
        case .exercise: .exercise(text: text)
        case .video: .video(url: draft.videoUrl ?? url ?? "")
        }
    }
}

extension Faults {
    fileprivate mutating func checkMaterial(_ material: Material) {
        switch material {
        case .document(let text), .exercise(let text):
            check(!text.isEmpty, "/content", "text-missing")
            check(text.utf8.count <= Section.longestText, "/content", "text-too-long")
        case .video(let url):
            check(url.isWebAddress, "/videoUrl", "web-address")
        }
    }
}
