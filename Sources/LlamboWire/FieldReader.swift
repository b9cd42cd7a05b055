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
      try refuseSlip(of: name)
      throw Self.missing(name, "a string")
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
      try refuseSlip(of: name)
      throw Self.missing(name, "a whole number")
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
      for name in known { try refuse(member, asSlipOf: name) }
      let names = known.isEmpty ? "none" : known.sorted().joined(separator: ", ")
      throw WireError(.unknownField, "unknown field \"\(member.name)\"; known here: \(names)")
    }
  }

  package static func missing(_ name: String, _ wanted: String) -> WireError {
    WireError(.invalidRequest, "\"\(name)\" is missing: it must be \(wanted)")
  }

  /// Says of a field that is missing that it is there, but misspelt.
  ///
  /// - Throws: `unknown_field` where a member's name is one slip away from `name`.
  private func refuseSlip(of name: String) throws(WireError) {
    for member in members where !known.contains(member.name) {
      try refuse(member, asSlipOf: name)
    }
  }

  private func refuse(_ member: JSON.Member, asSlipOf name: String) throws(WireError) {
    guard isSlip(member.name, of: name) else { return }
    throw WireError(.unknownField, "unknown field \"\(member.name)\"; did you mean \"\(name)\"?")
  }

  private func wrongType(_ name: String, _ wanted: String, _ value: JSON) -> WireError {
    WireError(.invalidRequest, "\"\(name)\" must be \(wanted), not \(value.kind)")
  }
}

/// Whether a letter was added to a word, lost, changed, or swapped with its neighbour.
private func isSlip(_ typed: String, of word: String) -> Bool {
  var typed = Array(typed.utf8)[...]
  var word = Array(word.utf8)[...]
  while let first = typed.first, first == word.first {
    typed.removeFirst()
    word.removeFirst()
  }
  while let last = typed.last, last == word.last {
    typed.removeLast()
    word.removeLast()
  }
  switch (typed.count, word.count) {
  case (0...1, 0...1): return true
  case (2, 2): return typed.elementsEqual(word.reversed())
  default: return false
  }
}
