import CLlama

extension Model {
  /// The tokens of a text.
  ///
  /// - Parameters:
  ///   - addSpecial: put the BOS and EOS tokens around them that the model is configured to have.
  ///   - parseSpecial: take the text of a special token, such as `<|im_end|>`, for that token
  ///     rather than for plain text.
  /// - Throws: `invalid_parameter` where the text has 2 GiB or more.
  public func tokenize(
    _ text: String, addSpecial: Bool = true, parseSpecial: Bool = true
  ) throws(LlamaError) -> [Token] {
    var text = text
    let tokens = text.withUTF8 { utf8 in
      utf8.withMemoryRebound(to: CChar.self) { bytes in
        tokenize(bytes, addSpecial: addSpecial, parseSpecial: parseSpecial)
      }
    }
    guard let tokens else {
      throw LlamaError(.invalidParameter, "a text of \(text.utf8.count) bytes has no tokens")
    }
    return tokens
  }

  private func tokenize(
    _ bytes: UnsafeBufferPointer<CChar>, addSpecial: Bool, parseSpecial: Bool
  ) -> [Token]? {
    // Hardly any text has more tokens than bytes, but for BOS and EOS.
    var capacity = Int32(clamping: bytes.count + 2)
    while true {
      var result: Int32 = 0
      let tokens = [Token](unsafeUninitializedCapacity: Int(capacity)) { buffer, count in
        result = cllama_tokenize(
          handle.pointer, bytes.baseAddress, bytes.count, buffer.baseAddress, capacity, addSpecial,
          parseSpecial)
        count = Int(max(result, 0))
      }
      if result >= 0 { return tokens }
      guard result != .min, -result > capacity else { return nil }
      capacity = -result
    }
  }

  /// The bytes of a token, which need not be whole characters.
  ///
  /// - Parameter renderSpecial: render a special token as its text; otherwise it has no bytes.
  public func piece(of token: Token, renderSpecial: Bool = false) -> [UInt8] {
    withPiece(of: token, renderSpecial: renderSpecial) { Array($0) }
  }

  /// `body` over the bytes of a token.
  func withPiece<Result>(
    of token: Token, renderSpecial: Bool = false, _ body: (UnsafeBufferPointer<UInt8>) -> Result
  ) -> Result {
    func attempt(_ capacity: Int) -> (needed: Int, result: Result?) {
      withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { buffer in
        let count = Int(
          cllama_token_piece(
            handle.pointer, token, buffer.baseAddress, Int32(capacity), renderSpecial))
        guard count >= 0 else { return (-count, nil) }
        return buffer.withMemoryRebound(to: UInt8.self) {
          (count, body(UnsafeBufferPointer(rebasing: $0[..<count])))
        }
      }
    }
    let first = attempt(64)
    if let result = first.result { return result }
    return attempt(first.needed).result ?? body(UnsafeBufferPointer(start: nil, count: 0))
  }

  /// Whether the model says with this token that its answer ends.
  public func isEndOfGeneration(_ token: Token) -> Bool {
    cllama_token_ends_generation(handle.pointer, token)
  }

  /// The text of tokens; malformed UTF-8 becomes U+FFFD.
  public func text(of tokens: some Sequence<Token>, renderSpecial: Bool = false) -> String {
    var assembler = UTF8Assembler()
    var text = ""
    for token in tokens {
      withPiece(of: token, renderSpecial: renderSpecial) { text += assembler.append($0) }
    }
    return text + assembler.finish()
  }
}
