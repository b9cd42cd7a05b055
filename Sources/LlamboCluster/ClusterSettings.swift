import LlamboWire

/// A point on the shell's monotonic clock, or a span of it, in milliseconds.
package typealias Milliseconds = Int64

/// What a cluster is told before it starts. Every wait and every queue has its bound here.
package struct ClusterSettings: Sendable, Equatable {
  /// A kind of worker that the cluster can launch.
  package struct NodeType: Sendable, Equatable {
    package var name: String
    /// Nodes to launch at the start.
    package var count: Int

    /// Tokens of prompt and answer that one slot holds; 0 where that is not known.
    package var contextSize: Int
    /// Autoscaling keeps the nodes of this type between these.
    package var minNodes: Int
    package var maxNodes: Int
    /// It is no longer configured; its nodes leave, and nothing of it is launched.
    package internal(set) var isRetired = false

    package init(
      name: String, count: Int, contextSize: Int = 0, minNodes: Int = 0, maxNodes: Int = .max
    ) {
      self.name = name
      self.count = count
      self.contextSize = contextSize
      self.minNodes = minNodes
      self.maxNodes = maxNodes
    }
  }

  package var id = "llambo"
  package var types: [NodeType] = []
  package var strategy = Strategy.leastLoaded
  package var maxNodes = 10_000

  /// From one ping to the next.
  package var healthCheckInterval: Milliseconds = 1000
  /// Pings without an answer, and half an interval for that to the last one, after which a node is
  /// ejected.
  package var missedPings = 2
  /// Without progress a node that holds work is ejected after so long, though it answers pings.
  package var stallTimeout: Milliseconds = 2500
  /// And so much longer for each token of the prompts that it computes: 100 tokens a second.
  package var prefillAllowance: Milliseconds = 10
  /// And so much longer before the first token of its life.
  package var warmUpAllowance: Milliseconds = 10_000
  /// Between two ticks no more than this counts as seen; the rest this process slept through.
  package var longestTick: Milliseconds = 250
  /// The share of a type's nodes that is kept in use however bad it looks.
  package var panicShare = 0.5
  /// A guest that has behaved for so long is forgiven its ejections.
  package var ejectionMemory: Milliseconds = 600_000
  /// Guests whose ejections are remembered.
  package var ejectionsLimit = 1024
  /// Lives of a type that end in a row, none of any use, before its launches are held.
  package var crashLoopLimit = 10
  /// How long they are held at first; it doubles with each further failure.
  package var holdFirst: Milliseconds = 5000
  package var holdMost: Milliseconds = 300_000
  /// From launch to `HELLO`.
  package var startTimeout: Milliseconds = 60_000
  /// How long a node whose link broke may take to dial again before its process is killed.
  package var redialTimeout: Milliseconds = 2000
  /// How long the workers of an earlier orchestrator may take to dial this one.
  package var adoptionTimeout: Milliseconds = 10_000
  /// How long a worker goes on without its orchestrator.
  package var lease: Milliseconds = 30_000
  /// From the end of its grace to the end of a node's process, beyond which it is killed.
  package var stopTimeout: Milliseconds = 5000

  /// Processes that start at once, so that starting many does not starve those that serve.
  package var launchesAtOnce = 8
  package var backoffFirst: Milliseconds = 250
  package var backoffMost: Milliseconds = 30_000
  /// A life this long forgives the failures before it.
  package var stableAfter: Milliseconds = 10_000

  /// How often in a row a request is taken up anew without getting any further.
  package var maxRetries = 3
  /// And how often besides a stream that has begun, where its node was lost before the next token.
  package var lossesLimit = 16
  /// How often a request is taken up anew at most, however far it got each time.
  package var movesLimit = 256
  /// Nodes that crash under a request, with no token in between, before it is refused.
  package var poisonCrashes = 2
  /// Attempts in vain that may be repeated, as a share of the requests of late.
  package var retryShare = 0.2
  /// And so many more each second.
  package var retriesPerSecond = 10
  /// The share of its timeout that a request may be expected to wait; past it, it is refused at
  /// once, for work on what times out in the end is lost.
  package var waitShare = 0.5
  /// The shortest time after which a client is told to try again.
  package var retryAfterLeast: Milliseconds = 100
  /// Members of one fusion that are kept apart: all that it may have.
  package var fusionLimit = FusionRequest.sizes.upperBound
  /// From acceptance to the last token.
  package var requestTimeout: Milliseconds = 30_000
  /// Requests that wait for a slot.
  package var queueLimit = 1024

  /// Whether the cluster changes its size by itself.
  package var autoScale = false
  /// Nodes of all types that autoscaling keeps.
  package var minNodes = 1
  /// Shares of a type's slots, taken or waited for, above which it grows and below which it shrinks.
  package var scaleUpThreshold = 0.8
  package var scaleDownThreshold = 0.2
  /// How many times as many nodes a step asks for, or as few.
  package var scaleFactor = 1.5
  /// From one look at a type to the next.
  package var scaleInterval: Milliseconds = 1000
  /// Utilization is smoothed over this, and known only after as long.
  package var scaleWindow: Milliseconds = 10_000
  /// From a step that shrank a type to the next that grows it; growing on is free once the last
  /// step serves.
  package var scaleUpCooldown: Milliseconds = 60_000
  /// From any change of a type to the next that shrinks it.
  package var scaleDownCooldown: Milliseconds = 60_000
  /// What runs on a node that the cluster gives up may finish within this, or moves.
  package var drainGrace: Milliseconds = 30_000
  /// Of the nodes of a type that has changed, the share that is exchanged at once.
  package var rollShare = 0.25

  package init() {}

  /// Each type's place in a `TypeMask`, by its name.
  var groups: [String: Int] {
    Dictionary(
      types.enumerated().filter { !$1.isRetired }.map { ($1.name, min($0, TypeMask.otherIndex)) },
      uniquingKeysWith: { first, _ in first })
  }

  /// Silence after which a node is ejected.
  package var silenceTimeout: Milliseconds {
    healthCheckInterval * Milliseconds(missedPings) + healthCheckInterval / 2
  }
}
