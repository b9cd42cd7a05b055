import LlamboCommand
import LlamboIO
import LlamboJSON
import LlamboWire

/// The worker's way to its orchestrator: it dials, says `HELLO`, and serves on the same
/// connection. When the link breaks it dials again, until its lease ends.
final class WorkerLink {
  /// Milliseconds before the first redial; they double up to the second number.
  private static let redialFirst: Int64 = 50
  private static let redialMost: Int64 = 1000
  /// Milliseconds from one look at the lease to the next.
  private static let leaseCheck: Int64 = 250

  /// The name that the orchestrator gave.
  private(set) var welcomedAs: String?

  private let orchestrator: Address
  private let limits = WireLimits().ofLink
  private unowned let worker: Worker
  private var connection: LineConnection?
  private var lease: Int64
  private var lastHeard = EventLoop.clock()
  private var attempts: Int64 = 0
  private var gaveUp = false

  init(to orchestrator: Address, of worker: Worker) {
    self.orchestrator = orchestrator
    self.worker = worker
    lease = worker.options.lease
    worker.loop.schedule(every: Self.leaseCheck) { [weak self] in
      self?.checkLease() ?? false
    }
  }

  /// Dials no more.
  func giveUp() { gaveUp = true }

  func dial() {
    guard !gaveUp else { return }
    do throws(SystemError) {
      let connection = try LineConnection.connect(
        to: orchestrator, loop: worker.loop, limits: limits)
      self.connection = connection
      let session = Session(connection, limits: limits, server: worker)
      session.onAnswer = { [unowned self] in received($0, $1, line: $2) }
      connection.handler.onConnected = { [unowned self, unowned session] in
        worker.add(session)
        connection.write { $0.line(.hello, self.worker.hello.body) }
      }
      let onLine = connection.handler.onLine
      connection.handler.onLine = { [unowned self] line in
        lastHeard = EventLoop.clock()
        onLine(line)
      }
      let onClose = connection.handler.onClose
      connection.handler.onClose = { [unowned self] reason in
        self.connection = nil
        onClose(reason)
        dialLater()
      }
    } catch {
      dialLater()
    }
  }

  /// With full jitter, so that the workers of an orchestrator that comes back do not dial as one.
  private func dialLater() {
    guard !gaveUp, !worker.isDraining else { return }
    attempts += 1
    let longest = min(Self.redialFirst << min(attempts, 10), Self.redialMost)
    worker.loop.schedule(after: Int64.random(in: 0...longest)) { [weak self] in self?.dial() }
  }

  private func received(_ kind: Kind, _ frame: Frame, line: Span<UInt8>) -> Bool {
    do throws(WireError) {
      switch kind {
      case .welcome: welcome(try Welcome(body: try frame.object(of: line)))
      case .error: refused(WireError(body: try frame.object(of: line)))
      default: return false
      }
    } catch {
      Program.log("llambo-worker: \(worker.name): not understood: \(error)")
    }
    return true
  }

  private func welcome(_ welcome: Welcome) {
    attempts = 0
    worker.name = welcome.node
    welcomedAs = welcome.node
    lease = Int64(welcome.lease)
    Program.log(
      "llambo-worker: \(welcome.node) of cluster \(welcome.cluster), on \(worker.address)")
  }

  private func refused(_ error: WireError) {
    Program.log("llambo-worker: \(worker.name): the orchestrator refused: \(error)")
    // A cluster that is full or on its way down may have room later; the rest is final.
    let mayChange: [WireError.Code] = [.tooManyNodes, .tooManyConnections, .draining]
    if !mayChange.contains(error.code) {
      giveUp()
      worker.drain(within: 0)
    }
  }

  private func checkLease() -> Bool {
    let silence = EventLoop.clock() - lastHeard
    guard silence > lease, !gaveUp else { return !gaveUp }
    Program.log(
      "llambo-worker: \(worker.name): no word from \(orchestrator) for \(silence) ms, ending")
    giveUp()
    worker.drain(within: nil)
    return false
  }
}
