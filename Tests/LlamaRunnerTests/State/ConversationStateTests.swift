import Foundation
import Testing

@testable import LlamaRunner

/// Conversations that go on from a saved state.
@Suite struct ConversationStateTests {
  let model: Model

  init() throws { model = try TestModel.load() }

  private func runner(
    _ options: StatefulOptions = StatefulOptions(system: "Answer briefly.")
  ) throws -> LlamaRunner {
    let runner = LlamaRunner(model: model)
    try runner.initStateful(TestModel.greedy(maxTokens: 30), options: options)
    return runner
  }

  private func otherModel(_ scratch: Scratch) throws -> Model {
    let path = try ModelMetadata.load(from: TestModel.folder).modelPath
    var file = try GGUFBuilder(of: [UInt8](try Data(contentsOf: URL(filePath: path))))
    file.set("general.name", text: "Another")
    return try Model(path: try scratch.write("other.gguf", Data(file.bytes())))
  }

  @Test(arguments: [StatefulOptions.Format.chat, .plain])
  func theRestoredOneGoesOnTokenByToken(format: StatefulOptions.Format) throws {
    let options = StatefulOptions(format: format, system: "Answer briefly.")
    let original = try runner(options)
    for question in ForgettingTests.questions.prefix(3) { try original.generateStateful(question) }
    let bytes = try original.saveState().serialize()

    let restored = try runner(options)
    try restored.generateStateful("This is forgotten.")
    try restored.restoreState(try SequenceState(bytes: bytes))
    #expect(try restored.contextTokens() == original.contextTokens())
    #expect(try restored.contextMessages() == original.contextMessages())
    for question in ForgettingTests.questions.suffix(2) {
      let expected = try original.generateStateful(question)
      #expect(try restored.generateStateful(question) == expected)
    }
    #expect(try restored.contextTokens() == original.contextTokens())
  }

  @Test func nothingOfWhatWasSavedIsComputedAgain() throws {
    let original = try runner()
    try original.generateStateful(ForgettingTests.questions[0])
    let state = try original.saveState()
    let restored = try runner()
    try restored.restoreState(state)
    let held = try restored.withConversation { ($0.memory.tokens, $0.memory.end) }
    #expect(held.0 == state.tokens)
    #expect(held.1 == state.tokens.count)
    #expect(try original.contextTokens().count - state.tokens.count <= 1)
  }

  @Test func aConversationThatNeverBeganIsSavedToo() throws {
    let state = try runner().saveState()
    #expect(state.tokens == [])
    let restored = try runner()
    try restored.generateStateful("This is forgotten.")
    try restored.restoreState(state)
    #expect(try restored.contextInfo().usedTokens == 0)
    let expected = try runner().generateStateful("What is a cluster?")
    #expect(try restored.generateStateful("What is a cluster?") == expected)
  }

  /// Cells that a shift moved in name only are moved before they are saved.
  @Test func aShiftedConversationIsSavedAsItIs() throws {
    let original = try runner()
    for question in ForgettingTests.questions { try original.generateStateful(question) }
    try original.gcContext(keepRecent: 100, method: .shift)
    let state = try original.saveState()
    let restored = try runner()
    for question in ForgettingTests.questions { try restored.generateStateful(question) }
    try restored.gcContext(keepRecent: 50, method: .shift)
    try restored.restoreState(state)
    let expected = try original.generateStateful("What is a node?")
    #expect(try restored.generateStateful("What is a node?") == expected)
  }

  @Test func aStateThatDoesNotFitChangesNothing() throws {
    let scratch = try Scratch()
    let original = try runner()
    try original.generateStateful("What is a cluster?")
    let before = try original.contextTokens()
    let state = try original.saveState()

    let stranger = LlamaRunner(model: try otherModel(scratch))
    try stranger.initStateful(
      TestModel.greedy(maxTokens: 30), options: StatefulOptions(system: "Answer briefly."))
    expectError(.stateInvalid) { try stranger.restoreState(state) }
    let other = try runner(StatefulOptions(system: "Answer at length."))
    expectError(.stateInvalid) { try other.restoreState(state) }
    let plain = try runner(StatefulOptions(format: .plain, system: "Answer briefly."))
    expectError(.stateInvalid) { try plain.restoreState(state) }
    let small = try runner(
      StatefulOptions(system: "Answer briefly.", contextSize: state.tokens.count - 2))
    expectError(.contextFull) { try small.restoreState(state) }
    expectError(.notInitialized) { try LlamaRunner(model: model).restoreState(state) }
    expectError(.notInitialized) { _ = try LlamaRunner(model: model).saveState() }

    // Cells that llama.cpp itself refuses, under a checksum that is right.
    for cells in [[], Array(state.cells.dropLast(5)), Array(state.cells.dropFirst(4))] {
      let torn = SequenceState(
        tokens: state.tokens, origin: state.origin, note: state.note, cells: cells)
      expectError(.stateInvalid) {
        try original.restoreState(try SequenceState(bytes: torn.serialize()))
      }
      #expect(try original.contextTokens() == before)
    }
    let fewer = SequenceState(
      tokens: state.tokens.dropLast(), origin: state.origin, note: state.note, cells: state.cells)
    expectError(.stateInvalid) { try original.restoreState(fewer) }

    let undisturbed = try runner()
    try undisturbed.generateStateful("What is a cluster?")
    let expected = try undisturbed.generateStateful("What is a node?")
    #expect(try original.generateStateful("What is a node?").text == expected.text)
  }

  @Test func anEnginesStateIsNoConversations() throws {
    let original = try runner()
    try original.generateStateful("What is a cluster?")
    let state = try original.saveState()
    let note = SequenceState(tokens: state.tokens, origin: state.origin, cells: state.cells)
    expectError(.stateInvalid) { try original.restoreState(note) }
  }

  @Test func samplesOfARealStateThatFlipAreRefused() throws {
    let original = try runner()
    try original.generateStateful("What is a cluster?")
    let bytes = try original.saveState().serialize()
    for place in stride(from: 0, to: bytes.count, by: 509) {
      var damaged = bytes
      damaged[place] ^= UInt8(1 << (place % 8))
      expectError(.stateInvalid) { try SequenceState(bytes: damaged) }
    }
  }
}
