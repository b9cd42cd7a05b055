import LlamboCommand
import LlamboConfig
import LlamboIO

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A person's edit of the configuration: a copy beside the file, which takes its place when it is
/// sound.
struct ConfigEdit {
  enum Outcome {
    case unchanged
    case replaced
  }

  private let access: ClusterAccess
  private let path: String
  private let copy: PrivateFile
  private let before: [UInt8]

  /// - Parameter access: tells which file.
  init(_ access: ClusterAccess) throws(ControlError) {
    self.access = access
    path = access.configPath
    // Beside it, so that relative paths lead from both to the same files.
    let name = path.hasSuffix(".yaml") ? String(path.dropLast(5)) : path
    copy = PrivateFile("\(name).edit-\(Program.processID).yaml")
    before = try Self.bytes(path)
    guard before.count <= ConfigLimits.fileBytes else {
      throw ControlError("\(path) is larger than \(ConfigLimits.fileBytes) bytes", .configuration)
    }
  }

  /// Opens the copy in the person's editor until it is sound, or the person gives up.
  func run() throws(ControlError) -> Outcome {
    do throws(SystemError) {
      try copy.replace(with: before)
    } catch {
      throw ControlError(
        "cannot edit \(path): no copy can be written beside it: "
          + String(cString: strerror(error.code)), .osError)
    }
    while true {
      let after = try edit()
      if after == before {
        copy.remove()
        return .unchanged
      }
      if let mistakes = mistakes() {
        Program.log("llamboctl: \(mistakes)")
        if wantsToGoOn() { continue }
        throw ControlError(
          "\(path) stays as it was; the edited copy, with its mistakes, is \(copy.path).\n\(wayOn)",
          .configuration)
      }
      try replace(with: after)
      return .replaced
    }
  }

  // MARK: Steps

  /// What a person can do with a copy that did not take the file's place.
  private var wayOn: String {
    let (copy, path) = (ClusterAccess.quoted(copy.path), ClusterAccess.quoted(path))
    return """
        Mend it and check it:   llamboctl config --validate --config \(copy)
        Put it in place:        mv \(copy) \(path) && \(access.command("config --reload"))
        Or begin anew:          rm \(copy), and \(access.command("config --edit"))
      """
  }

  /// - Returns: what the copy holds afterwards.
  private func edit() throws(ControlError) -> [UInt8] {
    let words = try editor()
    let status: Int32
    do throws(SystemError) {
      status = try ForegroundProcess.run(words + [copy.path]).code
    } catch {
      copy.remove()
      throw ControlError(
        "\(error.description): name an editor in $VISUAL or $EDITOR", .osError)
    }
    let after = try Self.bytes(copy.path)
    guard status == 0 else {
      let ended = "the editor \(words[0]) ended with status \(status), so \(path) stays as it was"
      if after == before {
        copy.remove()
        throw ControlError(ended)
      }
      throw ControlError("\(ended); the edited copy is \(copy.path).\n\(wayOn)")
    }
    return after
  }

  /// The editor and its options: words between spaces, for no shell reads them.
  private func editor() throws(ControlError) -> [String] {
    for variable in ["VISUAL", "EDITOR"] {
      let text = getenv(variable).map { String(cString: $0) } ?? ""
      let words = text.split(separator: " ").map(String.init)
      if !words.isEmpty { return words }
    }
    return ["vi"]
  }

  /// What is wrong with the copy; nil where a cluster could start with it.
  private func mistakes() -> String? {
    do throws(ConfigError) {
      let config = try ClusterConfig.load(copy.path)
      for type in config.nodeTypes { _ = try config.modelPath(of: type) }
      return nil
    } catch {
      return error.description
    }
  }

  private func wantsToGoOn() -> Bool {
    guard Program.isTerminal(STDIN_FILENO), Program.isTerminal(STDERR_FILENO) else { return false }
    var question = "Edit it again? [Y/n] "
    question.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    guard let answer = readLine() else { return false }
    return !answer.lowercased().hasPrefix("n")
  }

  /// Puts the copy's content in the file's place as a whole, also where a symbolic link leads there.
  private func replace(with after: [UInt8]) throws(ControlError) {
    guard try Self.bytes(path) == before else {
      throw ControlError(
        "\(path) was changed by somebody else meanwhile, and stays so; the edited copy is "
          + copy.path)
    }
    guard let resolved = realpath(path, nil) else {
      throw ControlError(
        "\(SystemError("find \(path)")); the edited copy is \(copy.path)", .osError)
    }
    let target = String(cString: resolved)
    free(resolved)
    var status = stat()
    let mode = stat(target, &status) == 0 ? status.st_mode & 0o777 : 0o600
    do throws(SystemError) {
      try PrivateFile(target).replace(with: after, mode: mode)
    } catch {
      throw ControlError("\(error.description); the edited copy is \(copy.path)", .osError)
    }
    copy.remove()
  }

  private static func bytes(_ path: String) throws(ControlError) -> [UInt8] {
    do throws(ConfigError) {
      return try ClusterConfig.bytes(of: path)
    } catch {
      throw ControlError(error.description, .configuration)
    }
  }

}
