import LlamboIO
import Testing

struct SHA256Tests {
  private func hash(_ bytes: [UInt8], inPartsOf size: Int) -> String {
    var hash = SHA256()
    var rest = bytes[...]
    while !rest.isEmpty {
      rest.prefix(size).withUnsafeBytes { hash.add($0) }
      rest = rest.dropFirst(size)
    }
    return hash.finish()
  }

  /// The examples of FIPS 180-2, appendix B, and of the empty text.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      String(repeating: "a", count: 1_000_000),
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    ),
  ])
  func hashesAreTheStandards(_ text: String, _ expected: String) {
    #expect(hash(Array(text.utf8), inPartsOf: 1 << 16) == expected)
  }

  @Test func partsDoNotMatter() {
    for length in [1, 55, 56, 63, 64, 65, 119, 120, 127, 128, 1000] {
      let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37) }
      let whole = hash(bytes, inPartsOf: length)
      for size in [1, 7, 63, 64, 65] { #expect(hash(bytes, inPartsOf: size) == whole) }
    }
  }
}
