import Testing

/// Fails with every place that breaks a rule, and with what to do instead.
func expectNone(
    _ findings: [some CustomStringConvertible], _ instead: String,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    guard !findings.isEmpty else { return }
    let list = findings.map { "  \($0)" }.joined(separator: "\n")
    Issue.record("\(instead)\n\(list)", sourceLocation: sourceLocation)
}
