import Foundation
import Testing

/// What people read: in both languages, and for every refusal.
@Suite struct MessageTests {
    private static let locales = ["en", "zh-Hans"]

    @Test(arguments: Repository.modules.filter { catalog(of: $0, "en") != nil })
    func `a module says everything in both languages`(module: String) throws {
        let english = try #require(catalog(of: module, "en"))
        let chinese = try #require(
            catalog(of: module, "zh-Hans"), "\(module) has no messages.zh-Hans.json")
        expectNone(
            missing(english, from: chinese, "\(module)/Templates/messages.zh-Hans.json")
                + missing(chinese, from: english, "\(module)/Templates/messages.en.json"),
            "Add the text in this language too:")
    }

    @Test(arguments: Repository.modules)
    func `a refusal has the same blanks in both languages`(module: String) {
        let english = catalog(of: module, "en") ?? [:]
        let chinese = catalog(of: module, "zh-Hans") ?? [:]
        let different = english.keys.filter { $0.hasPrefix("problem.") }.sorted().filter { key in
            chinese[key].map { blanks(in: $0) != blanks(in: english[key] ?? "") } ?? false
        }
        expectNone(
            different.map { "\(module): \($0)" },
            "Use the same {blanks} in messages.en.json and messages.zh-Hans.json:")
    }

    @Test(arguments: locales)
    func `a text is said by one module only`(locale: String) {
        var owners: [String: (module: String, text: String)] = [:]
        var faults: [String] = []
        for module in Repository.modules {
            for (key, text) in catalog(of: module, locale) ?? [:] {
                if let owner = owners[key], owner.text != text {
                    faults.append("\(key) in \(owner.module) and \(module)")
                }
                owners[key] = (module, text)
            }
        }
        expectNone(faults.sorted(), "The server does not start with two texts for one key:")
    }

    @Test func `every refusal has words`() {
        let web = keys(of: "Sources/Delivery/Web")
        let all = Repository.modules.reduce(into: Set<String>()) { $0.formUnion(keys(of: $1)) }
        let speechless = Repository.sources.flatMap { file -> [String] in
            // The kernel has no catalog; those who use it speak for it.
            let module = Repository.modules.first { file.isBelow($0) }
            let known = module.map { keys(of: $0).union(web) } ?? all
            return problemCodes(in: file).filter { !known.contains("problem.\($0.text)") }
                .map { "\(file.path):\($0.line): problem.\($0.text)" }
        }
        expectNone(
            speechless,
            "Add the key to messages.en.json and messages.zh-Hans.json of the module (Kernel: Web):"
        )
    }

    private func keys(of module: String) -> Set<String> {
        Set((catalog(of: module, "en") ?? [:]).keys)
    }

    private func missing(
        _ keys: [String: String], from catalog: [String: String], _ path: String
    ) -> [String] {
        keys.keys.filter { catalog[$0] == nil }.sorted().map { "\(path): no \($0)" }
    }
}

/// `problem.<code>` must exist for these: what is refused, and each field at fault.
func problemCodes(in file: SourceText) -> [(text: String, line: Int)] {
    guard !file.isBelow("Sources/Wire") else { return [] }
    let code = #""([a-z0-9]+(?:-[a-z0-9]+)*)""#
    return [
        #"\b(?:rule|conflict)\(\s*"# + code,
        #"\bProblem\(\s*\.\w+,\s*"# + code,
        #"pointer:[^)]*?code:\s*"# + code,
    ].flatMap { file.captures($0) }
}

/// The texts of a module in one language; nil if it has none.
func catalog(of module: String, _ locale: String) -> [String: String]? {
    Repository.data("\(module)/Templates/messages.\(locale).json")
        .flatMap { try? JSONDecoder().decode([String: String].self, from: $0) }
}

/// `{name}` and its like in a text.
func blanks(in text: String) -> Set<String> {
    Set(text.matches(of: /\{(\w+)\}/).map { String($0.1) })
}
