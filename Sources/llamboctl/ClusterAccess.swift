import LlamboCommand
import LlamboConfig
import LlamboIO
import LlamboJSON
import LlamboWire

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Where the cluster is that a command is about.
struct ClusterAccess {
  /// Milliseconds to wait for a short answer.
  static let patience: Int64 = 10_000

  private let arguments: Arguments

  init(_ arguments: Arguments) { self.arguments = arguments }

  /// The configuration's path: as asked for, else in the working directory, else in LLAMBO_ROOT.
  var configPath: String {
    let path = arguments.text("--config")
    guard path == "cluster-config.yaml", access(path, F_OK) != 0, let root = getenv("LLAMBO_ROOT")
    else { return path }
    return String(cString: root) + "/" + path
  }

  func config() throws(ControlError) -> ClusterConfig {
    let path = configPath
    do throws(ConfigError) {
      return try ClusterConfig.load(path)
    } catch {
      // Not where it was asked for by name: then that name is what is wrong.
      let isElsewhere = !arguments.wasGiven("--config") && access(path, F_OK) != 0
      let hint =
        isElsewhere
        ? "; run it in the checkout, or name one with --config, CLUSTER_CONFIG or LLAMBO_ROOT" : ""
      throw ControlError(error.description + hint, .configuration)
    }
  }

  /// - Throws: where a model of a node type is not there.
  func checkModels(of config: ClusterConfig) throws(ControlError) {
    do throws(ConfigError) {
      for type in config.nodeTypes { _ = try config.modelPath(of: type) }
    } catch {
      throw ControlError(error.description, .configuration)
    }
  }

  /// The command of this program with these words, for the same configuration: what a person is
  /// to type.
  func command(_ words: String) -> String {
    guard arguments.wasGiven("--config") else { return "llamboctl \(words)" }
    return "llamboctl \(words) --config \(Self.quoted(arguments.text("--config")))"
  }

  /// A path as a word of a shell.
  static func quoted(_ path: String) -> String {
    let plain = path.utf8.allSatisfy { byte in
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        || (UInt8(ascii: "+")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "_")
        || byte >= 0x80
    }
    return plain ? path : "'" + path.replacing("'", with: "'\\''") + "'"
  }

  /// Why a file of the cluster that the configuration describes cannot be used.
  func unusable(_ file: PrivateFile, _ error: SystemError) -> ControlError {
    guard file.isOfAnotherUser else { return ControlError(error.description, .osError) }
    return ControlError(
      "cannot use \(file.path): another user's cluster uses it; give state_file and listen of your "
        + "own in \(configPath)", .osError)
  }

  /// The state that a running, or a dead, orchestrator left; nil where there is none.
  func state(of config: ClusterConfig) throws(ControlError) -> ClusterState? {
    let file = PrivateFile(config.stateFile)
    let content: [UInt8]?
    do throws(SystemError) {
      content = try file.read()
    } catch {
      throw unusable(file, error)
    }
    guard let content else { return nil }
    do {
      return try ClusterState(body: try JSON.parse(content.span))
    } catch {
      throw ControlError(
        "the state file \(file.path) cannot be used: \(error); \(command("init")) writes it anew",
        .dataError)
    }
  }

  /// Whether the command line says where the orchestrator is, which then is none to start here.
  var isElsewhere: Bool { arguments.text(ifGiven: "--orchestrator") != nil }

  /// The orchestrator's address; nil where no cluster was started.
  func address() throws(ControlError) -> Address? {
    if let text = arguments.text(ifGiven: "--orchestrator") { return try parse(text) }
    guard let state = try state(of: try config()) else { return nil }
    return try parse(state.listen)
  }

  private func parse(_ text: String) throws(ControlError) -> Address {
    do throws(SystemError) {
      return try Address(text)
    } catch {
      throw ControlError(error.description, .usage)
    }
  }

  /// A connection to the orchestrator.
  func connect() throws(ControlError) -> LineClient {
    guard let address = try address() else {
      throw ControlError("no cluster is running: start one with \(command("init"))", .unavailable)
    }
    do throws(LineClient.Failure) {
      return try LineClient(to: address)
    } catch {
      throw ControlError(
        "no orchestrator answers on \(address): start one with \(command("init")) (\(error))",
        .unavailable)
    }
  }
}

extension LineClient {
  /// Sends one request and waits for its one line of answer.
  func ask(
    _ verb: Verb, _ body: JSON? = nil, timeout: Int64 = ClusterAccess.patience
  ) throws(ControlError) -> JSON {
    let line: Line
    do throws(Failure) {
      try send { $0.line(verb, body) }
      line = try receive(timeout: timeout)
    } catch {
      throw ControlError("the orchestrator: \(error)", .unavailable)
    }
    guard line.kind == .error else { return line.body }
    let error = WireError(body: line.body)
    // A name on the command line, as where the program itself finds that there is no such type.
    throw ControlError(error.message, error.code == .unknownType ? .usage : .failure)
  }
}
