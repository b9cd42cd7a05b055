import CLlama

/// What contexts must have in common for one to take the other's cells.
struct CellLayout: Sendable, Equatable {
  /// ggml's number of the keys' type.
  var keyType: UInt32
  /// ggml's number of the values' type.
  var valueType: UInt32
  /// Sequences that the context was made for.
  var sequences: UInt32

  /// In a person's words: "Q8_0 cells of 4 sequences".
  var text: String {
    let key = GGMLType.numbered(keyType)?.name ?? "\(keyType)"
    let value = GGMLType.numbered(valueType)?.name ?? "\(valueType)"
    return "\(key == value ? key : "\(key) and \(value)") cells of \(sequences) sequences"
  }
}

extension LlamaContext {
  var layout: CellLayout {
    let layout = cllama_context_layout(pointer)
    return CellLayout(
      keyType: layout.key_type, valueType: layout.value_type, sequences: layout.sequences)
  }

  /// Whether all cells are what they are said to be: after a shift or a copy, only once something
  /// was decoded.
  var isSettled: Bool { cllama_context_is_settled(pointer) }

  /// Bytes that a sequence's cells take in a state.
  func stateSize(of sequence: Int) -> Int {
    cllama_sequence_state_size(pointer, Int32(sequence))
  }

  /// The cells of a sequence that holds `tokens`.
  ///
  /// - Throws: `decode_failed` with llama.cpp's own reason, `model_not_found` where the model's
  ///   file cannot be read any more.
  func state(
    of sequence: Int, holding tokens: [Token], note: [UInt8] = [], model: Model
  ) throws(LlamaError) -> SequenceState {
    let origin = SequenceState.Origin(model: try model.fingerprint, layout: layout)
    guard !tokens.isEmpty else {
      return SequenceState(tokens: [], origin: origin, note: note, cells: [])
    }
    let size = stateSize(of: sequence)
    var error = CText()
    var complete = false
    let cells = [UInt8](unsafeUninitializedCapacity: size) { bytes, count in
      complete =
        size > 0
        && cllama_sequence_state_get(
          pointer, Int32(sequence), bytes.baseAddress, size, &error.raw)
      count = complete ? size : 0
    }
    guard complete else {
      throw LlamaError(.decodeFailed, "the state cannot be saved: \(error.string)")
    }
    return SequenceState(tokens: tokens, origin: origin, note: note, cells: cells)
  }

  /// Refuses a state of another model or of cells that do not fit here.
  ///
  /// - Throws: `state_invalid`; `context_full` where it has more tokens than `capacity`.
  func check(_ state: SequenceState, model: Model, capacity: Int) throws(LlamaError) {
    guard state.origin.model == (try model.fingerprint) else {
      throw SequenceState.invalid("it is of another model than \(model.name)")
    }
    guard state.origin.layout == layout else {
      throw SequenceState.invalid("it has \(state.origin.layout.text); here are \(layout.text)")
    }
    guard state.tokens.count <= capacity else {
      throw LlamaError(
        .contextFull, "the state has \(state.tokens.count) tokens; the context holds \(capacity)")
    }
    guard state.tokens.allSatisfy({ $0 >= 0 && $0 < model.vocabularySize }) else {
      throw SequenceState.invalid("it has tokens that the model does not know")
    }
  }

  /// Puts a state that was checked in place of what a sequence holds. Where that fails the sequence
  /// is empty.
  ///
  /// - Throws: `state_invalid` with llama.cpp's own reason.
  func restore(_ state: SequenceState, in sequence: Int) throws(LlamaError) {
    guard !state.tokens.isEmpty else { return clear(sequence: sequence) }
    var error = CText()
    guard
      cllama_sequence_state_set(
        pointer, Int32(sequence), state.cells, state.cells.count, &error.raw)
    else { throw SequenceState.invalid(error.string) }
    let end = end(sequence: sequence)
    guard end == state.tokens.count else {
      clear(sequence: sequence)
      throw SequenceState.invalid("it has cells of \(end) tokens, not of \(state.tokens.count)")
    }
  }
}
