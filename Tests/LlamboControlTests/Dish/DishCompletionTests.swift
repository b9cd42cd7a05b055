import LlamboTerminal
import Testing

@testable import LlamboControl

/// What Tab offers in dish.
struct DishCompletionTests {
  private func words(_ before: String, _ word: String = "") -> [String] {
    guard case .words(let words) = DishCompletion.offer(before, word) else { return [] }
    return words.filter { $0.hasPrefix(word) }
  }

  @Test func theFirstWordIsACommand() {
    #expect(words("", "st") == ["status"])
    #expect(words("", "q") == ["quit"])
    #expect(Set(["help", "exit", "ask", "init"]).isSubset(of: words("")))
    #expect(!words("").contains("dish"))
  }

  @Test func aCommandIsFollowedByItsSubcommandsAndOptions() {
    #expect(words("nodes ", "l") == ["list"])
    #expect(words("help ", "no") == ["nodes"])
    #expect(words("help nodes ") == words("nodes "))
    #expect(words("spawn ", "--c") == ["--count", "--config"])
    #expect(words("spawn ", "--h") == ["--help"])
    #expect(words("nodes list ", "--j") == ["--json"])
  }

  @Test func anOptionIsOfferedOnceAndItsValueIsItsOwn() {
    #expect(words("spawn --count 3 ", "--cou") == [])
    #expect(words("spawn --count ") == [])
    #expect(DishCompletion.offer("status --config ", "") == .files)
    #expect(DishCompletion.offer("status -c ", "cl") == .files)
  }
}
