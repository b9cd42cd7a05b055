import CLlama

/// What a context's memory lets itself be told.
extension LlamaContext {
  /// Forgets the cells of those positions; false, and nothing changed, where the memory gives up
  /// whole sequences only.
  func remove(_ positions: Range<Int>, sequence: Int) -> Bool {
    cllama_sequence_remove(
      pointer, Int32(sequence), Int32(positions.lowerBound), Int32(positions.upperBound))
  }

  /// Adds `delta` to those positions; false, and nothing changed, where the memory cannot.
  func shift(_ positions: Range<Int>, by delta: Int, sequence: Int) -> Bool {
    cllama_sequence_shift(
      pointer, Int32(sequence), Int32(positions.lowerBound), Int32(positions.upperBound),
      Int32(delta))
  }

  /// Whether the memory's cells can change their positions.
  var canShift: Bool { cllama_context_can_shift(pointer) }

  /// The position after a sequence's last cell.
  func end(sequence: Int) -> Int { Int(cllama_sequence_end(pointer, Int32(sequence))) }

  /// The logits after the batch's token at `index`: `count` of them, the vocabulary's size.
  func logits(at index: Int, count: Int) -> [Float] {
    guard let logits = cllama_logits(pointer, Int32(index)) else { return [] }
    return Array(UnsafeBufferPointer(start: logits, count: count))
  }
}
