import LlamboCommand
import LlamboConfig
import LlamboTerminal

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// What limbot does where no cluster runs: it starts one here, if that is wanted.
struct ClusterOffer {
  /// Milliseconds that the workers may take to come up.
  private static let patience: Int64 = 120_000

  let access: ClusterAccess
  /// Start it without a question.
  let isAccepted: Bool

  /// - Throws: where there is no cluster, and none is wanted or comes up.
  func ensureCluster() throws(ControlError) {
    let missing: ControlError
    do throws(ControlError) {
      _ = try access.connect()
      return
    } catch {
      missing = error
    }
    guard missing.status == .unavailable, !access.isElsewhere else { throw missing }
    if !isAccepted {
      guard Program.isTerminal(STDIN_FILENO), Program.isTerminal(STDOUT_FILENO) else {
        throw ControlError("\(missing.message), or give --start", .unavailable)
      }
      guard try isWanted(missing) else { throw missing }
    }
    Program.log(try ClusterStart(access, timeout: Self.patience).run())
  }

  private func isWanted(_ missing: ControlError) throws(ControlError) -> Bool {
    let name = try access.config().id
    _ = Program.put("No cluster is running. Start \(name) here? [y/N] ")
    var input = ScriptInput()
    guard case .line(let answer) = input.next() else {
      _ = Program.put("\n")
      return false
    }
    return ["y", "yes"].contains(trimmed(answer).lowercased())
  }
}
