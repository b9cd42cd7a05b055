/// A configuration that cannot be used, with everything found wrong in it.
package struct ConfigError: Error, Sendable, Equatable {
  /// At least one and at most `ConfigLimits.problems`, in the order of the file.
  package var problems: [ConfigProblem]
  /// How many more there are.
  package var omitted: Int

  /// Keeps the first problems in the order of the file. There must be at least one.
  init(_ problems: [ConfigProblem]) {
    let sorted = problems.sorted { ($0.position ?? .start) < ($1.position ?? .start) }
    self.problems = Array(sorted.prefix(ConfigLimits.problems))
    omitted = sorted.count - self.problems.count
  }

  init(_ problem: ConfigProblem) { self.init([problem]) }
}

extension ConfigError: CustomStringConvertible {
  /// A line for each problem.
  package var description: String {
    var lines = problems.map(\.description)
    if omitted > 0 { lines.append("… and \(omitted) more") }
    return lines.joined(separator: "\n")
  }
}

/// One thing wrong with a configuration.
package struct ConfigProblem: Sendable, Equatable {
  /// The kind of problem.
  package struct Code: Sendable, Hashable {
    private enum Kind {
      case unreadable, tooLarge, notUTF8, syntax, unsupported, empty, severalDocuments
      case unknownKey, duplicateKey, missingKey, wrongType, invalidValue, contradiction
      case modelNotFound
    }
    private let kind: Kind

    /// The file is missing, no file, or may not be read.
    package static let unreadable = Code(kind: .unreadable)
    /// Past one of `ConfigLimits`.
    package static let tooLarge = Code(kind: .tooLarge)
    package static let notUTF8 = Code(kind: .notUTF8)
    /// Not YAML.
    package static let syntax = Code(kind: .syntax)
    /// YAML, but a part of it that is not understood here: anchors, aliases, tags.
    package static let unsupported = Code(kind: .unsupported)
    package static let empty = Code(kind: .empty)
    package static let severalDocuments = Code(kind: .severalDocuments)
    package static let unknownKey = Code(kind: .unknownKey)
    package static let duplicateKey = Code(kind: .duplicateKey)
    package static let missingKey = Code(kind: .missingKey)
    /// A mapping, list or single value where another of them belongs.
    package static let wrongType = Code(kind: .wrongType)
    /// Of the wrong form or out of range.
    package static let invalidValue = Code(kind: .invalidValue)
    /// Two values that cannot both be.
    package static let contradiction = Code(kind: .contradiction)
    /// No file answers to a node type's model.
    package static let modelNotFound = Code(kind: .modelNotFound)
  }

  package var code: Code
  /// As the file was named when it was read.
  package var file: String
  /// Nil where the problem is with the file as a whole.
  package var position: ConfigPosition?
  package var message: String
  /// What to do about it.
  package var hint: String?
}

extension ConfigProblem: CustomStringConvertible {
  /// `FILE:LINE:COLUMN: MESSAGE; HINT`.
  package var description: String {
    let place = position.map { ":\($0.line):\($0.column)" } ?? ""
    return "\(file)\(place): \(message)" + (hint.map { "; \($0)" } ?? "")
  }
}

/// A place in a file.
package struct ConfigPosition: Sendable, Hashable, Comparable {
  /// From 1.
  package var line: Int
  /// From 1, in Unicode scalars.
  package var column: Int

  static let start = ConfigPosition(line: 1, column: 1)

  package static func < (a: Self, b: Self) -> Bool { (a.line, a.column) < (b.line, b.column) }
}
