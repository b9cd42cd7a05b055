import LlamboJSON

/// Bytes as they arrive, lines as they are whole.
///
/// A line beyond the limit is dropped up to its newline while it arrives, so that its memory is
/// bounded and the lines after it are still understood.
package struct LineBuffer: Sendable {
  /// What `next` found.
  package enum Event: Equatable, Sendable {
    case line
    /// A line passed the limit; what follows its newline is intact.
    case tooLong
  }

  private var bytes: [UInt8] = []
  /// Where the first line not yet taken starts.
  private var start = 0
  /// Up to where `bytes` has been searched for a newline.
  private var searched = 0
  private var current = 0..<0
  private var discarding = false
  private let limit: Int

  /// - Parameter limit: the longest line, in bytes without its newline.
  package init(limit: Int) { self.limit = limit }

  /// Bytes held that are no whole line yet.
  package var pending: Int { bytes.count - start }

  package mutating func append(_ new: UnsafeRawBufferPointer) {
    if start == bytes.count {
      bytes.removeAll(keepingCapacity: true)
      start = 0
      searched = 0
    } else if start > 1 << 16 {
      bytes.removeSubrange(..<start)
      searched -= start
      start = 0
    }
    bytes.append(contentsOf: new)
  }

  package mutating func append(_ text: String) {
    var text = text
    text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
  }

  /// Moves to the next event; nil when more bytes are needed.
  package mutating func next() -> Event? {
    guard let newline = bytes.span.firstIndex(of: UInt8(ascii: "\n"), from: searched) else {
      searched = bytes.count
      if discarding || bytes.count - start > limit {
        discarding = true
        start = bytes.count
      }
      return nil
    }
    let line = start..<newline
    start = newline + 1
    searched = start
    if discarding || line.count > limit {
      discarding = false
      return .tooLong
    }
    current = line
    return .line
  }

  /// The bytes of the line that `next` found last, without the newline; valid until the buffer is
  /// changed.
  package func withLine<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
    body(bytes.span.extracting(current))
  }
}
