import LlamboCluster
import LlamboCommand
import LlamboConfig
import LlamboIO
import LlamboWire

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

let program = "llambo-orchestrator"
let arguments = Program.parse(orchestratorCommand).arguments
do {
  let descriptors = raiseDescriptorLimit()
  let config = try ClusterConfig.load(arguments.text("--config"))
  let ownsFolder = arguments.flag("--own-folder")
  // At once, so that nothing stays however soon whoever made it ends.
  if ownsFolder { unlink(config.file) }
  defer { if ownsFolder { rmdir(config.folder) } }
  if let path = config.orchestrator.logFile {
    // The workers' lines go there too: they inherit it.
    let log = try PrivateFile(path).openForAppending()
    dup2(log.number, STDERR_FILENO)
  }
  let wanted = try Address(
    loopback: arguments.text(ifGiven: "--listen") ?? config.orchestrator.listen.description)
  let statePath = arguments.text(ifGiven: "--state-file") ?? config.stateFile
  let loop = try EventLoop()
  var onSignal: (Int32) -> Void = { _ in }
  try loop.onSignal { onSignal($0) }

  let lockFile = PrivateFile(statePath + ".lock")
  guard let lock = try lockFile.lock() else {
    Program.fail(
      program,
      "another orchestrator uses the state file \(statePath): stop it with llamboctl shutdown, "
        + "or give this one its own with --state-file", .unavailable)
  }
  defer {
    lockFile.remove()
    _ = lock.number
  }
  // Left behind where an earlier orchestrator was killed: its workers are looking for this one.
  let earlier = try earlierState(PrivateFile(statePath), of: config.id)
  let handover = try PrivateFolder(making: statePath + ".cells")
  // Where this one does not start, workers of the earlier one may still hand over there.
  var leavesFolder = earlier != nil
  defer { if !leavesFolder { handover.remove() } }
  let launcher = try LocalLauncher(
    program: try arguments.text(ifGiven: "--worker") ?? ChildProcess.sibling("llambo-worker"),
    config: config, orchestrator: wanted, handover: handover)
  var cluster = Cluster(
    settings: ClusterSettings(config), epoch: wallClock(), seed: UInt64.random(in: .min ... .max))
  if let earlier { cluster.restore(earlier, at: EventLoop.clock()) }
  let orchestrator = Orchestrator(
    config: config, cluster: cluster, launcher: launcher, stateFile: PrivateFile(statePath),
    loop: loop, descriptors: descriptors)
  onSignal = { signal in
    switch signal {
    // A little later, so that what a worker wrote last is read before its end is known.
    case SIGCHLD: loop.schedule(after: 10) { launcher.reap() }
    case SIGHUP: orchestrator.reloadOnSignal()
    case SIGTERM, SIGINT: orchestrator.post(.shutdown(grace: 5000))
    default: break
    }
  }
  try orchestrator.listen(
    on: wanted, ratherOn: earlier.flatMap { try? Address(loopback: $0.listen) })
  if let address = orchestrator.address { launcher.orchestrator = address }
  let metrics = try config.orchestrator.metricsListen.map { wanted throws(SystemError) in
    try MetricsPort(on: Address(loopback: wanted.description), loop: loop) {
      [unowned orchestrator] in orchestrator.cluster.measured.prometheus
    }
  }
  let tie =
    try arguments.flag("--tied")
    ? InputReader(ofStandardInput: loop) { orchestrator.post(.shutdown(grace: 0)) } : nil
  try orchestrator.start()
  leavesFolder = false
  Program.log(
    "\(program): cluster \(config.id) on \(orchestrator.address ?? wanted), "
      + "state in \(statePath)")
  if let address = metrics?.address {
    Program.log("\(program): metrics on http://\(address)/metrics")
  }
  loop.run()
  launcher.reap()
  launcher.end()
  tie?.stop()
} catch let error as ConfigError {
  Program.fail(program, error.description, .configuration)
} catch let error as SystemError {
  Program.fail(program, error.description, .unavailable)
} catch {
  Program.fail(program, "\(error)", .osError)
}
Program.end(.ok)
