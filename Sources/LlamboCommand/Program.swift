#if canImport(Glibc)
@preconcurrency import Glibc
#else
@preconcurrency import Darwin
#endif

/// The version of all the project's programs.
package let llamboVersion = "0.1.0"

/// What the programs' mains have in common: their arguments, their errors and their exits.
package enum Program {
  /// Exit statuses, after sysexits.h.
  package enum Status: Int32, Sendable {
    case ok = 0
    /// The answer was no: something is unhealthy, or an answer failed.
    case failure = 1
    case usage = 64
    case dataError = 65
    case unavailable = 69
    case osError = 71
    case configuration = 78
    /// As a shell has it for a program that Ctrl-C ended.
    case interrupted = 130
  }

  /// Reads the process's arguments; prints what `--help`, `--version` or a mistake asks for, and
  /// exits.
  package static func parse(_ definition: CommandDefinition) -> ParsedCommand {
    occupyStandardDescriptors()
    let line = Array(CommandLine.arguments.dropFirst())
    do throws(UsageError) {
      if let page = try definition.page(for: line) {
        print(page, terminator: "")
        end(.ok)
      }
      let command = try definition.parse(
        line,
        environment: { name in getenv(name).map { String(cString: $0) } })
      switch command.action {
      case .run: return command
      case .help:
        print(definition.helpText(path: command.path, width: terminalWidth()))
      case .version: print("\(definition.name) \(llamboVersion)")
      }
      end(.ok)
    } catch {
      let words = ([definition.name] + error.path).joined(separator: " ")
      fail(definition.name, "\(error)\nSee '\(words) --help'.", .usage)
    }
  }

  /// Says on standard error what went wrong, and exits.
  package static func fail(_ program: String, _ message: String, _ status: Status) -> Never {
    log("\(program): \(message)")
    end(status)
  }

  /// Writes out what is printed, and exits. What cannot be written is a failure, unless its reader
  /// went away and so wanted no more.
  package static func end(_ status: Status) -> Never { end(code: status.rawValue) }

  /// The same with a status that another program chose.
  package static func end(code: Int32) -> Never {
    if let reason = lossOfOutput() {
      log("the output could not be written: \(String(cString: strerror(reason)))")
      exit(Status.osError.rawValue)
    }
    exit(code)
  }

  /// One line on standard error, in one write, so that lines of several processes do not mix.
  package static func log(_ message: String) {
    var line = message + "\n"
    line.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }

  package static var processID: Int { Int(getpid()) }

  /// Whether a person looks at that descriptor.
  package static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  private static func terminalWidth() -> Int {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return min(Int(size.ws_col), 100)
  }
}
