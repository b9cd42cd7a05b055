import Foundation
import LlamboJSON
import Testing

@testable import LlamboConfig

/// The JSON Schema of configurations, for editors.
@Suite struct SchemaTests {
  private static let schema = try? JSON.parse(Array(ConfigKey.schema.utf8).span)

  /// What the schema has against a YAML text; empty where it fits.
  private func complaints(_ text: String) throws -> [String] {
    try SchemaCheck(try #require(Self.schema)).complaints(json(of: text))
  }

  @Test func `The shipped schema is that of the table of keys`() throws {
    let shipped = try String(
      contentsOfFile: "\(checkout)/cluster-config.schema.json", encoding: .utf8)
    #expect(
      shipped == ConfigKey.schema,
      "./deploy.sh docs writes cluster-config.schema.json anew")
  }

  @Test func `The shipped configuration fits the schema, and names it to editors`() throws {
    let text = try String(contentsOfFile: "\(checkout)/cluster-config.yaml", encoding: .utf8)
    #expect(try complaints(text) == [])
    #expect(text.contains("# yaml-language-server: $schema=cluster-config.schema.json\n"))
  }

  @Test func `The schema tells the meaning and the default of every key`() throws {
    for key in ConfigKey.all {
      var place = try #require(Self.schema)
      for word in key.path.split(separator: ".") {
        let next =
          word == "TYPE" ? place["additionalProperties"] : place["properties"]?[String(word)]
        place = try #require(next, "\(key.path)")
      }
      #expect(place["description"]?.string == key.meaning)
      #expect((place["default"] != nil) == (key.defaultText != nil), "\(key.path)")
    }
  }

  @Test(arguments: [
    "cluster:\n", "cluster: {}\n", "cluster: {nodes: }\n", "cluster: {load_balancer: }\n",
    "cluster: {nodes: {tiny: {resources: {model: m}}}}\n", "{}\n", "other: 1\n", "cluster: 3\n",
    "cluster: {nodes: {tiny: }}\n", "cluster: {nodes: {tiny: {count: 1}}}\n",
    "cluster: {nodes: {tiny: {resources: }}}\n",
    "cluster: {nodes: {tiny: {resources: {threads: 1}}}}\n",
    "cluster: {nodes: {\"a b\": {resources: {model: m}}}}\n",
    "cluster: {nodes: {t: {resources: {model: m, cpu: 0.1 core, memory: 128MB}}}}\n",
    "cluster: {nodes: {t: {resources: {model: m, cpu: two, memory: 128MB}}}}\n",
    "cluster: {nodes: {t: {resources: {model: m, cpu: 1, memory: 128 apples}}}}\n",
    "cluster: {id: \"a b\"}\n", "cluster: {id: x-1_y}\n", "cluster: {idd: x}\n",
    "cluster: {load_balancer: {strategy: random}}\n", "cluster: {load_balancer: {strategy: 1}}\n",
    "cluster: {load_balancer: {strategy: 3}}\n", "cluster: {load_balancer: {strategy: rando}}\n",
    "cluster: {load_balancer: {timeout: 30s}}\n", "cluster: {load_balancer: {timeout: 1.5S}}\n",
    "cluster: {load_balancer: {timeout: 0}}\n", "cluster: {load_balancer: {timeout: soon}}\n",
    "cluster: {load_balancer: {max_retries: 3}}\n",
    "cluster: {load_balancer: {max_retries: 101}}\n",
    "cluster: {load_balancer: {max_retries: \"3\"}}\n",
    "cluster: {load_balancer: {max_retries: 1.5}}\n",
    "cluster: {orchestrator: {auto_scale: true}}\n",
    "cluster: {orchestrator: {auto_scale: maybe}}\n",
    "cluster: {orchestrator: {scale_up_threshold: 0.5}}\n",
    "cluster: {orchestrator: {scale_up_threshold: 1.5}}\n",
    "cluster: {orchestrator: {listen: \"127.0.0.1:0\"}}\n",
    "cluster: {orchestrator: {listen: \"[::1]:9000\"}}\n",
    "cluster: {orchestrator: {listen: \"0.0.0.0:9000\"}}\n",
    "cluster: {orchestrator: {log_file: logs/x.log}}\n",
    "cluster: {orchestrator: {log_file: [x]}}\n", "cluster: {orchestrator: {log_file: \"\"}}\n",
  ])
  func `The schema takes what the program takes`(_ text: String) throws {
    #expect(try complaints(text).isEmpty == problems(text).isEmpty, "\(problems(text))")
  }

