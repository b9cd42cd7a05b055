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

    /// What a conversation has had before the question, and the share of the answers that must be on
    /// topic: nine of ten to a first question.
    private static let conversations: [(before: [String], least: Double)] = [
      ([], 0.9),
      (
        [
          "What is a node?",
          "A node is one member of a cluster: a computer, or a process on it, that does a share of "
            + "the work. In Llambo every worker is a node with its own model and slots.",
        ], 0.88
      ),
    ]

    @Test(arguments: conversations)
    func questionsThatTrainingNeverSawAreAnsweredOnTopic(
      _ before: [String], _ least: Double
    ) throws {
      let questions = try HeldOutQuestion.all()
      #expect(questions.count >= 50)
      let worker = try box.worker(slots: 8)
      let client = try Client(worker.address)
      // As many in flight as one connection may have.
      var missed: [String] = []
      for start in stride(from: 0, to: questions.count, by: 200) {
        let part = start..<min(start + 200, questions.count)
        for number in part {
          try client.send(.chat(questions[number].question, after: before), id: "q\(number)")
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
        "held-out questions on topic\(before.isEmpty ? "" : " behind another one"): "
          + "\(questions.count - missed.count) of \(questions.count), "
          + "\((share * 1000).rounded() / 10) %")
      for miss in missed { report("off topic: \(miss)") }
      #expect(share >= least)
    }
  }
}
