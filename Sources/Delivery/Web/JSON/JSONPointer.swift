/// Where in a JSON text something is (RFC 6901).
indirect enum JSONPointer {
    case root
    case member(String, of: JSONPointer)
    case item(Int, of: JSONPointer)

    var text: String {
        switch self {
        case .root: return ""
        case .item(let index, let parent): return "\(parent.text)/\(index)"
        case .member(let name, let parent):
            let escaped = name.flatMap { character -> String in
                switch character {
                case "~": "~0"
                case "/": "~1"
                default: String(character)
                }
            }
            return "\(parent.text)/\(String(escaped))"
        }
    }

    var codingPath: [any CodingKey] {
        switch self {
        case .root: []
        case .item(let index, let parent): parent.codingPath + [JSONKey(intValue: index)]
        case .member(let name, let parent): parent.codingPath + [JSONKey(stringValue: name)]
        }
    }
}

/// A coding key for any member or item.
struct JSONKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(stringValue: String) {
        self.stringValue = stringValue
        intValue = nil
    }

    init(intValue: Int) {
        stringValue = String(intValue)
        self.intValue = intValue
    }
}
