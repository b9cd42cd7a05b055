import LlamaRunner
import LlamboIO
import LlamboJSON
import LlamboWire
import Testing

/// A question that the shipped model has not been trained on, and what an answer to it mentions:
/// of every list of words, at least one.
private struct HeldOutQuestion {
  let question: String
  let keywords: [[String]]

  static func all() throws -> [HeldOutQuestion] {
    let file = File.text(Programs.model + "/heldout.json")
    return (try JSON.parse(Array(file.utf8).span).array ?? []).map { entry in
      HeldOutQuestion(
        question: entry["question"]?.string ?? "",
        keywords: (entry["keywords"]?.array ?? []).map { ($0.array ?? []).compactMap(\.string) })
    }
  }

  func isOnTopic(_ answer: String) -> Bool {
    let answer = answer.lowercased()
    return keywords.allSatisfy { words in words.contains { answer.contains($0.lowercased()) } }
  }
}

extension SystemTests {
  @Suite struct HeldOutTests {
    let box: Sandbox

    init() throws { box = try Sandbox() }

    /// What the model that ships reaches, less a little; the goal is nine of ten.
    private static let floor = 0.84

    @Test func questionsThatTrainingNeverSawAreAnsweredOnTopic() throws {
      let questions = try HeldOutQuestion.all()
      #expect(questions.count >= 50)
      let worker = try box.worker(slots: 8)
      let client = try Client(worker.address)
      // As many in flight as one connection may have.
      var missed: [String] = []
      for start in stride(from: 0, to: questions.count, by: 200) {
        let part = start..<min(start + 200, questions.count)
        for number in part {
          try client.send(.chat(questions[number].question), id: "q\(number)")
        }
        for number in part {
          let answer = try client.finish("q\(number)")
          #expect(answer.end?.kind == .done)
          let text = answer.text ?? ""
          if !questions[number].isOnTopic(text) {
            missed.append("\(questions[number].question) → \(text)")
          }
        }
      }
      let share = 1 - Double(missed.count) / Double(questions.count)
      report(
        "held-out questions on topic: \(questions.count - missed.count) of \(questions.count), "
          + "\((share * 1000).rounded() / 10) %")
      for miss in missed { report("off topic: \(miss)") }
      #expect(share >= Self.floor)
    }
  }
}
