/// A run of letters, digits and underscores, and the parts that it is said in.
struct SpokenWord {
  let parts: [Part]
  private let original: String

  struct Part: Equatable {
    var written: String
    var isAcronym: Bool
  }

  init(_ word: some Sequence<Character>) {
    let characters = Array(word)
    original = String(characters)
    parts = characters.split(separator: "_").flatMap { Self.split(Array($0)) }
  }

  /// How it is said; underscores alone stay.
  var text: String {
    parts.isEmpty ? original : parts.map(\.said).joined(separator: " ")
  }

  /// Where the word, code or address that begins at `start` ends; `start` where none does.
  static func end(at start: Int, in characters: [Character]) -> Int {
    let rest = characters[start...]
    if characters[start] == "`" {
      let close = rest.dropFirst().firstIndex(of: "`")
      return close.map { $0 + 1 } ?? start
    }
    guard characters[start].isPartOfWord else { return start }
    let chunk = rest.prefix { !$0.isWhitespace }
    if isAddress(chunk) { return chunk.endIndex }
    return rest.prefix(while: \.isPartOfWord).endIndex
  }

  private static func isAddress(_ chunk: ArraySlice<Character>) -> Bool {
    let text = String(chunk)
    if text.contains("://") { return true }
    let sides = text.split(separator: "@", omittingEmptySubsequences: false)
    return sides.count == 2 && !sides[0].isEmpty && sides[1].dropFirst().dropLast().contains(".")
  }

  /// The parts of a word without underscores.
  private static func split(_ word: [Character]) -> [Part] {
    var parts: [Part] = []
    var start = 0
    for at in 1...max(1, word.count) where at == word.count || isJoint(at, in: word) {
      let part = word[start..<at]
      parts.append(Part(written: String(part), isAcronym: isAcronym(part)))
      start = at
    }
    return parts
  }

  private static func isJoint(_ at: Int, in word: [Character]) -> Bool {
    let left = word[at - 1]
    let right = word[at]
    if left.isNumber != right.isNumber { return !isOrdinal(at, in: word) }
    guard left.isLetter, right.isLetter else { return false }
    if left.isLowercase, right.isUppercase { return true }
    // HTTPResponse: the last of several capitals begins the next word, unless it is URLs.
    guard left.isUppercase, right.isUppercase, at + 1 < word.count, word[at + 1].isLowercase
    else { return false }
    return !isPlural(word[at...])
  }

  private static func isPlural(_ tail: ArraySlice<Character>) -> Bool {
    let end = tail.dropFirst().prefix { $0.isLowercase }
    let next = end.endIndex
    return end.elementsEqual("s") && (next == tail.endIndex || !tail[next].isLowercase)
  }

  private static func isOrdinal(_ at: Int, in word: [Character]) -> Bool {
    word[at - 1].isNumber && word[..<at].allSatisfy(\.isNumber)
      && ["st", "nd", "rd", "th"].contains(String(word[at...]).lowercased())
  }

  private static func isAcronym(_ part: ArraySlice<Character>) -> Bool {
    var letters = part
    if letters.count > 2, letters.last == "s" { letters = letters.dropLast() }
    guard letters.count > 1, letters.allSatisfy({ $0.isLetter && $0.isUppercase }) else {
      return false
    }
    return letters.count < 4 || !letters.contains(where: \.isVowel)
      || longestConsonantRun(letters) > 2
  }

  static func longestConsonantRun(_ letters: some Sequence<Character>) -> Int {
    var longest = 0
    var run = 0
    for letter in letters {
      run = letter.isConsonant ? run + 1 : 0
      longest = max(longest, run)
    }
    return longest
  }
}

extension SpokenWord.Part {
  var said: String {
    isAcronym ? written.map { String($0) }.joined(separator: "-") : written
  }
}

extension Character {
  /// A, e, i, o, u and y; of letters beyond ASCII every one, since what is hard about them is
  /// another matter.
  var isVowel: Bool { isLetter && (!isASCII || "aeiouyAEIOUY".contains(self)) }

  var isConsonant: Bool { isLetter && !isVowel }
}