  @Test func `Every default fits the schema of its own key`() throws {
    for key in ConfigKey.all {
      guard let value = key.defaultText, !key.path.contains("TYPE") else { continue }
      let words = key.path.split(separator: ".")
      let text =
        words.dropLast().map { "{\($0): " }.joined() + "{\(words.last!): \(value)}"
        + String(repeating: "}", count: words.count - 1)
      #expect(try complaints(text) == [], "\(key.path)")
    }
  }

  /// A YAML text as the JSON that an editor holds against the schema (YAML 1.2, core schema).
  private func json(of text: String) throws -> JSON {
    try Array(text.utf8).withUnsafeBufferPointer { bytes in
      var reader = YAMLReader(bytes: bytes, file: "c.yaml")
      return json(of: try reader.document())
    }
  }

  private func json(of node: YAMLNode) -> JSON {
    switch node.value {
    case .mapping(let pairs):
      return .object(
        pairs.map { pair in
          guard case .scalar(let name, _) = pair.key.value else { return .init("", .null) }
          return .init(name, json(of: pair.value))
        })
    case .sequence: return []
    case .scalar(let text, let isQuoted):
      if node.isNull { return .null }
      if isQuoted { return .string(text) }
      if ["true", "false"].contains(text) { return .bool(text == "true") }
      if let whole = Int64(text) { return .integer(whole) }
      return Double(text).map { .number($0) } ?? .string(text)
    }
  }
}

/// As much of JSON Schema as the schema of configurations uses.
private struct SchemaCheck {
  let schema: JSON

  init(_ schema: JSON) { self.schema = schema }

  func complaints(_ value: JSON) throws -> [String] { try complaints(value, schema, "") }

  private func complaints(_ value: JSON, _ schema: JSON, _ path: String) throws -> [String] {
    var found: [String] = []
    for rule in schema.object ?? [] {
      switch rule.name {
      case "$schema", "title", "description", "default": break
      case "type":
        let types = rule.value.array ?? [rule.value]
        if !types.contains(where: { isA(value, $0.string ?? "") }) { found.append("\(path): type") }
      case "enum":
        if rule.value.array?.contains(value) != true { found.append("\(path): enum") }
      case "anyOf":
        let fits = try (rule.value.array ?? []).contains {
          try complaints(value, $0, path).isEmpty
        }
        if !fits { found.append("\(path): anyOf") }
      case "minimum", "maximum":
        guard let number = value.number, let bound = rule.value.number else { break }
        if rule.name == "minimum" ? number < bound : number > bound {
          found.append("\(path): \(rule.name)")
        }
      case "minLength": if value.string?.isEmpty == true { found.append("\(path): minLength") }
      case "maxLength":
        if value.string.map({ $0.count > rule.value.integer ?? 0 }) == true {
          found.append("\(path): maxLength")
        }
      case "pattern":
        guard let text = value.string else { break }
        if try Regex(rule.value.string ?? "").firstMatch(in: text) == nil {
          found.append("\(path): pattern")
        }
      case "required":
        guard value.object != nil else { break }
        for name in rule.value.array ?? [] where value[name.string ?? ""] == nil {
          found.append("\(path): lacks \(name)")
        }
      case "properties":
        for member in value.object ?? [] {
          guard let own = rule.value[member.name] else { continue }
          found += try complaints(member.value, own, "\(path).\(member.name)")
        }
      case "additionalProperties":
        for member in value.object ?? [] where schema["properties"]?[member.name] == nil {
          if rule.value == false {
            found.append("\(path): unknown \(member.name)")
          } else {
            found += try complaints(member.value, rule.value, "\(path).\(member.name)")
          }
        }
      case "propertyNames":
        for member in value.object ?? [] {
          found += try complaints(.string(member.name), rule.value, "\(path).\(member.name)")
        }
      case "maxProperties":
        if (value.object ?? []).count > rule.value.integer ?? 0 { found.append("\(path): many") }
      default: found.append("the check does not know \(rule.name)")
      }
    }
    return found
  }

  private func isA(_ value: JSON, _ type: String) -> Bool {
    switch type {
    case "integer": value.integer != nil
    case "number": value.number != nil
    case "boolean": value.bool != nil
    case "null": value == .null
    default: value.kind.hasSuffix(" \(type)")
    }
  }
}
