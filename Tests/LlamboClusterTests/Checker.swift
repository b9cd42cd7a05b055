import LlamboWire

@testable import LlamboCluster

/// What must hold whatever happens, kept apart from the cluster's own books.
struct Checker {
  private struct Client {
    var ends = 0
    var sends = 0
    var tokens = 0
    var isCancelled = false
  }

  private(set) var violations: [String] = []
  private var clients: [RequestID: Client] = [:]
  /// Links that the cluster has not closed.
  private var open: Set<LinkID> = []
  private var launched: Set<Int> = []
  private var lastEpoch: UInt64 = 0
  private(set) var stops = 0

  var unanswered: Int { clients.values.count { $0.ends == 0 } }
  var submissions: Int { clients.count }

  // MARK: What the world did

  mutating func submitted(_ request: RequestID) { clients[request] = Client() }
  mutating func cancelled(_ request: RequestID) { clients[request]?.isCancelled = true }
  mutating func started(_ pid: Int) { launched.insert(pid) }
  mutating func opened(_ link: LinkID) { open.insert(link) }

  mutating func token(_ request: RequestID) {
    demand(clients[request]!.ends == 0, "a token of \(request) after its end")
    clients[request]!.tokens += 1
  }

  mutating func ended(_ request: RequestID) {
    clients[request]!.ends += 1
    demand(clients[request]!.ends == 1, "\(request) ended twice")
  }

  // MARK: What the cluster wants

  mutating func see(_ directive: Directive, in cluster: Cluster) {
    switch directive {
    case .launch(_, _, let epoch):
      demand(epoch > lastEpoch, "epoch \(epoch) is no higher than the last")
      lastEpoch = epoch
    case .kill(_, let pid): demand(launched.contains(pid), "a kill of \(pid), never launched")
    case .welcome(let link, _), .ping(let link), .stopNode(let link, _), .cancel(_, let link):
      demand(open.contains(link), "\(directive) on a closed link")
    case .refuse(let link, _), .closeLink(let link):
      let wasOpen = open.remove(link) != nil
      demand(wasOpen, "\(directive) closes a link twice")
    case .send(let request, let link):
      demand(open.contains(link), "\(directive) on a closed link")
      let client = clients[request]!
      demand(client.ends == 0, "\(request) is sent after its end")
      demand(client.tokens == 0, "\(request) is sent anew after tokens")
      demand(!client.isCancelled || client.sends == 0, "\(request) is sent anew though cancelled")
      demand(client.sends <= cluster.settings.maxRetries, "\(request) is sent too often")
      clients[request]!.sends += 1
    case .fail(let request, _): ended(request)
    case .endCancelled(let request):
      demand(clients[request]!.isCancelled, "\(request) ends as cancelled, and was not")
      ended(request)
    case .stopped: stops += 1
    case .note, .persist: break
    }
  }

  // MARK: The cluster's books

  mutating func check(_ cluster: Cluster, after event: Event) {
    if violations.count > 5 { return }
    var held = 0
    for (place, node) in cluster.nodes.enumerated() {
      demand(cluster.placeByID[node.id] == place, "\(node.id) is not where its name says")
      if let link = node.link {
        demand(cluster.placeByLink[link] == place, "\(node.id) is not where its link says")
        demand(open.contains(link), "\(node.id) has a closed link")
      }
      demand(
        node.running.count <= (node.hello?.slots ?? 0), "\(node.id) runs more than it has slots")
      demand(node.running.isEmpty || node.link != nil, "\(node.id) runs requests without a link")
      demand(node.state != .healthy || node.link != nil, "\(node.id) is healthy without a link")
      for request in node.running {
        demand(
          cluster.requests[request]?.state.link == node.link, "\(node.id) runs what is elsewhere")
      }
      held += node.running.count
    }
    let waiting = cluster.requests.values.count { $0.state == .queued }
    demand(held == cluster.requests.count - waiting, "a slot is lost or taken twice")
    demand(waiting == cluster.queued, "the queue has \(cluster.queued), not \(waiting)")
    demand(
      waiting == 0 || !cluster.nodes.contains { $0.hasFreeSlot }, "one waits beside a free slot")
    demand(cluster.placeByLink.count == cluster.nodes.count { $0.link != nil }, "a link is lost")
    demand(cluster.placeByID.count == cluster.nodes.count, "a name is lost")

    let counters = cluster.counters
    let inside = cluster.requests.values.count {
      if case .leaving = $0.state { false } else { true }
    }
    demand(
      Int(counters.finished + counters.failed + counters.cancelled) + inside == clients.count,
      "the counters do not add up: \(counters)")
    let clients = unanswered
    demand(inside == clients, "\(inside) requests inside, \(clients) clients wait")
    if let last = violations.last, !last.contains(" after ") {
      violations[violations.count - 1] = last + ", after \(event)"
    }
  }

  private mutating func demand(_ holds: Bool, _ violation: @autoclosure () -> String) {
    if !holds { violations.append(violation()) }
  }
}
