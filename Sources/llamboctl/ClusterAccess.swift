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
    do throws(ConfigError) {
      return try ClusterConfig.load(configPath)
    } catch {
      throw ControlError(error.description, .configuration)
    }
  }

  /// The state that a running, or a dead, orchestrator left; nil where there is none.
  func state(of config: ClusterConfig) throws(ControlError) -> ClusterState? {
    do {
      guard let bytes = try PrivateFile(config.stateFile).read() else { return nil }
      return try ClusterState(body: try JSON.parse(bytes.span))
    } catch {
      throw ControlError("the state file \(config.stateFile) cannot be used: \(error)", .dataError)
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
      throw ControlError("no cluster is running: start one with llamboctl init", .unavailable)
    }
    do throws(LineClient.Failure) {
      return try LineClient(to: address)
    } catch {
      throw ControlError(
        "no orchestrator answers on \(address): start one with llamboctl init (\(error))",
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
    guard line.kind != .error else { throw ControlError(WireError(body: line.body).message) }
    return line.body
  }
}
