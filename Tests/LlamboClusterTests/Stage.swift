import LlamboWire

@testable import LlamboCluster

/// A cluster, a clock that stands until it is moved, and numbers for links and requests.
final class Stage {
  var cluster: Cluster
  private(set) var now: Milliseconds = 0
  private var lastLink: UInt64 = 0
  private var lastRequest: UInt64 = 0

  init(
    nodes: Int = 1, seed: UInt64 = 1, _ configure: (inout ClusterSettings) -> Void = { _ in }
  ) {
    var settings = ClusterSettings()
    settings.types = [.init(name: "tiny", count: nodes)]
    configure(&settings)
    cluster = Cluster(settings: settings, epoch: 100, seed: seed)
  }

  /// What the cluster wants done; notes and the wish to persist are left out.
  func handle(_ event: Event) -> [Directive] {
    everything(of: event).filter { directive in
      switch directive {
      case .note, .persist: false
      default: true
      }
    }
  }

  func everything(of event: Event) -> [Directive] {
    var directives: [Directive] = []
    cluster.handle(event, at: now, into: &directives)
    return directives
  }

  /// Moves the clock, then ticks once.
  func advance(_ span: Milliseconds) -> [Directive] {
    now += span
    return handle(.tick)
  }

  /// Moves the clock in small steps, with every ping answered in which `answers` believes.
  func run(
    _ span: Milliseconds, step: Milliseconds = 50, answers: (LinkID) -> Bool = { _ in true }
  ) -> [Directive] {
    var directives: [Directive] = []
    let end = now + span
    while now < end {
      let tick = advance(min(step, end - now))
      directives += tick
      for case .ping(let link) in tick where answers(link) { directives += handle(.heard(link)) }
    }
    return directives
  }

  func newLink() -> LinkID {
    lastLink += 1
    return LinkID(lastLink)
  }

  func hello(
    _ node: String?, epoch: UInt64 = 0, slots: Int = 1, pid: Int = 1, type: String = "tiny"
  ) -> Hello {
    Hello(
      node: node, epoch: epoch, type: type, model: "m", slots: slots, contextSize: 512,
      listen: "127.0.0.1:1", pid: pid)
  }

  /// Lets what was launched start and dial in.
  func answer(_ directives: [Directive], slots: Int = 1) -> [LinkID] {
    var links: [LinkID] = []
    var rest = directives[...]
    while let directive = rest.popFirst() {
      guard case .launch(let node, _, let epoch) = directive else { continue }
      let pid = Int(epoch)
      _ = handle(.launched(node: node, epoch: epoch, pid: pid))
      let link = newLink()
      links.append(link)
      rest += handle(.hello(link, hello(node, epoch: epoch, slots: slots, pid: pid)))
    }
    return links
  }

  /// Starts every node and lets it dial in.
  func bringUp(slots: Int = 1) -> [LinkID] { answer(handle(.started), slots: slots) }

  func submit(
    _ submission: Submission = Submission()
  ) -> (request: RequestID, directives: [Directive]) {
    lastRequest += 1
    let request = RequestID(lastRequest)
    return (request, handle(.submitted(request, submission)))
  }

  /// Submits; the link that it is sent to.
  func place(_ submission: Submission = Submission()) -> LinkID? {
    for case .send(_, let link) in submit(submission).directives { return link }
    return nil
  }

  /// A worker's token; the next one of the answer unless another index is given. Its id is made up
  /// of its index.
  func token(_ request: RequestID, from link: LinkID, index: Int? = nil) -> Bool {
    let index = index ?? cluster.journal(of: request).count
    return cluster.acceptToken(
      of: request, from: link, index: index, token: Int32(1000 + index), at: now)
  }

  func node(_ id: String) -> Node? { cluster.nodes.first { $0.id == id } }
}

extension [Directive] {
  var launches: [(node: String, epoch: UInt64)] {
    compactMap { if case .launch(let node, _, let epoch) = $0 { (node, epoch) } else { nil } }
  }

  var failures: [WireError.Code] {
    compactMap { if case .fail(_, let error) = $0 { error.code } else { nil } }
  }

  var refusals: [WireError.Code] {
    compactMap { if case .refuse(_, let error) = $0 { error.code } else { nil } }
  }
}
