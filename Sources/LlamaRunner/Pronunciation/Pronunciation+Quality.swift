extension Pronunciation {
  /// How well a text can be said as it is written, from 0 to 1; 1 where there is nothing to say.
  ///
  /// The text is parted at white space; punctuation around a word is not looked at. A word's
  /// quality is
  ///
  ///     q = max(0, 1 − 0.25·j − 0.35·a − 0.5·m − 0.15·c − 0.05·l − s)
  ///
  /// with j its hidden joints (underscores, camel case, letters against digits), a its acronyms
  /// that are not spelled, m its parts of two letters or more without a vowel, c the consonants
  /// past the third in the longest run of each of its parts, l the letters past the sixteenth in each of its parts,
  /// and s the share of its characters that are neither letters, digits, underscores nor one of
  /// `'’-.,:%/`. The text's quality is the mean of its words', weighted by their characters:
  ///
  ///     Q = Σ q·n / Σ n
  ///
  /// The weights are a rule of thumb, not a measurement. `prepare` takes j and a away.
  public static func quality(of text: String) -> Double {
    var sum = 0.0
    var count = 0
    for word in text.split(whereSeparator: \.isWhitespace) {
      let word = trimmed(word)
      guard !word.isEmpty else { continue }
      sum += quality(ofWord: word) * Double(word.count)
      count += word.count
    }
    return count == 0 ? 1 : sum / Double(count)
  }

  private static let edges: Set<Character> = [
    ".", ",", ";", ":", "!", "?", "-", "–", "—", "…", "'", "’", "‘", "\"", "“", "”", "(", ")",
    "[", "]",
  ]
  private static let insides: Set<Character> = ["'", "’", "-", ".", ",", ":", "%", "/"]

  private static func trimmed(_ word: Substring) -> Substring {
    let head = word.drop(while: edges.contains)
    guard let last = head.lastIndex(where: { !edges.contains($0) }) else { return "" }
    return head[...last]
  }

  private static func quality(ofWord word: Substring) -> Double {
    var penalty = 0.0
    for run in word.split(whereSeparator: { !$0.isPartOfWord }) {
      let underscores = run.split(separator: "_").count - 1
      let parts = SpokenWord(run).parts
      penalty += 0.25 * Double(max(parts.count - 1, underscores, run.contains("_") ? 1 : 0))
      for part in parts {
        if part.isAcronym {
          penalty += 0.35
          continue
        }
        penalty += self.penalty(ofPart: part.written)
      }
    }
    let strange = word.count { !$0.isPartOfWord && !insides.contains($0) }
    return max(0, 1 - penalty - Double(strange) / Double(word.count))
  }

  private static func penalty(ofPart part: String) -> Double {
    let letters = part.filter(\.isLetter)
    guard letters.count > 1, !isOrdinalEnding(part) else { return 0 }
    var penalty = letters.contains(where: \.isVowel) ? 0 : 0.5
    penalty += 0.15 * Double(max(0, SpokenWord.longestConsonantRun(letters) - 3))
    return penalty + 0.05 * Double(max(0, letters.count - 16))
  }

  private static func isOrdinalEnding(_ part: String) -> Bool { part.first?.isNumber == true }
}
