#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A GGUF file's bytes in order, checked against its end, with a fixed buffer: the file may have
/// many gigabytes.
struct GGUFInput: ~Copyable {
  /// What errors call the file.
  let path: String
  /// Bytes of the whole file.
  let size: UInt64
  /// Where the next byte comes from; at most `size`.
  private(set) var position: UInt64 = 0

  private let source: Source
  private var buffer: [UInt8] = []
  private var bufferStart: UInt64 = 0

  /// Bytes that one read of the file takes.
  static let bufferSize = 1 << 16

  private enum Source {
    case file(Int32)
    case memory
  }

  init(path: String, name: String) throws(LlamaError) {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    var info = stat()
    guard file >= 0, fstat(file, &info) == 0 else {
      let reason = Files.lastError
      if file >= 0 { close(file) }
      throw LlamaError(.modelNotFound, "\(name): \(reason)")
    }
    self.path = name
    size = UInt64(max(info.st_size, 0))
    source = .file(file)
  }

  /// The bytes as if a file of that path held them.
  init(path: String, bytes: [UInt8]) {
    self.path = path
    size = UInt64(bytes.count)
    source = .memory
    buffer = bytes
  }

  deinit {
    if case .file(let file) = source { close(file) }
  }

  var remaining: UInt64 { size - position }

  /// The error of a file that ends before what its header describes does.
  func truncated(_ what: String, end: UInt64) -> LlamaError {
    LlamaError(
      .modelTruncated,
      "\(path) is cut short: it has \(size) bytes of at least \(end), which \(what) needs")
  }

  func damaged(_ message: String) -> LlamaError {
    LlamaError(.modelDamaged, "\(path) is damaged: \(message)")
  }

  func unsupported(_ message: String) -> LlamaError {
    LlamaError(.modelUnsupported, "\(path): \(message)")
  }

  /// Checks that `count` more bytes are there.
  func need(_ count: UInt64, for what: @autoclosure () -> String) throws(LlamaError) {
    guard count > remaining else { return }
    let (end, overflow) = position.addingReportingOverflow(count)
    guard !overflow else { throw damaged("\(what()) has \(count) bytes") }
    throw truncated(what(), end: end)
  }

  mutating func skip(_ count: UInt64, for what: @autoclosure () -> String) throws(LlamaError) {
    try need(count, for: what())
    position += count
  }

  /// Goes to a place that was read before, or to the end.
  mutating func seek(to position: UInt64) {
    precondition(position <= size, "seek past the end")
    self.position = position
  }

  /// A little-endian number.
  mutating func number<Number: FixedWidthInteger>(
    _ type: Number.Type = Number.self, for what: @autoclosure () -> String
  ) throws(LlamaError) -> Number {
    let count = MemoryLayout<Number>.size
    try need(UInt64(count), for: what())
    try fill(count)
    let start = Int(position - bufferStart)
    position += UInt64(count)
    return buffer.withUnsafeBytes {
      Number(littleEndian: $0.loadUnaligned(fromByteOffset: start, as: Number.self))
    }
  }

  mutating func bytes(
    _ count: Int, for what: @autoclosure () -> String
  ) throws(LlamaError)
    -> [UInt8]
  {
    try need(UInt64(count), for: what())
    try fill(count)
    let start = Int(position - bufferStart)
    position += UInt64(count)
    return Array(buffer[start..<start + count])
  }

  /// Makes `count` bytes from the position on lie in the buffer; they are in the file.
  private mutating func fill(_ count: Int) throws(LlamaError) {
    guard case .file(let file) = source else { return }
    if position >= bufferStart, position - bufferStart + UInt64(count) <= UInt64(buffer.count) {
      return
    }
    let wanted = Int(min(remaining, UInt64(max(count, Self.bufferSize))))
    let place = position
    var failure: String?
    buffer = [UInt8](unsafeUninitializedCapacity: wanted) { bytes, filled in
      while filled < wanted {
        let got = pread(
          file, bytes.baseAddress! + filled, wanted - filled, off_t(place) + off_t(filled))
        if got < 0, errno == EINTR { continue }
        if got < 0 { failure = Files.lastError }
        guard got > 0 else { break }
        filled += got
      }
    }
    bufferStart = place
    if let failure { throw LlamaError(.modelNotFound, "\(path): \(failure)") }
    guard buffer.count >= count else { throw truncated("what it had", end: size) }
  }
}
