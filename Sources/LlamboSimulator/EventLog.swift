import LlamboCluster
import LlamboWire

/// All that went in and out of the cluster, as one number, and the last of it as text.
struct EventLog: Sendable {
  enum Entry: Sendable {
    case event(Event)
    case directive(Directive)
    case fault(Fault, worker: Int)
    case remark(String)
  }

  /// Entries that are kept where not all are.
  static let kept = 80

  private(set) var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  private(set) var count = 0
  let keepsAll: Bool
  private var entries: [(time: Milliseconds, entry: Entry)] = []
  private var oldest = 0
  /// Entries that are still kept; nil while all is well.
  private var left: Int?

  init(keepsAll: Bool) { self.keepsAll = keepsAll }

  mutating func event(_ event: Event, at now: Milliseconds) {
    mix(UInt64(bitPattern: now))
    event.digest(into: &self)
    keep(.event(event), at: now)
  }

  mutating func directive(_ directive: Directive, at now: Milliseconds) {
    directive.digest(into: &self)
    keep(.directive(directive), at: now)
  }

  mutating func fault(_ fault: Fault, worker: Int, at now: Milliseconds) {
    keep(.fault(fault, worker: worker), at: now)
  }

  mutating func remark(_ text: String, at now: Milliseconds) { keep(.remark(text), at: now) }

  /// A rule was broken: what follows soon is kept, and then no more, so that the kept lines tell
  /// how it came about.
  mutating func freeze() { if left == nil { left = EventLog.kept / 8 } }

  private mutating func keep(_ entry: Entry, at now: Milliseconds) {
    count += 1
    if let left, !keepsAll {
      guard left > 0 else { return }
      self.left = left - 1
    }
    if keepsAll || entries.count < EventLog.kept {
      entries.append((now, entry))
    } else {
      entries[oldest] = (now, entry)
      oldest = oldest + 1 == entries.count ? 0 : oldest + 1
    }
  }

  /// What is kept, in order, a line each.
  var lines: [String] {
    (entries[oldest...] + entries[..<oldest]).map { time, entry in
      switch entry {
      case .event(let event): "\(time) ms  > \(event)"
      case .directive(let directive): "\(time) ms  < \(directive)"
      case .fault(let fault, let worker):
        "\(time) ms  ! \(fault.name)"
          + (worker < 0 ? "" : " of process \(worker + Worker.firstPID)")
      case .remark(let text): "\(time) ms  - \(text)"
      }
    }
  }

  // MARK: FNV-1a, a word at a time

  mutating func mix(_ word: UInt64) { hash = (hash ^ word) &* 0x100_0000_01b3 }
  mutating func mix(_ number: Int) { mix(UInt64(truncatingIfNeeded: number)) }

  mutating func mix(_ text: String) {
    for byte in text.utf8 { mix(UInt64(byte)) }
    mix(0xff)
  }
}

extension RequestID: CustomStringConvertible {
  package var description: String { "request \(number)" }
}

extension LinkID: CustomStringConvertible {
  package var description: String { "link \(number)" }
}
