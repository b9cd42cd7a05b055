import LlamboCommand
import LlamboIO
import LlamboTerminal
import LlamboWire

extension ChatSession {
  /// How often one question is asked anew where its orchestrator went away.
  private static let reconnections = 3

  /// Asks with what was said before, and takes the answer into the conversation. Where there is
  /// none, says why, and the question stays unanswered.
  mutating func answer(_ question: String) {
    _ = Interrupt.take()
    unanswered = question
    do {
      try answerInSpiteOfLosses(question)
    } catch let error as ControlError {
      complain("\(error.message); /retry asks again")
    } catch let error as WireError {
      complain(error.description)
    } catch {
      link.drop()
      complain("the answer broke off: \(error); /retry asks again")
    }
    _ = Interrupt.take()
  }

  /// Asks the last question again; its answer stays where there is no new one.
  mutating func retry() {
    if let unanswered { return answer(unanswered) }
    guard let last = conversation.turns.last else {
      return complain("nothing was asked yet")
    }
    let before = conversation
    conversation.removeLast()
    answer(last.question)
    if unanswered != nil {
      conversation = before
      unanswered = nil
    }
  }

  private mutating func answerInSpiteOfLosses(_ question: String) throws {
    var losses = 0
    while true {
      do {
        return try answerOnce(question)
      } catch let error as LineClient.Failure {
        losses += 1
        guard losses <= Self.reconnections, !Interrupt.isWanted else { throw error }
        note("The connection is lost: \(error). Waiting for the orchestrator; Ctrl-C gives up.")
        try link.reconnect()
        note("Connected again; asking once more.")
      }
    }
  }

  private mutating func answerOnce(_ question: String) throws {
    var first = try firstTurn(asking: question)
    while true {
      do {
        return try stream(question, from: first)
      } catch let error as WireError where error.code.name == "prompt_too_long" {
        // A cluster that does not tell its prompts' length, or nodes that differ.
        guard first < conversation.turns.count else { throw error }
        first += 1
      }
    }
  }

  /// The oldest turn that fits the context together with all after it, the question and room for
  /// its answer.
  private mutating func firstTurn(asking question: String) throws -> Int {
    _ = try link.connected()
    let first = conversation.leftOut
    guard let size = link.contextSize else { return first }
    let window = ContextWindow(size: size, answer: settings.answerTokens)
    return try window.firstTurn(of: conversation.turns.count, from: first) { turn in
      try link.tokens(of: conversation.messages(asking: question, from: turn))
    }
  }

  private mutating func leaveOut(before first: Int) {
    guard first > conversation.leftOut else { return }
    conversation.leftOut = first
    let turns = first == 1 ? "The oldest turn is" : "The oldest \(first) turns are"
    note("\(turns) left out from here on, for want of context; /history shows it.")
  }

  private mutating func stream(_ question: String, from first: Int) throws {
    let request = settings.request(conversation.messages(asking: question, from: first))
    var wrap = WordWrap(width: isInteractive ? Terminal.width : nil)
    var isWritten = true
    var isBegun = false
    do {
      let completion = try link.stream(request) { part in
        isBegun = isBegun || !part.isEmpty
        isWritten = isWritten && Program.put(wrap.take(Program.harmless(part)))
        return isWritten
      }
      put(wrap.end() + "\n")
      note(summary(of: completion))
      defer { if isInteractive { put("\n") } }
      if completion.finishReason == .cancelled, completion.tokenCount == 0 { return }
      leaveOut(before: first)
      conversation.turns.append(.init(question: question, answer: completion.text))
      unanswered = nil
    } catch {
      if isBegun { put(wrap.end() + "\n") }
      throw error
    }
  }
}
