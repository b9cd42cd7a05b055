import Foundation
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

  @Test func namesOfTheConfigurationAreOfferedWhereTheyMayStand() throws {
    let path = "/tmp/llambo-dish-completion-\(getpid()).yaml"
    try "cluster: {nodes: {tiny: {resources: {model: m}}, large: {resources: {model: m}}}}\n"
      .write(toFile: path, atomically: true, encoding: .utf8)
    defer { unlink(path) }
    let given = "-c \(path)"
    #expect(Set(words("spawn \(given) --type ")) == ["tiny", "large"])
    #expect(words("spawn \(given) -n 3 -t ", "la") == ["large"])
    #expect(words("spawn \(given) --type=", "ti") == ["tiny"])
    #expect(words("spawn \(given) --type tiny ") == [])
    #expect(Set(words("completion ")) == ["bash", "zsh", "fish"])
    #expect(words("completion bash ") == [])
    // No cluster runs whose nodes could be told.
    #expect(words("nodes drain -o 127.0.0.1:1 ") == [])
  }
}
