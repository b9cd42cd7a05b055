/// What a vocabulary must be for llama.cpp: above all, no token may occur twice.
enum GGUFVocabulary {
  static func check(_ reader: inout GGUFReader) throws(LlamaError) {
    let name = reader.values["tokenizer.ggml.model"]?.text
    guard name != "no_vocab", name != "none" else {
      throw reader.input.unsupported("it has no vocabulary")
    }
    guard case .array(let tokens)? = reader.values["tokenizer.ggml.tokens"], tokens.kind == .text
    else { return }
    guard (1...GGUFLimits.tokens).contains(tokens.count) else {
      throw reader.input.damaged("its vocabulary has \(tokens.count) tokens")
    }
    for (key, what) in [("scores", "scores"), ("token_type", "types")] {
      guard case .array(let array)? = reader.values["tokenizer.ggml.\(key)"] else { continue }
      guard array.count >= tokens.count else {
        throw reader.input.damaged("\(tokens.count) tokens have \(array.count) \(what)")
      }
    }
    try checkUnique(tokens, &reader.input)
  }

  /// A token's hash and where its length lies in the file.
  private struct Entry {
    let hash: UInt64
    let offset: UInt64
    let index: UInt64
  }

  private static func checkUnique(
    _ tokens: GGUFArray, _ input: inout GGUFInput
  ) throws(LlamaError) {
    var entries: [Entry] = []
    entries.reserveCapacity(Int(tokens.count))
    input.seek(to: tokens.offset)
    for index in 0..<tokens.count {
      let offset = input.position
      let text = try text(index, &input)
      entries.append(Entry(hash: hash(text), offset: offset, index: index))
    }
    entries.sort { ($0.hash, $0.index) < ($1.hash, $1.index) }
    var start = 0
    for end in 1...entries.count
    where end == entries.count || entries[end].hash != entries[start].hash {
      if end - start > 1 { try checkDifferent(entries[start..<end], &input) }
      start = end
    }
  }

  /// Tokens of one hash that are yet different ones are few.
  private static func checkDifferent(
    _ entries: ArraySlice<Entry>, _ input: inout GGUFInput
  ) throws(LlamaError) {
    var texts: Set<[UInt8]> = []
    for entry in entries {
      input.seek(to: entry.offset)
      let text = try text(entry.index, &input)
      guard texts.insert(text).inserted else {
        throw input.damaged("the token \"\(String(decoding: text, as: UTF8.self))\" occurs twice")
      }
    }
  }

  /// A token as llama.cpp reads it: up to a zero byte, and with a name of its own where it is empty.
  private static func text(_ index: UInt64, _ input: inout GGUFInput) throws(LlamaError) -> [UInt8]
  {
    let length: UInt64 = try input.number(for: "a token")
    guard length <= GGUFLimits.tokenBytes else {
      throw input.damaged("the token \(index) has \(length) bytes")
    }
    var text = try input.bytes(Int(length), for: "a token")
    if let zero = text.firstIndex(of: 0) { text.removeSubrange(zero...) }
    return text.isEmpty ? Array("[EMPTY_\(index)]".utf8) : text
  }

  /// FNV-1a.
  private static func hash(_ bytes: [UInt8]) -> UInt64 {
    bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}
