import LlamboCommand

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// How things are shown to people: colour only where a terminal shows it and nobody said
/// `NO_COLOR`.
enum Terminal {
  enum Style: String {
    case bold = "1"
    case dim = "2"
    case green = "32"
    case yellow = "33"
    case red = "31"
  }

  static let showsColour = Program.isTerminal(STDOUT_FILENO) && mayColour
  private static let mayColour =
    (getenv("NO_COLOR").map { $0.pointee == 0 } ?? true)
    && movesCursor
  /// What `TERM` says; set to nothing, it says nothing good.
  static let movesCursor =
    !["dumb", ""].contains(getenv("TERM").map { String(cString: $0) } ?? "")

  static func styled(_ text: String, _ style: Style) -> String {
    showsColour ? "\u{1b}[\(style.rawValue)m\(text)\u{1b}[0m" : text
  }

  /// A prompt for a line editor, which must not count what is no character: such stands between
  /// the bytes 1 and 2.
  static func prompt(_ text: String) -> String {
    showsColour
      ? "\u{1}\u{1b}[\(Style.bold.rawValue)m\u{2}\(text)\u{1}\u{1b}[0m\u{2} " : text + " "
  }

  /// Columns of the terminal that standard output is; nil where it is none.
  static var width: Int? {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  /// Writes to standard output at once; false where nobody reads it any more.
  static func write(_ text: String) -> Bool { Program.put(text) }

  /// Text of a model as a terminal may see it.
  static func harmless(_ text: String) -> String { Program.harmless(text) }

  /// Columns as wide as their widest cell, two spaces apart.
  static func table(_ rows: [[String]], rightAligned: Set<Int> = []) -> String {
    let columns = rows.first?.count ?? 0
    let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = row.indices.map { column in
        let padding = String(repeating: " ", count: widths[column] - row[column].count)
        return rightAligned.contains(column) ? padding + row[column] : row[column] + padding
      }
      var line = cells.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line + "\n"
    }.joined()
  }

  /// A table of which a terminal that is too narrow shows the first columns.
  ///
  /// - Parameters:
  ///   - least: columns that are there in any case.
  ///   - width: the terminal's; nil for all columns of the table.
  static func fittingTable(
    _ rows: [[String]], rightAligned: Set<Int>, keeping least: Int, width: Int?
  ) -> String {
    var rows = rows
    while true {
      let text = table(rows, rightAligned: rightAligned)
      let longest = text.split(separator: "\n").map(\.count).max() ?? 0
      let columns = rows.first?.count ?? 0
      guard let width, longest > width, columns > least else { return text }
      rows = rows.map { $0.dropLast() }
    }
  }

  /// Words and what they mean, in two columns, the second broken between words at the width.
  ///
  /// - Parameter width: the terminal's; nil for lines of any length.
  static func glossary(_ rows: [(word: String, meaning: String)], width: Int?) -> String {
    let margin = (rows.map(\.word.count).max() ?? 0) + 2
    return rows.map { row in
      let padding = String(repeating: " ", count: margin - row.word.count)
      return row.word + padding + hanging(row.meaning, by: margin, width: width) + "\n"
    }.joined()
  }

  /// Text that begins at a column and goes on there in its further lines.
  static func hanging(_ text: String, by margin: Int, width: Int?) -> String {
    var wrap = WordWrap(width: width.map { max(20, $0 - margin) })
    let lines = (wrap.take(text) + wrap.end()).split(
      separator: "\n", omittingEmptySubsequences: false)
    return lines.joined(separator: "\n" + String(repeating: " ", count: margin))
  }

  /// 1234567 as "1,234,567".
  static func grouped(_ number: Int) -> String {
    var digits = String(number.magnitude)
    var groups: [String] = []
    while digits.count > 3 {
      groups.insert(String(digits.suffix(3)), at: 0)
      digits.removeLast(3)
    }
    return (number < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
  }

  /// Milliseconds as "850 ms", "12.3 s", "5 min 2 s" or "3 h 20 min".
  static func duration(_ milliseconds: Double) -> String {
    let seconds = Int(milliseconds / 1000)
    switch seconds {
    case 0: return "\(Int(milliseconds.rounded())) ms"
    case ..<60: return "\((milliseconds / 100).rounded() / 10) s"
    case ..<3600: return "\(seconds / 60) min \(seconds % 60) s"
    default: return "\(seconds / 3600) h \(seconds / 60 % 60) min"
    }
  }
}

/// A line on standard error that tells how far something is: rewritten in place on a terminal,
/// silent elsewhere.
struct Progress {
  private let isShown = Program.isTerminal(STDERR_FILENO)
  private var last = ""

  mutating func show(_ text: String) {
    guard isShown, text != last else { return }
    last = text
    put("\r\u{1b}[K\(text)")
  }

  mutating func clear() {
    if isShown, !last.isEmpty { put("\r\u{1b}[K") }
    last = ""
  }

  /// How much of a whole is done, as a bar of 20 cells.
  static func bar(_ done: Int, of whole: Int) -> String {
    let cells = whole == 0 ? 20 : min(20, done * 20 / whole)
    return "[" + String(repeating: "#", count: cells) + String(repeating: ".", count: 20 - cells)
      + "]"
  }

  private func put(_ text: String) {
    var text = text
    text.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
