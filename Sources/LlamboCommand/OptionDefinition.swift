/// One option of a command, as data.
package struct OptionDefinition: Sendable, Hashable {
  /// What follows the option's name. The text is the value's name in help, such as `N`.
  package enum Value: Sendable, Hashable {
    /// Nothing: the option is there or not.
    case flag
    case text(String)
    /// A file or folder; as text, but a shell completes it.
    case path(String)
    /// One of these words.
    case choice(String, [String])
    case integer(String, ClosedRange<Int>)
    /// A finite decimal number.
    case number(String, ClosedRange<Double>)
  }

  /// With its dashes: `--count`.
  package var long: String
  /// With its dash: `-n`.
  package var short: String?
  package var value: Value
  /// One sentence; range, words, default and variable are added to it in help.
  package var help: String
  /// The value where neither the command line nor the environment gives one.
  package var defaultText: String?
  /// The environment variable read where the command line gives no value. Set but empty
  /// counts as unset.
  package var environment: String?
  package var isRequired: Bool
  /// May be given more than once; otherwise a second one is refused.
  package var isRepeatable: Bool
  /// Also understood by the command's subcommands.
  package var isInherited: Bool

  package init(
    _ long: String, _ short: String? = nil, _ value: Value = .flag, _ help: String,
    default defaultText: String? = nil, environment: String? = nil,
    isRequired: Bool = false, isRepeatable: Bool = false, isInherited: Bool = false
  ) {
    self.long = long
    self.short = short
    self.value = value
    self.help = help
    self.defaultText = defaultText
    self.environment = environment
    self.isRequired = isRequired
    self.isRepeatable = isRepeatable
    self.isInherited = isInherited
  }

  /// The value's name in help; nil for a flag.
  package var valueName: String? {
    switch value {
    case .flag: nil
    case .text(let name), .path(let name), .choice(let name, _), .integer(let name, _),
      .number(let name, _):
      name
    }
  }

  /// What the value must be, as an error says it after "must be"; nil where any text will do.
  package var requirement: String? {
    switch value {
    case .flag, .text, .path: nil
    case .choice(_, let words): oneOf(words)
    case .integer(_, let range): wholeNumber(in: range)
    case .number(_, let range): "a number \(bounds(range, -.infinity, .infinity))"
    }
  }

  /// The value is one that the option takes.
  func accepts(_ text: String) -> Bool {
    switch value {
    case .flag: false
    case .text: true
    case .path: !text.isEmpty
    case .choice(_, let words): words.contains(text)
    case .integer(_, let range): Int(text).map(range.contains) ?? false
    case .number(_, let range):
      Double(text).map { $0.isFinite && range.contains($0) } ?? false
    }
  }

  var problems: [String] {
    var found: [String] = []
    if !long.hasPrefix("--") || long.count < 3 || long.contains("=") {
      found.append("\(long) is no long option name")
    }
    if let short, short.count != 2 || !short.hasPrefix("-") || short == "--" {
      found.append("\(short) is no short option name")
    }
    if let defaultText, !accepts(defaultText) {
      found.append("the default \"\(defaultText)\" of \(long) is none of its values")
    }
    if value == .flag, isRequired || isRepeatable || environment != nil {
      found.append("\(long) is a flag, so it has no value to require, repeat or look up")
    }
    return found
  }
}

func wholeNumber(in range: ClosedRange<Int>) -> String {
  "a whole number \(bounds(range, Int.min, Int.max))"
}

private func bounds<Number: Comparable>(
  _ range: ClosedRange<Number>, _ least: Number, _ greatest: Number
) -> String {
  switch (range.lowerBound == least, range.upperBound == greatest) {
  case (true, true): "of any size"
  case (false, true): "from \(range.lowerBound) up"
  case (true, false): "up to \(range.upperBound)"
  case (false, false): "from \(range.lowerBound) to \(range.upperBound)"
  }
}

/// The words as a sentence lists them: `a, b or c`.
func oneOf(_ words: [String]) -> String {
  guard let last = words.last, words.count > 1 else { return words.first ?? "" }
  return words.dropLast().joined(separator: ", ") + " or " + last
}
