/// The word that `typed` was probably meant to be: the one with the fewest slips of the
/// finger, or else the only one it begins. Nil where none is close.
///
/// A slip is a letter added, lost, changed, or swapped with its neighbour (the restricted
/// Damerau–Levenshtein distance); a word may bear one for every three of its letters. Case is
/// ignored. Of equally close words the first one is taken.
package func nearestWord(to typed: String, in words: some Sequence<String>) -> String? {
  let letters = Array(typed.lowercased())
  guard (1...longestComparedWord).contains(letters.count) else { return nil }
  var best: (word: String, slips: Int)?
  var begun: [String] = []
  for word in words {
    let candidate = Array(word.lowercased())
    guard candidate.count <= longestComparedWord else { continue }
    let slips = slips(from: letters, to: candidate)
    let allowed = max(1, max(letters.count, candidate.count) / 3)
    // One slip would turn any single letter into any other.
    if slips <= allowed, slips < candidate.count, slips < best?.slips ?? .max {
      best = (word, slips)
    }
    if letters.count >= 3, candidate.starts(with: letters) { begun.append(word) }
  }
  return best?.word ?? (begun.count == 1 ? begun[0] : nil)
}

/// Bounds the work for a word that somebody else chose.
private let longestComparedWord = 64

private func slips(from typed: [Character], to word: [Character]) -> Int {
  var beforePrevious = [Int](repeating: 0, count: word.count + 1)
  var previous = Array(0...word.count)
  var current = beforePrevious
  for i in 1...typed.count {
    current[0] = i
    for j in stride(from: 1, through: word.count, by: 1) {
      let changed = previous[j - 1] + (typed[i - 1] == word[j - 1] ? 0 : 1)
      current[j] = min(changed, previous[j] + 1, current[j - 1] + 1)
      if i > 1, j > 1, typed[i - 1] == word[j - 2], typed[i - 2] == word[j - 1] {
        current[j] = min(current[j], beforePrevious[j - 2] + 1)
      }
    }
    (beforePrevious, previous, current) = (previous, current, beforePrevious)
  }
  return previous[word.count]
}
