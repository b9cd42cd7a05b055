import CLlama

/// Text that a `cllama` function allocates: its result, or why there is none.
struct CText: ~Copyable {
  var raw = cllama_text()

  deinit {
    var raw = raw
    cllama_text_free(&raw)
  }

  /// The text; malformed UTF-8 becomes U+FFFD.
  var string: String {
    guard let bytes = raw.bytes else { return "" }
    return String(
      decoding: UnsafeRawBufferPointer(start: bytes, count: raw.count), as: UTF8.self)
  }
}
