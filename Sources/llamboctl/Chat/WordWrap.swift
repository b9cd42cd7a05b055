/// Breaks a text between its words, at the width of a terminal, while it still comes in parts.
struct WordWrap {
  /// Columns of a line; nil leaves the text as it is.
  let width: Int?
  private var column = 0
  /// A word whose end has not come yet, and the spaces before it.
  private var word = ""
  private var spaces = ""

  init(width: Int?) { self.width = width }

  /// Takes a part, and gives what can be shown of the text by now.
  mutating func take(_ part: String) -> String {
    guard width != nil else { return part }
    var shown = ""
    for character in part {
      switch character {
      case "\n":
        shown += endWord() + "\n"
        column = 0
        spaces = ""
      case " ":
        if !word.isEmpty { shown += endWord() }
        spaces.append(character)
      default: word.append(character)
      }
    }
    return shown
  }

  /// What is left at the text's end.
  mutating func end() -> String {
    defer { self = WordWrap(width: width) }
    return endWord()
  }

  /// The word with what comes before it: its spaces, or a new line where it does not fit.
  private mutating func endWord() -> String {
    defer {
      word = ""
      spaces = ""
    }
    let length = Self.columns(of: word)
    if column > 0, let width, column + spaces.count + length > width {
      column = length
      return "\n" + word
    }
    column += spaces.count + length
    return spaces + word
  }

  /// Columns that a terminal gives a text: two for the characters of East Asia and pictures, after
  /// the blocks of Unicode.
  static func columns(of text: String) -> Int {
    text.reduce(0) { columns, character in
      let value = character.unicodeScalars.first?.value ?? 0
      let isWide =
        switch value {
        case 0x1100...0x115f, 0x2e80...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f,
          0xff00...0xff60, 0xffe0...0xffe6, 0x1f300...0x1faff, 0x20000...0x3fffd:
          true
        default: false
        }
      return columns + (isWide ? 2 : 1)
    }
  }
}
