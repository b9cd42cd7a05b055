#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Where lines come from.
package protocol LineInput {
  /// The next line without its end.
  mutating func next() -> InputEvent
}

/// What comes of waiting for a line.
package enum InputEvent: Equatable {
  case line(String)
  /// Ctrl-C instead of a line.
  case interrupted
  /// A line longer than a script may have; it is skipped.
  case tooLong
  case end
}

/// Lines of a file or a pipe.
package struct ScriptInput: LineInput {
  /// Most bytes of a line.
  package static let lineLimit = 1 << 20

  private var held: [UInt8] = []
  private var scanned = 0
  private var isEnded = false
  private var isSkipping = false

  package init() {}

  package mutating func next() -> InputEvent {
    while true {
      if let end = held[scanned...].firstIndex(of: UInt8(ascii: "\n")) {
        let line = held[..<end]
        defer {
          held.removeSubrange(...end)
          scanned = 0
        }
        if isSkipping {
          isSkipping = false
          return .tooLong
        }
        return .line(text(line))
      }
      if isEnded { return rest() }
      if held.count > Self.lineLimit {
        isSkipping = true
        held.removeAll(keepingCapacity: true)
      }
      scanned = held.count
      if !fill() { return .interrupted }
    }
  }

  private mutating func rest() -> InputEvent {
    defer {
      held = []
      scanned = 0
      isSkipping = false
    }
    if isSkipping { return .tooLong }
    return held.isEmpty ? .end : .line(text(held[...]))
  }

  private func text(_ line: ArraySlice<UInt8>) -> String {
    String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
  }

  /// Reads on; false where a signal ended the wait.
  private mutating func fill() -> Bool {
    let chunk = 1 << 16
    var count = 0
    let read = [UInt8](unsafeUninitializedCapacity: chunk) { buffer, initialized in
      count = Self.read(buffer.baseAddress, chunk)
      initialized = max(0, count)
    }
    if count < 0, errno == EINTR { return false }
    isEnded = count <= 0
    held += read
    return true
  }

  private static func read(_ bytes: UnsafeMutablePointer<UInt8>?, _ count: Int) -> Int {
    #if canImport(Glibc)
    Glibc.read(STDIN_FILENO, bytes, count)
    #else
    Darwin.read(STDIN_FILENO, bytes, count)
    #endif
  }
}
