/// A command line that its definition does not allow.
package struct UsageError: Error, Sendable, Equatable {
  /// The kind of mistake.
  package struct Code: Sendable, Hashable {
    private enum Kind {
      case unknownOption, unknownCommand, missingCommand, missingValue, unexpectedValue
      case invalidValue, repeatedOption, missingOption, conflictingOptions
      case missingArgument, unexpectedArgument
    }
    private let kind: Kind

    package static let unknownOption = Code(kind: .unknownOption)
    package static let unknownCommand = Code(kind: .unknownCommand)
    package static let missingCommand = Code(kind: .missingCommand)
    /// An option that takes a value stands without one.
    package static let missingValue = Code(kind: .missingValue)
    /// A flag was given a value.
    package static let unexpectedValue = Code(kind: .unexpectedValue)
    package static let invalidValue = Code(kind: .invalidValue)
    package static let repeatedOption = Code(kind: .repeatedOption)
    package static let missingOption = Code(kind: .missingOption)
    package static let conflictingOptions = Code(kind: .conflictingOptions)
    package static let missingArgument = Code(kind: .missingArgument)
    package static let unexpectedArgument = Code(kind: .unexpectedArgument)
  }

  /// The status a program exits with on this error: `EX_USAGE` of sysexits.h.
  package static let exitStatus: Int32 = 64

  package var code: Code
  /// What is wrong, naming the option and the text as they were given.
  package var message: String
  /// What to do about it.
  package var hint: String?
  /// The names of the subcommands that the line led to, whose help tells more.
  package internal(set) var path: [String] = []

  package init(_ code: Code, _ message: String, hint: String? = nil) {
    self.code = code
    self.message = message
    self.hint = hint
  }
}

extension UsageError: CustomStringConvertible {
  /// Message and hint in one line.
  package var description: String {
    hint.map { "\(message); \($0)" } ?? message
  }
}
