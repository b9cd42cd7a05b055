import LlamboCluster
import LlamboWire

/// Changes what passes between the cluster and its shell. A run with one of these must be found
/// out by the checkers; that is how the checkers are checked.
package struct Meddler {
  /// Given each batch of directives before it is performed.
  package var directives: ((inout [Directive]) -> Void)?
  /// Given each event before the cluster sees it; nil withholds it.
  package var event: ((Event) -> Event?)?
  /// Given each token on its way to its client; what it returns arrives instead.
  package var token: ((Token) -> [Token])?
  /// Given what a fusion wants done before it is.
  package var fusion: ((inout [Fusion.Action]) -> Void)?
  /// How the cluster fuses what clients want fused so.
  package var fused: ((FusionRequest) -> FusionRequest)?
  /// Settings that the cluster gets instead of those that the checkers know.
  package var settings: ((inout ClusterSettings) -> Void)?

  /// Given the state that a new orchestrator finds.
  package var state: ((inout ClusterState) -> Void)?
  /// Looks at the cluster whenever the checkers do; what it finds is broken is a violation.
  package var inspect: ((Cluster) -> [String])?
  /// Chooses nodes instead of the strategy that the scenario has.
  package var strategy: (any NodeStrategy)?

  package init() {}

  package struct Token: Sendable {
    package let request: Int
    package var index: Int
    package var id: Int32
  }
}
