import LlamboCluster

extension ClusterSettings {
  /// What the configuration says of the cluster; the rest keeps its default.
  package init(_ config: ClusterConfig) {
    self.init()
    id = config.id
    types = config.nodeTypes.map {
      NodeType(
        name: $0.name, count: $0.count, contextSize: $0.resources.contextSize,
        minNodes: $0.minNodes, maxNodes: $0.maxNodes ?? .max)
    }
    let balancer = config.loadBalancer
    strategy = balancer.strategy
    healthCheckInterval = Milliseconds(balancer.healthCheckInterval)
    maxRetries = balancer.maxRetries
    retryShare = balancer.retryShare
    retriesPerSecond = balancer.retriesPerSecond
    stallTimeout = Milliseconds(balancer.stallTimeout)
    prefillAllowance = Milliseconds(balancer.prefillAllowance)
    warmUpAllowance = Milliseconds(balancer.warmUpAllowance)
    requestTimeout = Milliseconds(balancer.timeout)
    queueLimit = balancer.queueLimit
    let orchestrator = config.orchestrator
    autoScale = orchestrator.autoScale
    minNodes = orchestrator.minNodes
    maxNodes = orchestrator.maxNodes
    scaleUpThreshold = orchestrator.scaleUpThreshold
    scaleDownThreshold = orchestrator.scaleDownThreshold
    scaleFactor = orchestrator.scaleFactor
    scaleWindow = Milliseconds(orchestrator.scaleWindow)
    scaleUpCooldown = Milliseconds(orchestrator.scaleUpCooldown)
    scaleDownCooldown = Milliseconds(orchestrator.scaleDownCooldown)
    drainGrace = Milliseconds(orchestrator.drainGrace)
    startTimeout = Milliseconds(orchestrator.startTimeout)
    launchesAtOnce = orchestrator.startsAtOnce
    lease = Milliseconds(orchestrator.lease)
  }
}
