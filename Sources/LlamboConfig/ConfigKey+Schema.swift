import LlamboCluster
import LlamboJSON

extension ConfigKey {
  /// The JSON Schema (draft 7) of configuration files, made from the table of keys, by which an
  /// editor completes and checks them. It allows what `ClusterConfig.parse` allows of each key by
  /// itself; contradictions between keys are for `parse` to find.
  package static var schema: String {
    let root: [JSON.Member] = [
      .init("$schema", "http://json-schema.org/draft-07/schema#"),
      .init("title", "cluster-config.yaml"),
      .init(
        "description", "A cluster of llama.cpp engines that llamboctl and llambo-orchestrator run."),
    ]
    return indented(.object(root + section("", mayBeEmpty: false)), "") + "\n"
  }

  /// The schema of the mapping at `path`; an empty one is a key with nothing below it.
  private static func section(_ path: String, mayBeEmpty: Bool) -> [JSON.Member] {
    let below = words(in: path)
    let types: JSON = mayBeEmpty ? ["object", "null"] : "object"
    func child(_ word: String) -> JSON {
      let childPath = path.isEmpty ? word : "\(path).\(word)"
      if let key = byPath[childPath] { return key.schema }
      return .object(section(childPath, mayBeEmpty: !holdsRequired(childPath)))
    }
    if below == ["TYPE"] {
      return [
        .init("type", types), .init("maxProperties", .integer(Int64(ConfigLimits.nodeTypes))),
        .init("propertyNames", .object(ConfigKind.name.schema)),
        .init("additionalProperties", child("TYPE")),
      ]
    }
    var members: [JSON.Member] = [
      .init("type", types), .init("additionalProperties", false),
      .init("properties", .object(below.map { .init($0, child($0)) })),
    ]
    let needed = path.isEmpty ? below : below.filter { holdsRequired("\(path).\($0)") }
    if !needed.isEmpty {
      members.insert(.init("required", .array(needed.map { .string($0) })), at: 1)
    }
    return members
  }

  /// A required key is at `path` or below it. Those of a node type count within one alone.
  private static func holdsRequired(_ path: String) -> Bool {
    path.contains("TYPE")
      && all.contains { $0.isRequired && ($0.path == path || $0.path.hasPrefix(path + ".")) }
  }

  private var schema: JSON {
    var members: [JSON.Member] = [.init("description", .string(meaning))]
    if let defaultText {
      members.append(
        .init("default", (try? JSON.parse(Array(defaultText.utf8).span)) ?? .string(defaultText)))
    }
    return .object(members + kind.schema)
  }

  /// JSON as people read it: two spaces a level; lists, and objects without objects or lists in
  /// them, on one line.
  private static func indented(_ value: JSON, _ margin: String) -> String {
    guard case .object(let members) = value,
      margin.isEmpty || members.contains(where: { $0.value.object != nil || margin.count < 4 })
        || "\(value)".count > 80
    else { return "\(value)" }
    let lines = members.map { member in
      "\(margin)  \(JSON.string(member.name)): \(indented(member.value, margin + "  "))"
    }
    return "{\n" + lines.joined(separator: ",\n") + "\n\(margin)}"
  }
}

extension ConfigKind {
  /// What a value must be, in the words of JSON Schema.
  var schema: [JSON.Member] {
    switch self {
    case .name:
      [
        .init("type", "string"),
        .init("pattern", .string("^[A-Za-z0-9_-]{1,\(ConfigLimits.nameLength)}$")),
      ]
    case .text, .path:
      [
        .init("type", "string"), .init("minLength", 1),
        .init("maxLength", .integer(Int64(ConfigLimits.textBytes))),
        .init("pattern", "^[^\\u0000-\\u001f\\u007f]*$"),
      ]
    case .address:
      [
        .init("type", "string"),
        .init("pattern", "^(localhost|127(\\.[0-9]{1,3}){3}|\\[::1\\]):[0-9]{1,5}$"),
      ]
    case .strategy:
      [.init("enum", .array(Strategy.allCases.map { .string($0.rawValue) } + [0, 1, 2]))]
    case .boolean: [.init("type", "boolean")]
    case .integer(let range): Self.whole(range)
    case .number(let range):
      [
        .init("type", "number"), .init("minimum", Self.number(range.lowerBound)),
        .init("maximum", Self.number(range.upperBound)),
      ]
    case .time(let range): Self.quantity(Self.whole(range), Quantity.time)
    case .memory(let range): Self.quantity(Self.whole(range), Quantity.memory)
    case .cores(let range): Self.quantity(ConfigKind.number(range).schema, Quantity.cores)
    }
  }

  private static func whole(_ range: ClosedRange<Int>) -> [JSON.Member] {
    [
      .init("type", "integer"), .init("minimum", .integer(Int64(range.lowerBound))),
      .init("maximum", .integer(Int64(range.upperBound))),
    ]
  }

  private static func number(_ value: Double) -> JSON {
    Int64(exactly: value).map { .integer($0) } ?? .number(value)
  }

  /// A bare number, or text with a unit in upper or lower case.
  private static func quantity(
    _ plain: [JSON.Member], _ units: [(unit: String, factor: Double)]
  ) -> [JSON.Member] {
    let words = units.map(\.unit).filter { !$0.isEmpty }.map { unit in
      unit.map { "[\($0.uppercased())\($0)]" }.joined()
    }
    let pattern = "^[0-9]+(\\.[0-9]+)? *(\(words.joined(separator: "|")))?$"
    let text: JSON = ["type": "string", "pattern": .string(pattern)]
    return [.init("anyOf", [.object(plain), text])]
  }
}
