import CSystem
import LlamboWire

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A port that accepts line connections.
package final class LineListener {
  /// Milliseconds that accepting rests when the process has no descriptor left.
  static let exhaustedPause: Int64 = 100
  /// Descriptors that are left to files and to processes that start.
  static let spareDescriptors = 32
  /// Connections beyond those of clients that are open to see whether a worker says `HELLO` there.
  static let reserve = 32
  /// Milliseconds that it has for that.
  static let helloTimeout: Int64 = 1000

  /// The address in use, with the port that the system chose where 0 was asked for.
  package let address: Address

  private let loop: EventLoop
  private var socket: Descriptor?
  private let limits: WireLimits
  private var registration: EventLoop.Registration?
  /// The clients' connections that are open.
  package private(set) var connections = 0
  private var reserved = 0
  private var links = 0
  private let descriptors: Int
  private let admitsWorkers: Bool
  private let onConnection: (LineConnection) -> Void

  /// Listens at once; connections come to `onConnection`, which sets their handlers.
  ///
  /// - Parameters:
  ///   - descriptors: how many this process may have open; clients do not get them all.
  ///   - admitsWorkers: whether a worker may say `HELLO` here when no client gets in any more.
  package init(
    on wanted: Address, loop: EventLoop, limits: WireLimits = WireLimits(),
    descriptors: Int = .max, admitsWorkers: Bool = false,
    onConnection: @escaping (LineConnection) -> Void
  ) throws(SystemError) {
    let number = csystem_socket_create(wanted.family)
    guard number >= 0 else { throw SystemError("create a socket") }
    let socket = Descriptor(owning: number)
    var on: Int32 = 1
    setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    let bound = wanted.withSocketAddress { pointer, length in bind(number, pointer, length) == 0 }
    guard bound == true, listen(number, SOMAXCONN) == 0 else {
      throw SystemError(
        "listen on \(wanted)",
        hint: errno == EADDRINUSE
          ? "another program has the port: stop it, or choose another one" : nil)
    }
    address = Address(host: wanted.host, port: try Address.boundPort(of: socket))
    self.loop = loop
    self.socket = consume socket
    self.limits = limits
    self.descriptors = descriptors
    self.admitsWorkers = admitsWorkers
    self.onConnection = onConnection
    registration = try loop.register(number, for: .readable) { [weak self] _ in self?.accept() }
  }

  deinit { stop() }

  /// Closes the port; what was accepted goes on.
  package func stop() {
    if let registration { loop.remove(registration) }
    registration = nil
    socket = nil
  }

  private func accept() {
    while let listening = socket?.number {
      let number = csystem_socket_accept(listening)
      guard number >= 0 else {
        switch errno {
        case EINTR, ECONNABORTED: continue
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: return rest()
        default: return
        }
      }
      let connection = try? LineConnection(
        loop: loop, socket: Descriptor(owning: number), limits: limits,
        halfClose: .keepsWriting, connecting: false)
      if let connection { admit(connection) }
    }
  }

  /// Connections that clients may have now: what workers hold and what is kept for others is not
  /// theirs.
  private var mostConnections: Int {
    min(limits.connections, max(1, descriptors - Self.spareDescriptors - Self.reserve - links))
  }

  private func admit(_ connection: LineConnection) {
    if connections < mostConnections {
      count(connection, \.connections)
      return onConnection(connection)
    }
    let full = WireError(
      .tooManyConnections, "\(address) serves \(connections) connections, the most it may")
    guard admitsWorkers, reserved < Self.reserve else { return refuse(connection, full) }
    count(connection, \.reserved)
    connection.refusal = full
    onConnection(connection)
    loop.schedule(after: Self.helloTimeout) { [weak self, weak connection] in
      if let connection, connection.refusal != nil { self?.refuse(connection, full) }
    }
  }

  /// Counts it until it ends or is a worker's, and as a worker's from then on.
  private func count(
    _ connection: LineConnection, _ kind: ReferenceWritableKeyPath<LineListener, Int>
  ) {
    self[keyPath: kind] += 1
    connection.onEnd = { [weak self] in self?[keyPath: kind] -= 1 }
    connection.onLink = { [weak self, unowned connection] in
      self?[keyPath: kind] -= 1
      self?.links += 1
      connection.onEnd = { self?.links -= 1 }
    }
  }

  private func refuse(_ connection: LineConnection, _ full: WireError) {
    connection.write { $0.error(full) }
    connection.closeWhenFlushed()
  }

  /// The connection that found no descriptor stays in the kernel's queue; to be told of it at once
  /// again would only burn the processor.
  private func rest() {
    guard let registration else { return }
    loop.change(registration, to: [])
    loop.schedule(after: Self.exhaustedPause) { [loop] in
      loop.change(registration, to: .readable)
    }
  }
}
