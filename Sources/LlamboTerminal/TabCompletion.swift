import CEdit
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// What Tab offers for a line of words.
package enum TabCompletion: Equatable, Sendable {
  /// Those of these words that begin like the one under the cursor.
  case words([String])
  /// Names of files.
  case files

  /// - Parameters:
  ///   - before: the line up to the word under the cursor.
  ///   - word: that word, up to the cursor.
  package typealias Offer = @Sendable (_ before: String, _ word: String) -> TabCompletion

  private static let offer = Mutex<Offer>({ _, _ in .words([]) })
  private static let matches = Mutex<[String]>([])

  static func install(_ offer: @escaping Offer) {
    self.offer.withLock { $0 = offer }
    cedit_set_completion { word, start, _ in
      let typed = word.map { String(cString: $0) } ?? ""
      let line = String(cString: cedit_line())
      let before = String(decoding: line.utf8.prefix(max(0, Int(start))), as: UTF8.self)
      let offer = TabCompletion.offer.withLock { $0 }
      guard case .words(let words) = offer(before, typed) else {
        cedit_complete_files(1)
        return nil
      }
      cedit_complete_files(0)
      TabCompletion.matches.withLock { $0 = words.filter { $0.hasPrefix(typed) } }
      return rl_completion_matches(word) { _, state in
        let match = TabCompletion.matches.withLock {
          $0.indices.contains(Int(state)) ? $0[Int(state)] : nil
        }
        return match.flatMap { strdup($0) }
      }
    }
  }
}
