import LlamboJSON

/// Takes the fields out of a request's object, each with its type and range checked, and in the
/// end refuses what nobody asked for.
package struct FieldReader {
  private let members: [JSON.Member]
  private var known: [String] = []
  /// Members that were asked for; no name occurs twice.
  private var taken = 0

  /// - Throws: `invalid_request` where `body` is no object.
  package init(_ body: JSON) throws(WireError) {
    guard let members = body.object else {
      throw WireError(.invalidRequest, "the request must be a JSON object")
    }
    self.members = members
    known.reserveCapacity(8)
  }

  package mutating func value(_ name: String) -> JSON? {
    // Once every member was asked for, none is unknown, and nobody wants to hear which are known.
    guard taken < members.count else { return nil }
    known.append(name)
    guard let member = members.first(where: { $0.name == name }) else { return nil }
    taken += 1
    if case .null = member.value { return nil }
    return member.value
  }

  package mutating func string(_ name: String) throws(WireError) -> String? {
    guard let value = value(name) else { return nil }
    guard let string = value.string else { throw wrongType(name, "a string", value) }
    return string
  }

  package mutating func requiredString(_ name: String) throws(WireError) -> String {
    guard let value = try string(name) else {
      throw WireError(.invalidRequest, "\"\(name)\" is missing: it must be a string")
    }
    return value
  }

  package mutating func bool(_ name: String) throws(WireError) -> Bool? {
    guard let value = value(name) else { return nil }
    guard let bool = value.bool else { throw wrongType(name, "true or false", value) }
    return bool
  }

  package mutating func integer(
    _ name: String, in range: ClosedRange<Int>
  ) throws(WireError) -> Int? {
    guard let value = value(name) else { return nil }
    guard let number = value.number else { throw wrongType(name, "a whole number", value) }
    guard let integer = value.integer, range.contains(integer) else {
      let bounds = "from \(range.lowerBound) to \(range.upperBound)"
      throw WireError(
        .outOfRange, "\"\(name)\" must be a whole number \(bounds), not \(JSON.number(number))")
    }
    return integer
  }

  package mutating func requiredInteger(
    _ name: String, in range: ClosedRange<Int>
  ) throws(WireError) -> Int {
    guard let value = try integer(name, in: range) else {
      throw WireError(.invalidRequest, "\"\(name)\" is missing: it must be a whole number")
    }
    return value
  }

  package mutating func number(
    _ name: String, in range: ClosedRange<Double>
  ) throws(WireError) -> Double? {
    guard let value = value(name) else { return nil }
    guard let number = value.number else { throw wrongType(name, "a number", value) }
    guard range.contains(number) else {
      throw WireError(
        .outOfRange,
        "\"\(name)\" must be from \(range.lowerBound) to \(range.upperBound), not \(value)")
    }
    return number
  }

  /// - Throws: `unknown_field` where a member was never asked for.
  package func finish() throws(WireError) {
    if taken == members.count { return }
    for member in members where !known.contains(member.name) {
      let names = known.isEmpty ? "none" : known.sorted().joined(separator: ", ")
      throw WireError(.unknownField, "unknown field \"\(member.name)\"; known here: \(names)")
    }
  }

  private func wrongType(_ name: String, _ wanted: String, _ value: JSON) -> WireError {
    WireError(.invalidRequest, "\"\(name)\" must be \(wanted), not \(value.kind)")
  }
}
