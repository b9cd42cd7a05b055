import CSystem
import Glibc
import LlamboWire

@testable import LlamboIO

/// A peer that does what it is told, well-behaved or not, on the loop of the server that it talks to.
final class RawClient {
  /// The whole lines that arrived.
  private(set) var lines: [String] = []
  private(set) var hasEnded = false

  private var partial: [UInt8] = []
  private let loop: EventLoop
  private var socket: Descriptor?
  private var registration: EventLoop.Registration?
  private let changed: () -> Void

  /// - Parameters:
  ///   - reads: whether it takes what it is sent.
  ///   - changed: called when bytes, or the end, have arrived.
  init(
    to address: Address, on loop: EventLoop, reads: Bool = true, changed: @escaping () -> Void
  ) throws(SystemError) {
    self.loop = loop
    self.changed = changed
    let number = Glibc.socket(
      address.family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    socket = Descriptor(owning: number)
    guard address.withSocketAddress({ Glibc.connect(number, $0, $1) }) == 0 else {
      throw SystemError("connect to \(address)")
    }
    _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK)
    registration = try loop.register(number, for: reads ? .readable : []) {
      [unowned self] readiness in
      if readiness.contains(.readable) { read() }
    }
  }

  deinit { close() }

  func send(_ text: String) { send(Array(text.utf8)) }

  /// Sends what fits into the socket's buffer, which is more than these tests need.
  func send(_ bytes: [UInt8]) {
    guard let number = socket?.number else { return }
    _ = csystem_socket_send(number, bytes, bytes.count)
  }

  /// Sends no more, and reads on.
  func endInput() {
    if let number = socket?.number { shutdown(number, Int32(SHUT_WR)) }
  }

  func close() {
    if let registration { loop.remove(registration) }
    registration = nil
    socket = nil
  }

  private func read() {
    guard let number = socket?.number else { return }
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    let count = recv(number, &chunk, chunk.count, 0)
    if count > 0 {
      let pieces = chunk[..<count].split(
        separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      for whole in pieces.dropLast() {
        lines.append(String(decoding: partial + whole, as: UTF8.self))
        partial = []
      }
      partial += pieces.last!
    } else if count == 0 || errno != EAGAIN {
      hasEnded = true
      close()
    }
    changed()
  }
}
