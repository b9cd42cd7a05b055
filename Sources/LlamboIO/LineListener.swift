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

  /// The address in use, with the port that the system chose where 0 was asked for.
  package let address: Address

  private let loop: EventLoop
  private var socket: Descriptor?
  private let limits: WireLimits
  private var registration: EventLoop.Registration?
  /// Those accepted and not yet closed.
  package private(set) var connections = 0
  private let onConnection: (LineConnection) -> Void

  /// Listens at once; connections come to `onConnection`, which sets their handlers.
  package init(
    on wanted: Address, loop: EventLoop, limits: WireLimits = WireLimits(),
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

  private func admit(_ connection: LineConnection) {
    guard connections < limits.connections else {
      let full = WireError(
        .tooManyConnections, "\(address) serves \(connections) connections, the most it may")
      connection.write { $0.error(full) }
      return connection.closeWhenFlushed()
    }
    connections += 1
    connection.onEnd = { [weak self] in self?.connections -= 1 }
    onConnection(connection)
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
