/// Makes text sayable: names taken apart, acronyms spelled, and words of your own said your way.
///
/// Prepared text stays what it is when it is prepared again, but for mappings that make new words
/// of their own kind.
public struct Pronunciation: Sendable, Equatable {
  /// What to say for what is written. Case counts. The longest that fits is taken, where it stands
  /// as whole words; what it gives is not looked at again.
  public var mappings: [String: String]

  /// A way of speaking with these mappings.
  public init(mappings: [String: String] = [:]) {
    self.mappings = mappings
  }

  /// The text as it is to be said.
  ///
  /// - Mappings come first.
  /// - Words are parted at underscores, where a small letter meets a capital, and where letters
  ///   meet digits: `getHTTPResponse` → `get H-T-T-P Response`, `snake_case2` → `snake case 2`.
  ///   Ordinals stay whole: `2nd`.
  /// - Acronyms are spelled: two or three capitals (`API` → `A-P-I`, `URLs` → `U-R-L-s`), and
  ///   longer ones that nobody can say, having no vowel or three consonants in a row (`HTML` →
  ///   `H-T-M-L`). `NASA` is a word.
  /// - Numbers, code between backquotes, addresses (`https://…`, `a@b.c`) and all other
  ///   characters stay as they are.
  public func prepare(_ text: String) -> String {
    prepare(text, splittingWords: true)
  }

  /// The text with its mappings said, and nothing else changed.
  public func applyMappings(_ text: String) -> String {
    prepare(text, splittingWords: false)
  }

  private func prepare(_ text: String, splittingWords: Bool) -> String {
    let entries = sortedMappings
    let characters = Array(text)
    var spoken = ""
    var at = 0
    while at < characters.count {
      if let (length, replacement) = mapping(at: at, in: characters, entries) {
        spoken += replacement
        at += length
        continue
      }
      let end = splittingWords ? SpokenWord.end(at: at, in: characters) : at
      guard end > at else {
        spoken.append(characters[at])
        at += 1
        continue
      }
      let run = characters[at..<end]
      spoken += run.allSatisfy(\.isPartOfWord) ? SpokenWord(run).text : String(run)
      at = end
    }
    return spoken
  }

  /// The longest first, so that a word is never taken for the beginning of a longer one.
  private var sortedMappings: [(written: [Character], said: String)] {
    mappings.filter { !$0.key.isEmpty }
      .map { (written: Array($0.key), said: $0.value) }
      .sorted { ($0.written.count, String($1.written)) > ($1.written.count, String($0.written)) }
  }

  private func mapping(
    at start: Int, in characters: [Character], _ entries: [(written: [Character], said: String)]
  ) -> (length: Int, said: String)? {
    func isBoundary(_ at: Int) -> Bool {
      at == 0 || at == characters.count
        || !(characters[at - 1].isPartOfWord && characters[at].isPartOfWord)
    }
    guard !entries.isEmpty, isBoundary(start) else { return nil }
    let entry = entries.first {
      characters[start...].starts(with: $0.written) && isBoundary(start + $0.written.count)
    }
    return entry.map { ($0.written.count, $0.said) }
  }
}

extension Character {
  var isPartOfWord: Bool { isLetter || isNumber || self == "_" }
}
