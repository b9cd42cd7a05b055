extension ConfigKey {
  /// The table of all keys as the documentation shows it.
  package static var markdownTable: String {
    var lines = ["| key | value | default | meaning |", "|---|---|---|---|"]
    for key in all {
      let standing = key.defaultText.map { "`\($0)`" } ?? (key.isRequired ? "required" : "none")
      lines.append("| `\(key.path)` | \(key.type) | \(standing) | \(key.meaning) |")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
