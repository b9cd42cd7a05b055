import Foundation

/// The shipped model, made unable to end an answer: whatever it generates goes on until
/// `max_tokens` or the context's end. It is for tests that need an answer to be under way.
///
/// What ends an answer, by its text or by the header's numbers, becomes an ordinary token, and a
/// NUL byte, which it never generates, takes that part. The header allows a longer context.
enum TirelessModel {
  static let contextSize = 8192

  static func write(to path: String) throws {
    let shipped = "\(Programs.model)/Q8_0/llambo-tiny-q8_0.gguf"
    guard var bytes = FileManager.default.contents(atPath: shipped) else {
      throw NeverHappened(description: "reading \(shipped)")
    }
    for text in ["<|im_end|>", "<|endoftext|>"] {
      while let found = bytes.range(of: Data(text.utf8)) {
        bytes[found.lowerBound + 2] = UInt8(ascii: "x")
      }
    }
    set("tokenizer.ggml.eos_token_id", to: 0, in: &bytes)
    set("tokenizer.ggml.eot_token_id", to: 0, in: &bytes)
    set("llama.context_length", to: UInt32(contextSize), in: &bytes)
    try bytes.write(to: URL(fileURLWithPath: path))
  }

  /// Changes a 32-bit number of the header: behind its name stand its type and its value.
  private static func set(_ name: String, to value: UInt32, in bytes: inout Data) {
    guard let found = bytes.range(of: Data(name.utf8)) else { return }
    let place = found.upperBound + 4
    withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(place..<place + 4, with: $0) }
  }
}
