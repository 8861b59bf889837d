#if PostgreSQL
    import CLibPQ

    /// A statement that inserts or changes one row, by parameters alone, made into one that does so
    /// for many rows: each of its parameters is a list with a value for each row.
    ///
    /// A server spends more on a statement than on a row.
    struct ManyRowStatement {
        let table: String
        let shape: SQLShape
        /// Whether a row may be there already, said by the last parameter.
        let changesRows: Bool

        /// - Returns: nil unless it reads `INSERT INTO t (…) VALUES ($1, …)` or
        ///   `UPDATE t SET … WHERE id = $n`.
        init?(_ shape: SQLShape) {
            guard let made = Self.insert(shape) ?? Self.update(shape) else { return nil }
            self = made
        }

        private init(table: String, shape: SQLShape, changesRows: Bool) {
            (self.table, self.shape, self.changesRows) = (table, shape, changesRows)
        }

        private static func insert(_ shape: SQLShape) -> ManyRowStatement? {
            let parts = texts(between: shape)
            let words = parts[0].split(whereSeparator: \.isWhitespace)
            guard words.count > 3, words[0] == "INSERT", words[1] == "INTO",
                let values = parts[0].firstRange(of: "VALUES ("),
                values.upperBound == parts[0].endIndex,
                parts.count > 1, parts[parts.count - 1] == ")",
                parts[1..<(parts.count - 1)].allSatisfy({ $0.filter { !$0.isWhitespace } == "," })
            else { return nil }
            let head = String(parts[0][..<values.lowerBound])
            return ManyRowStatement(
                table: String(words[2]),
                shape: lists(parts.count - 1, head + "SELECT * FROM unnest(", ")"),
                changesRows: false)
        }

        private static func update(_ shape: SQLShape) -> ManyRowStatement? {
            let parts = texts(between: shape)
            let words = parts[0].split(whereSeparator: \.isWhitespace)
            let count = parts.count - 1
            guard words.count > 2, words[0] == "UPDATE", words[2] == "SET", count > 1,
                parts[count].isEmpty, let end = parts[count - 1].firstRange(of: "WHERE id = "),
                end.upperBound == parts[count - 1].endIndex,
                !parts[..<(count - 1)].contains(where: { $0.contains("WHERE") })
            else { return nil }
            let columns = (1...count).map { "c\($0)" }
            var head = ""
            for (part, column) in zip(parts[..<(count - 1)], columns) {
                head += "\(part)v.\(column)"
            }
            head += parts[count - 1][..<end.lowerBound]
            return ManyRowStatement(
                table: String(words[1]),
                shape: lists(
                    count, head + "FROM unnest(",
                    ") AS v (\(columns.joined(separator: ", "))) WHERE id = v.c\(count)"),
                changesRows: true)
        }

        /// The text before the first parameter, between the parameters, and after the last.
        private static func texts(between shape: SQLShape) -> [String] {
            var texts = [""]
            for piece in shape.pieces {
                if let text = piece.text {
                    texts[texts.count - 1] += text
                } else {
                    texts.append("")
                }
            }
            return texts
        }

        private static func lists(_ count: Int, _ head: String, _ tail: String) -> SQLShape {
            var pieces: [SQLShape.Piece] = [SQLShape.Piece(kept: head), .value]
            for _ in 1..<count { pieces += [SQLShape.Piece(", "), .value] }
            return SQLShape(pieces: pieces + [SQLShape.Piece(kept: tail)])
        }
    }

    /// Rows of one batch that are to be written and that nobody waits for, table by table.
    struct GatheredRows {
        private struct Gathered {
            let one: SQLShape
            let many: ManyRowStatement
            var rows: [[SQLValue]]
            /// Where each row is that is to be changed: the last word on it counts.
            var places: [SQLValue: Int] = [:]
        }

        /// In the order in which they came. One for each table: what is done to a table in two ways is
        /// done in the order in which it was said.
        private var gathered: [Gathered] = []
        private var forms: [SQLShape: ManyRowStatement?] = [:]
        /// Which of the tables that were ever gathered for a statement mentions.
        private var mentions: [SQLShape: Set<String>] = [:]
        private var tables: Set<String> = []

        private static let most = 1_000

        enum Addition { case gathered, mustBeSent, hasAnotherForm }

        var isEmpty: Bool { gathered.isEmpty }

        /// - Returns: `mustBeSent` if what has been gathered must be sent first.
        mutating func add(_ sql: SQL) -> Addition {
            guard let many = form(of: sql.shape) else { return .hasAnotherForm }
            guard let index = gathered.firstIndex(where: { $0.many.table == many.table }) else {
                if tables.insert(many.table).inserted { mentions.removeAll() }
                gathered.append(Gathered(one: sql.shape, many: many, rows: []))
                append(sql.values, at: gathered.count - 1)
                return .gathered
            }
            guard gathered[index].one == sql.shape, gathered[index].rows.count < Self.most,
                gathered[index].rows[0].elementsEqual(
                    sql.values, by: { $0.objectID == $1.objectID })
            else { return .mustBeSent }
            append(sql.values, at: index)
            return .gathered
        }

        private mutating func append(_ values: [SQLValue], at index: Int) {
            if gathered[index].many.changesRows, let id = values.last {
                if let place = gathered[index].places[id] {
                    gathered[index].rows[place] = values
                    return
                }
                gathered[index].places[id] = gathered[index].rows.count
            }
            gathered[index].rows.append(values)
        }

        private mutating func form(of shape: SQLShape) -> ManyRowStatement? {
            if let known = forms[shape] { return known }
            let form = ManyRowStatement(shape)
            forms[shape] = .some(form)
            return form
        }

        /// Whether a statement must find what has been gathered.
        mutating func concern(_ shape: SQLShape) -> Bool {
            if gathered.isEmpty { return false }
            let mentioned = mentioned(in: shape)
            return gathered.contains { mentioned.contains($0.many.table) }
        }

        private mutating func mentioned(in shape: SQLShape) -> Set<String> {
            if let known = mentions[shape] { return known }
            if mentions.count >= 1_000 { mentions.removeAll() }
            let mentioned = tables.filter { shape.mentions(table: $0) }
            mentions[shape] = mentioned
            return mentioned
        }

        /// What is to be sent, in this order; nothing is left.
        mutating func take() -> [(shape: SQLShape, parameters: PostgreSQLParameters)] {
            defer { forget() }
            return gathered.map { ($0.many.shape, PostgreSQLParameters(rows: $0.rows)) }
        }

        mutating func forget() { gathered.removeAll(keepingCapacity: true) }
    }
#endif
