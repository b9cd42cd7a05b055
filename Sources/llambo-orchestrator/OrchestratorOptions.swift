import LlamboCluster
import LlamboCommand
import LlamboConfig
import LlamboIO
import LlamboJSON
import LlamboWire

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

let orchestratorCommand = CommandDefinition(
  "llambo-orchestrator",
  "Spawn and watch workers, and spread the requests of clients over them.",
  options: [
    OptionDefinition(
      "--config", "-c", .path("PATH"), "The cluster's configuration.",
      default: "cluster-config.yaml", environment: "CLUSTER_CONFIG"),
    OptionDefinition(
      "--listen", "-l", .text("HOST:PORT"), "Line port, instead of the configuration's."),
    OptionDefinition(
      "--state-file", nil, .path("PATH"), "State file, instead of the configuration's."),
    OptionDefinition(
      "--worker", nil, .path("PATH"),
      "The llambo-worker to start; the one beside this program unless given."),
    OptionDefinition(
      "--tied", nil, .flag,
      "Shut down when standard input ends, as a pipe does when the program at its other end is gone."
    ),
    OptionDefinition(
      "--own-folder", nil, .flag,
      "The configuration's folder was made for this orchestrator: remove the file once it is read, and "
        + "the folder at the end."),
  ],
  examples: [
    CommandExample("llambo-orchestrator", "Run the cluster of ./cluster-config.yaml here."),
    CommandExample("llamboctl init", "Run it in the background and wait until it is healthy."),
  ])

/// What an orchestrator of that cluster left behind when it was killed; nil where there is nothing,
/// or nothing that can be read.
func earlierState(_ file: PrivateFile, of cluster: String) throws(SystemError) -> ClusterState? {
  guard let bytes = try file.read(), let body = try? JSON.parse(bytes.span),
    let state = try? ClusterState(body: body), state.cluster == cluster
  else { return nil }
  return state
}

/// Microseconds since 1970: an epoch that grows from one orchestrator to the next, and faster than
/// any cluster launches workers.
func wallClock() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_REALTIME, &time)
  return UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_nsec) / 1000
}
