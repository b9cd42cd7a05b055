import LlamboCommand

/// Holds a document against the table of keys and keeps what stands the test.
struct ConfigReader {
  let file: String
  private(set) var problems: [ConfigProblem] = []
  private(set) var nodeTypes: [String] = []
  /// By the path in the file, node types by their names.
  private var settings: [String: Setting] = [:]
  /// Paths at which a value was refused.
  private var refused: Set<String> = []

  private struct Setting {
    var value: ConfigValue
    var position: ConfigPosition
  }

  init(file: String) { self.file = file }

  /// The checked value at a path, or its default; nil without both.
  func value(_ path: String, schema: String? = nil) -> ConfigValue? {
    if let setting = settings[path] { return setting.value }
    guard let key = ConfigKey.byPath[schema ?? path] else {
      preconditionFailure("\(schema ?? path) is not in the table of keys")
    }
    return key.defaultText.flatMap { try? key.kind.value(of: $0, isQuoted: false) }
  }

  func position(_ path: String) -> ConfigPosition? { settings[path]?.position }

  func isRefused(_ path: String) -> Bool { refused.contains(path) }

  mutating func add(
    _ code: ConfigProblem.Code, _ position: ConfigPosition?, _ message: String,
    hint: String? = nil
  ) {
    problems.append(
      ConfigProblem(code: code, file: file, position: position, message: message, hint: hint))
  }

  mutating func read(root: YAMLNode) {
    read(section: root, name: "the document", path: "", schema: "")
    if case .mapping(let pairs) = root.value, !pairs.contains(where: { $0.key.isWord("cluster") }) {
      add(.missingKey, nil, "\"cluster\" is missing", hint: "everything stands below \"cluster:\"")
    }
  }

  private mutating func read(section node: YAMLNode, name: String, path: String, schema: String) {
    if node.isNull, !path.isEmpty { return }
    guard case .mapping(let pairs) = node.value else {
      add(
        .wrongType, node.position, "\(name) must be a mapping, but is \(node.kindName)",
        hint: "write \"key: value\" lines below it, indented")
      return
    }
    let words = ConfigKey.words(in: schema)
    let areNodeTypes = words == ["TYPE"]
    var seen: [String: ConfigPosition] = [:]
    for (key, value) in pairs {
      guard case .scalar(let word, _) = key.value else {
        add(.wrongType, key.position, "a key must be a word, but is \(key.kindName)")
        continue
      }
      if let first = seen[word] {
        add(
          .duplicateKey, key.position, "\"\(word)\" stands twice",
          hint: "it first stands in line \(first.line)")
        continue
      }
      seen[word] = key.position
      let childPath = path.isEmpty ? word : "\(path).\(word)"
      if areNodeTypes {
        guard nodeTypes.count < ConfigLimits.nodeTypes else {
          add(.tooLarge, key.position, "more than \(ConfigLimits.nodeTypes) node types")
          return
        }
        read(nodeType: word, at: key.position, value, path: childPath, schema: "\(schema).TYPE")
      } else if words.contains(word) {
        read(
          value, word: word, at: key.position, path: childPath,
          schema: schema.isEmpty ? word : "\(schema).\(word)")
      } else {
        addUnknown(word, at: key.position, words: words)
      }
    }
  }

  private mutating func read(
    _ node: YAMLNode, word: String, at position: ConfigPosition, path: String, schema: String
  ) {
    guard let key = ConfigKey.byPath[schema] else {
      read(section: node, name: "\"\(word)\"", path: path, schema: schema)
      return
    }
    do throws(ConfigKind.Refusal) {
      guard case .scalar(let text, let isQuoted) = node.value, !node.isNull else {
        let isMissing = node.isNull
        throw ConfigKind.Refusal(
          message: isMissing
            ? "has no value" : "must be \(key.type), but is \(node.kindName)",
          hint: isMissing && !key.isRequired ? "remove the key to keep its default" : nil)
      }
      guard let value = try key.kind.value(of: text, isQuoted: isQuoted) else {
        let shown = isQuoted || text.isEmpty ? "the text \"\(text)\"" : "\"\(text)\""
        throw ConfigKind.Refusal(message: "must be \(key.type), but is \(shown)")
      }
      settings[path] = Setting(value: value, position: node.position)
    } catch {
      refused.insert(path)
      let isSingle = if case .scalar = node.value { true } else { false }
      add(
        isSingle ? .invalidValue : .wrongType, node.isNull ? position : node.position,
        "\(word) \(error.message)", hint: error.hint)
    }
  }

  private mutating func read(
    nodeType name: String, at position: ConfigPosition, _ node: YAMLNode, path: String,
    schema: String
  ) {
    guard ConfigKind.isName(name) else {
      add(
        .invalidValue, position,
        "a node type must be \(ConfigKind.name.requirement), but is \"\(name)\"")
      return
    }
    nodeTypes.append(name)
    read(section: node, name: "node type \"\(name)\"", path: path, schema: schema)
    let model = "\(path).resources.model"
    if settings[model] == nil, !isRefused(model) {
      add(
        .missingKey, position, "node type \"\(name)\" has no model",
        hint: "name one with \"model:\" below its \"resources:\"")
    }
  }

  private mutating func addUnknown(_ word: String, at position: ConfigPosition, words: [String]) {
    let hint: String
    if let nearest = nearestWord(to: word, in: words) {
      hint = "did you mean \"\(nearest)\"?"
    } else if case let keys = ConfigKey.all.filter({ $0.path.hasSuffix(".\(word)") }), !keys.isEmpty
    {
      let places = keys.map { String($0.path.dropLast(word.count + 1)) }
      hint = "it belongs below \(places.joined(separator: " or "))"
    } else {
      hint = "known here: \(words.joined(separator: ", "))"
    }
    add(.unknownKey, position, "unknown key \"\(word)\"", hint: hint)
  }
}

extension YAMLNode {
  fileprivate func isWord(_ word: String) -> Bool {
    if case .scalar(word, _) = value { true } else { false }
  }
}
