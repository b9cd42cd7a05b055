import LlamboCluster

/// Clients take turns: between two requests of one client, every other client that was waiting by
/// then gets one, too. Requests that had a node before go first and do not count.
///
/// Requests for different node types stand in lines of their own; turns are kept within a line.
struct FairnessChecker: Sendable {
  private struct Turn: Sendable {
    /// Requests that wait for their first node.
    var waiting = 0
    /// The step at which the first of them came.
    var since = 0
    /// The step at which one of them last got a node.
    var lastServed = 0
  }

  private struct Wish: Sendable {
    let client: Int
    let line: Int
    var waits = true
  }

  private let clients: Int
  /// By line and client.
  private var turns: [Turn]
  private var wishes: [Wish] = []
  private var step = 0

  init(clients: Int, lines: Int) {
    self.clients = clients
    turns = [Turn](repeating: Turn(), count: clients * lines)
  }

  mutating func submitted(from client: Int, in line: Int) {
    step += 1
    wishes.append(Wish(client: client, line: line))
    let place = line * clients + client
    if turns[place].waiting == 0 { turns[place].since = step }
    turns[place].waiting += 1
  }

  mutating func sent(_ request: Int, _ violations: inout Violations) {
    guard wishes[request].waits else { return }
    leave(request)
    step += 1
    let wish = wishes[request]
    let own = wish.line * clients + wish.client
    let last = turns[own].lastServed
    for other in wish.line * clients..<(wish.line + 1) * clients where other != own && last > 0 {
      let turn = turns[other]
      if turn.waiting > 0, turn.since < last, turn.lastServed < last {
        violations.add(
          .fairness,
          "client \(wish.client) gets a second node while client \(other % clients) waits for one")
      }
    }
    turns[own].lastServed = step
  }

  /// A request is over, whether it ever had a node or not.
  mutating func ended(_ request: Int) { if wishes[request].waits { leave(request) } }

  mutating func orchestratorDied() { for request in wishes.indices { ended(request) } }

  private mutating func leave(_ request: Int) {
    wishes[request].waits = false
    turns[wishes[request].line * clients + wishes[request].client].waiting -= 1
  }
}
