/// A command line that its definition does not allow.
public struct UsageError: Error, Sendable, Equatable {
  /// The kind of mistake.
  public struct Code: Sendable, Hashable {
    private enum Kind {
      case unknownOption, unknownCommand, missingCommand, missingValue, unexpectedValue
      case invalidValue, repeatedOption, missingOption, conflictingOptions
      case missingArgument, unexpectedArgument
    }
    private let kind: Kind

    public static let unknownOption = Code(kind: .unknownOption)
    public static let unknownCommand = Code(kind: .unknownCommand)
    public static let missingCommand = Code(kind: .missingCommand)
    /// An option that takes a value stands without one.
    public static let missingValue = Code(kind: .missingValue)
    /// A flag was given a value.
    public static let unexpectedValue = Code(kind: .unexpectedValue)
    public static let invalidValue = Code(kind: .invalidValue)
    public static let repeatedOption = Code(kind: .repeatedOption)
    public static let missingOption = Code(kind: .missingOption)
    public static let conflictingOptions = Code(kind: .conflictingOptions)
    public static let missingArgument = Code(kind: .missingArgument)
    public static let unexpectedArgument = Code(kind: .unexpectedArgument)
  }

  /// The status a program exits with on this error: `EX_USAGE` of sysexits.h.
  public static let exitStatus: Int32 = 64

  public var code: Code
  /// What is wrong, naming the option and the text as they were given.
  public var message: String
  /// What to do about it.
  public var hint: String?

  public init(_ code: Code, _ message: String, hint: String? = nil) {
    self.code = code
    self.message = message
    self.hint = hint
  }
}

extension UsageError: CustomStringConvertible {
  /// Message and hint in one line.
  public var description: String {
    hint.map { "\(message); \($0)" } ?? message
  }
}
