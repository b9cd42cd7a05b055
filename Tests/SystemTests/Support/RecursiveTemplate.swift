import Foundation

/// The shipped model with a chat template that recurses without end, of the same length.
enum RecursiveTemplate {
  static func write(to path: String) throws {
    let shipped = "\(Programs.model)/Q8_0/llambo-tiny-q8_0.gguf"
    guard var bytes = FileManager.default.contents(atPath: shipped),
      let key = bytes.range(of: Data("tokenizer.chat_template".utf8))
    else { throw NeverHappened(description: "a chat template in \(shipped)") }
    // Behind the name stand the value's type and its length.
    let start = key.upperBound + 12
    let length = bytes[key.upperBound + 4..<start].reversed().reduce(0) { $0 << 8 | Int($1) }
    let template = "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}"
    let padding = String(repeating: " ", count: length - template.utf8.count)
    bytes.replaceSubrange(start..<start + length, with: Data((template + padding).utf8))
    try bytes.write(to: URL(fileURLWithPath: path))
  }
}
