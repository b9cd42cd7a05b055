import LlamboWire

@testable import LlamboCluster

/// What must hold whatever happens, kept apart from the cluster's own books.
struct Checker {
  private struct Client {
    var ends = 0
    var sends = 0
    /// What it saw.
    var tokens: [Int32] = []
    /// Attempts in a row that brought nothing.
    var idleSends = 0
    var tokensWhenSent = 0
    var isCancelled = false
  }

  private(set) var violations: [String] = []
  private var clients: [RequestID: Client] = [:]
  /// Links that the cluster has not closed.
  private var open: Set<LinkID> = []
  private var launched: Set<Int> = []
  private var lastEpoch: UInt64 = 0
  private(set) var stops = 0
  /// Drains that moved requests, which does not count as their failure.
  var drains = 0
  /// Requests that a link's worker was told to cancel.
  private var told: [LinkID: Set<RequestID>] = [:]
  /// Requests that a link's worker has not let go of.
  private var holding: [LinkID: Set<RequestID>] = [:]

  var unanswered: Int { clients.values.count { $0.ends == 0 } }
  var submissions: Int { clients.count }

  // MARK: What the world did

  mutating func submitted(_ request: RequestID) { clients[request] = Client() }
  mutating func cancelled(_ request: RequestID) { clients[request]?.isCancelled = true }
  mutating func started(_ pid: Int) { launched.insert(pid) }
  mutating func opened(_ link: LinkID) { open.insert(link) }

  mutating func token(_ request: RequestID, index: Int, token: Int32) {
    demand(clients[request]!.ends == 0, "a token of \(request) after its end")
    demand(clients[request]!.tokens.count == index, "a gap or repeat in \(request) at \(index)")
    clients[request]!.tokens.append(token)
  }

  /// A worker's last line of a request.
  mutating func letGo(_ request: RequestID, _ link: LinkID) { holding[link]?.remove(request) }

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
    case .cancel(let request, let link):
      told[link, default: []].insert(request)
      demand(open.contains(link), "\(directive) on a closed link")
    case .welcome(let link, _), .ping(let link), .stopNode(let link, _):
      demand(open.contains(link), "\(directive) on a closed link")
    case .refuse(let link, _), .closeLink(let link):
      let wasOpen = open.remove(link) != nil
      holding[link] = nil
      demand(wasOpen, "\(directive) closes a link twice")
    case .send(let request, let link):
      demand(open.contains(link), "\(directive) on a closed link")
      let client = clients[request]!
      demand(client.ends == 0, "\(request) is sent after its end")
      // One that ended within the same event has none.
      demand(
        cluster.requests[request] == nil || cluster.journal(of: request) == client.tokens,
        "the journal of \(request) is wrong")
      demand(!client.isCancelled || client.sends == 0, "\(request) is sent anew though cancelled")
      let idle = client.tokens.count > client.tokensWhenSent ? 0 : client.idleSends
      demand(
        idle <= cluster.settings.maxRetries + drains, "\(request) is sent too often in vain")
      clients[request]!.idleSends = idle + 1
      clients[request]!.tokensWhenSent = client.tokens.count
      clients[request]!.sends += 1
      let isNew = holding[link, default: []].insert(request).inserted
      demand(isNew, "\(request) is sent twice on one link")
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
    var served = 0
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
      demand(node.prefillTokens >= 0, "\(node.id) counts \(node.prefillTokens) tokens of prompts")
      demand(
        node.prefillTokens == 0 || !node.running.isEmpty, "\(node.id) counts prompts it has not")
      for request in node.running {
        guard cluster.requests[request]?.state.link != node.link else {
          served += 1
          demand(cluster.requests[request]?.place == place, "\(request) is at another place")
          continue
        }
        demand(
          told[node.link!, default: []].contains(request),
          "\(node.id) holds a slot for \(request), which it may keep")
      }
      for (state, count) in cluster.states[node.group].enumerated() where state == node.state.index
      {
        demand(count > 0, "\(node.id)'s state is not counted")
      }
      held += node.running.count
    }
    let waiting = cluster.requests.values.count { $0.state == .queued }
    demand(served == cluster.requests.count - waiting, "a request runs nowhere or twice")
    demand(held == cluster.running, "\(held) slots are held, not \(cluster.running)")
    let blocked = cluster.requests.values.count { $0.isHeld }
    demand(
      waiting == cluster.queued + blocked
        && cluster.pacedCount == cluster.requests.values.count { $0.isPaced },
      "the queue has \(cluster.queued), not \(waiting)")
    let isFree = cluster.nodes.contains { $0.hasFreeSlot }
    demand(isFree == !cluster.free.isEmpty, "the index of free slots is wrong")
    demand(cluster.waiting.count == 0 || !isFree, "one waits beside a free slot")
    demand(cluster.placeByLink.count == cluster.nodes.count { $0.link != nil }, "a link is lost")
    demand(cluster.placeByID.count == cluster.nodes.count, "a name is lost")

    let counters = cluster.counters
    let inside = cluster.requests.count
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
