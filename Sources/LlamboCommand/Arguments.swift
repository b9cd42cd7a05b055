/// The checked options and arguments of one parsed command line.
///
/// Options are asked for by their long names. Every value was checked against its definition
/// while parsing, so only a name that the command does not declare, or one of another kind, can
/// fail here, and traps.
package struct Arguments: Sendable, Equatable {
  /// What stood without a leading dash, in order; its count fits the definition.
  package private(set) var positionals: [String] = []
  private var values: [String: [String]] = [:]
  private var onCommandLine: Set<String> = []
  private var declared: [String: OptionDefinition.Value] = [:]

  /// The flag was given.
  package func flag(_ long: String) -> Bool {
    check(long) { $0 == .flag }
    return onCommandLine.contains(long)
  }

  /// The value, or the default, of an option that has a default or is required.
  package func text(_ long: String) -> String { present(text(ifGiven: long), long) }

  /// The value of an option of any kind as it was written, or its default; nil without both.
  package func text(ifGiven long: String) -> String? {
    check(long) { $0 != .flag }
    return values[long]?.last
  }

  /// The value, or the default, of an integer option that has a default or is required.
  package func integer(_ long: String) -> Int { present(integer(ifGiven: long), long) }

  /// The value of an integer option, or its default; nil without both.
  package func integer(ifGiven long: String) -> Int? {
    check(long) { if case .integer = $0 { true } else { false } }
    return values[long]?.last.flatMap { Int($0) }
  }

  /// The value, or the default, of a number option that has a default or is required.
  package func number(_ long: String) -> Double { present(number(ifGiven: long), long) }

  /// The value of a number option, or its default; nil without both.
  package func number(ifGiven long: String) -> Double? {
    check(long) { if case .number = $0 { true } else { false } }
    return values[long]?.last.flatMap { Double($0) }
  }

  /// All values of a repeatable option, in order.
  package func texts(_ long: String) -> [String] {
    check(long) { $0 != .flag }
    return values[long] ?? []
  }

  /// The option stood on the command line itself, rather than in the environment or as default.
  package func wasGiven(_ long: String) -> Bool {
    check(long) { _ in true }
    return onCommandLine.contains(long)
  }

  private func check(_ long: String, _ isKind: (OptionDefinition.Value) -> Bool) {
    guard let value = declared[long] else { preconditionFailure("\(long) is not declared") }
    precondition(isKind(value), "\(long) is an option of another kind")
  }

  private func present<Value>(_ value: Value?, _ long: String) -> Value {
    guard let value else { preconditionFailure("\(long) is neither required nor has a default") }
    return value
  }
}

/// How the parser fills them.
extension Arguments {
  mutating func declare(_ option: OptionDefinition) { declared[option.long] = option.value }

  mutating func append(positional: String) { positionals.append(positional) }

  mutating func set(_ option: OptionDefinition, _ value: String?) {
    onCommandLine.insert(option.long)
    if let value { values[option.long, default: []].append(value) }
  }

  mutating func supply(_ option: OptionDefinition, _ value: String) {
    values[option.long] = [value]
  }

  func has(_ long: String) -> Bool { values[long] != nil || onCommandLine.contains(long) }
}
