import Basics
import Foundation
import Web

/// An answer of Kontor, read.
struct Answer {
    let status: Int
    let isReplayed: Bool
    let text: String
    private let json: Any?

    init(_ answer: LocalAnswer) {
        status = answer.status
        isReplayed = answer.header("Idempotent-Replayed") == "true"
        text = answer.text
        json = try? JSONSerialization.jsonObject(
            with: Data(answer.body), options: .fragmentsAllowed)
    }

    var code: String? { (json as? [String: Any])?["code"] as? String }

    /// What stands at a place; nil if there is nothing.
    func value(at place: String) -> Any? {
        place.split(separator: ".").reduce(json) { found, step in
            if let list = found as? [Any] {
                guard step.hasPrefix("[") else {
                    return Int(step).flatMap { list.indices.contains($0) ? list[$0] : nil }
                }
                let parts = step.dropFirst().dropLast().split(separator: "=", maxSplits: 1)
                return list.first { element in
                    (element as? [String: Any])?[String(parts[0])] as? String
                        == parts.last.map(String.init)
                }
            }
            return (found as? [String: Any])?[String(step)]
        }
    }
}

extension Names {
    /// How an answer differs from what was expected; names that are new are bound.
    mutating func differences(_ answer: Answer, from expected: Reply) -> [String] {
        guard answer.status == expected.status, expected.code == nil || answer.code == expected.code
        else {
            return [
                "expected \(expected.status) \(expected.code ?? ""), "
                    + "got \(answer.status) \(answer.text)"
            ]
        }
        var found: [String] = []
        if answer.isReplayed != expected.isReplayed {
            found.append("expected replayed \(expected.isReplayed), got \(answer.isReplayed)")
        }
        for field in expected.fields {
            let place = filled(field.place)
            if let told = difference(answer.value(at: place), from: field.value) {
                found.append("\(field.place): \(told)")
            }
        }
        return found.isEmpty ? [] : found + ["in \(answer.text)"]
    }

    private mutating func difference(_ value: Any?, from expected: Reply.Value) -> String? {
        switch expected {
        case .int(let number):
            if (value as? NSNumber)?.intValue == number { return nil }
        case .flag(let flag):
            if value as? Bool == flag { return nil }
        case .nothing:
            if value == nil || value is NSNull { return nil }
        case .count(let count):
            if (value as? [Any])?.count == count { return nil }
        case .time(let microseconds):
            let told = (value as? String).flatMap { Instant($0) }
            let off = told.map { ($0 - time(microseconds)).microseconds.magnitude }
            if let off, off < 1_000 { return nil }
            return "expected \(time(microseconds)), got \(value ?? "nothing")"
        case .text(let text):
            guard let told = value as? String else { break }
            if let name = newName(text) {
                bind(name, to: told)
                return nil
            }
            if told == filled(text) { return nil }
            return "expected \(text) \(filled(text)), got \(told)"
        }
        return "expected \(expected), got \(value ?? "nothing")"
    }
}
