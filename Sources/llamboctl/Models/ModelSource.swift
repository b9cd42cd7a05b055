import LlamboCommand

/// Where a model comes from.
enum ModelSource {
  case file(String)
  case address(String)

  /// A path, or an address of http, https or file.
  init(_ text: String) throws(ControlError) {
    let scheme = text.prefix { $0 != ":" }
    guard text.dropFirst(scheme.count).hasPrefix("://") else {
      self = .file(text)
      return
    }
    let rest = text.dropFirst(scheme.count + 3)
    switch scheme.lowercased() {
    case "http", "https":
      guard rest.first.map({ $0 != "/" }) ?? false else {
        throw ControlError("the address \(text) names no host", .usage)
      }
      self = .address(text)
    case "file":
      // The host may be left out, or be this one.
      let path = rest.hasPrefix("localhost/") ? rest.dropFirst("localhost".count) : rest
      guard path.hasPrefix("/"), let plain = Self.decoded(path) else {
        throw ControlError("the address \(text) names no file of this machine", .usage)
      }
      self = .file(plain)
    case let scheme:
      throw ControlError(
        "addresses of \(scheme) are not understood: give one of http, https or file, or a path",
        .usage)
    }
  }

  /// The last part of the path, without `.gguf`.
  var baseName: String {
    var path: Substring
    switch self {
    case .file(let text): path = text[...]
    case .address(let text): path = text[...].prefix { $0 != "?" && $0 != "#" }
    }
    if let slash = path.lastIndex(of: "/") { path = path[path.index(after: slash)...] }
    let name = if case .address = self { Self.decoded(path) ?? String(path) } else { String(path) }
    return name.lowercased().hasSuffix(".gguf") ? String(name.dropLast(5)) : name
  }

  /// Text with its `%XX` as the bytes that they stand for (RFC 3986, section 2.1); nil where one is
  /// none, or stands for a zero byte.
  private static func decoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      let digits = String(decoding: rest.prefix(2), as: UTF8.self)
      guard digits.count == 2, let value = UInt8(digits, radix: 16), value > 0 else { return nil }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// A name that is one part of a path, and a word in a configuration.
struct ModelName {
  let text: String

  /// - Throws: where it is no such name.
  init(_ text: String) throws(ControlError) {
    let isPlain = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
        UInt8(ascii: "."):
        true
      default: false
      }
    }
    guard isPlain, !text.isEmpty, text.utf8.count <= 100, !text.hasPrefix("."),
      !text.hasPrefix("-")
    else {
      throw ControlError(
        "\"\(text)\" cannot be a model's name: it must be letters, digits, '-', '_' and '.'; "
          + "give one with --name", .usage)
    }
    self.text = text
  }

  /// Of a file, without the quantization that the file's name may end in.
  init(ofFile baseName: String) throws(ControlError) {
    var name = baseName.lowercased()
    if let mark = name.lastIndex(where: { $0 == "-" || $0 == "." }), mark > name.startIndex {
      if Self.isQuantization(name[name.index(after: mark)...]) { name = String(name[..<mark]) }
    }
    try self.init(name)
  }

  /// Such as q4_k_m, iq2_xxs, tq1_0, f16 or bf16.
  private static func isQuantization(_ word: Substring) -> Bool {
    if ["f16", "f32", "fp16", "fp32", "bf16"].contains(word) { return true }
    let letters = word.prefix(while: \.isLetter)
    let rest = word.dropFirst(letters.count)
    return ["q", "iq", "tq"].contains(letters) && rest.first?.isNumber == true
      && rest.dropFirst().first.map { $0 == "_" } ?? true
  }
}
