/// One value of a YAML document and where it stands.
struct YAMLNode {
  enum Value {
    /// `isQuoted` text is never a number, truth value or null.
    case scalar(String, isQuoted: Bool)
    case sequence
    case mapping([(key: YAMLNode, value: YAMLNode)])
  }

  var value: Value
  var position: ConfigPosition

  /// Nothing after the colon, or a word for nothing.
  var isNull: Bool {
    if case .scalar(let text, isQuoted: false) = value {
      ["", "~", "null", "Null", "NULL"].contains(text)
    } else {
      false
    }
  }

  /// What the value is, as an error says it.
  var kindName: String {
    switch value {
    case .scalar where isNull: "empty"
    case .scalar: "a single value"
    case .sequence: "a list"
    case .mapping: "a mapping"
    }
  }
}
