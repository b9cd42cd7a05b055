/// What a model has computed of some tokens, taken out of a context: to go on from there later, in
/// another process or on another machine, without computing the tokens again.
///
/// It goes into contexts of the same model and of the same kind: a conversation's into a
/// conversation, an engine's into an engine of as many slots.
public struct SequenceState: Sendable, Equatable {
  /// The tokens, from the sequence's beginning on.
  public let tokens: [Token]
  let origin: Origin
  /// What the owner keeps beside the cells; a conversation, its turns.
  let note: [UInt8]
  /// llama.cpp's own bytes; none where there are no tokens.
  let cells: [UInt8]

  /// Where cells fit.
  struct Origin: Sendable, Equatable {
    /// `Model.fingerprint`.
    var model: UInt64
    var layout: CellLayout
  }

  /// Bytes of the serialized state.
  public var byteCount: Int { Self.headerSize + tokens.count * 4 + note.count + cells.count }

  /// What a state's way from one process to another takes at most: saving, checksums, a file in
  /// memory, restoring.
  public static let carriedBytesPerMillisecond = 200_000

  static func timeToCarry(_ bytes: Int) -> Duration {
    .milliseconds(1) + .microseconds(bytes * 1000 / carriedBytesPerMillisecond)
  }

  // The header: magic (8 bytes), version, key type, value type and sequences (4 bytes each), model,
  // number of tokens, bytes of note, bytes of cells and checksum (8 bytes each), little-endian. The
  // tokens (4 bytes each), the note and the cells follow.
  static let headerSize = 64
  private static let magic = Array("LLAMBOKV".utf8)
  private static let version: UInt32 = 1

  init(tokens: [Token], origin: Origin, note: [UInt8] = [], cells: [UInt8]) {
    self.tokens = tokens
    self.origin = origin
    self.note = note
    self.cells = cells
  }

  /// The state as bytes that `init(bytes:)` reads, on machines of the same byte order.
  public func serialize() -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(byteCount)
    func append(_ number: some FixedWidthInteger) {
      withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }
    bytes += Self.magic
    append(Self.version)
    append(origin.layout.keyType)
    append(origin.layout.valueType)
    append(origin.layout.sequences)
    append(origin.model)
    append(UInt64(tokens.count))
    append(UInt64(note.count))
    append(UInt64(cells.count))
    append(UInt64(0))
    for token in tokens { append(token) }
    bytes += note
    bytes += cells
    let sum = Self.checksum(bytes)
    withUnsafeBytes(of: sum.littleEndian) { sum in
      bytes.replaceSubrange(Self.headerSize - 8..<Self.headerSize, with: sum)
    }
    return bytes
  }

  /// Reads what `serialize` made.
  ///
  /// Damage is found: bytes that are missing, that are too many, or that changed. A checksum is no
  /// seal, though: bytes that somebody else could have written must not be restored.
  ///
  /// - Throws: `state_invalid`.
  public init(bytes: [UInt8]) throws(LlamaError) {
    func number<Number: FixedWidthInteger>(_ at: Int, _ type: Number.Type = Number.self) -> Number {
      bytes.withUnsafeBytes {
        Number(littleEndian: $0.loadUnaligned(fromByteOffset: at, as: Number.self))
      }
    }
    guard bytes.count >= Self.headerSize, bytes.starts(with: Self.magic) else {
      throw Self.invalid("the bytes are no saved state")
    }
    let version = number(8, UInt32.self)
    guard version == Self.version else {
      throw Self.invalid("it has version \(version), not \(Self.version)")
    }
    // No sum of these overflows: each is at most the number of bytes.
    let counts = [number(32, UInt64.self), number(40, UInt64.self), number(48, UInt64.self)]
    guard counts.allSatisfy({ $0 <= UInt64(bytes.count) }) else {
      throw Self.invalid("it is cut short or damaged: it has \(bytes.count) bytes")
    }
    let tokenBytes = Int(counts[0]) * 4
    let needed = Self.headerSize + tokenBytes + Int(counts[1]) + Int(counts[2])
    guard bytes.count == needed else {
      throw Self.invalid("it has \(bytes.count) bytes, not \(needed)")
    }
    guard number(56, UInt64.self) == Self.checksum(bytes) else {
      throw Self.invalid("its checksum is wrong: bytes of it changed")
    }
    let noteStart = Self.headerSize + tokenBytes
    let cellStart = noteStart + Int(counts[1])
    self.init(
      tokens: (0..<Int(counts[0])).map { number(Self.headerSize + $0 * 4) },
      origin: Origin(
        model: number(24),
        layout: CellLayout(keyType: number(12), valueType: number(16), sequences: number(20))),
      note: Array(bytes[noteStart..<cellStart]), cells: Array(bytes[cellStart...]))
  }

  static func invalid(_ message: String) -> LlamaError {
    LlamaError(.stateInvalid, "the state does not do: \(message)")
  }

  /// The sum of all bytes but its own place.
  private static func checksum(_ bytes: [UInt8]) -> UInt64 {
    bytes.withUnsafeBytes { bytes in
      var sum = Checksum()
      sum.add(UnsafeRawBufferPointer(rebasing: bytes[..<(headerSize - 8)]))
      sum.add(UnsafeRawBufferPointer(rebasing: bytes[headerSize...]))
      return sum.value
    }
  }
}
