import LlamboCommand
import LlamboIO
import LlamboJSON
import LlamboWire

extension Command {
  static let top = Command(
    definition: CommandDefinition(
      "top", "Watch nodes, slots, tokens and latency on the whole screen.",
      options: [
        OptionDefinition(
          "--interval", "-i", .number("SECONDS", 0.1...60), "Time between two looks.",
          default: "1")
      ],
      examples: [
        CommandExample("llamboctl top", "q ends it, s sorts, j and k or the arrows scroll.")
      ]),
    run: { (arguments) throws(ControlError) in
      let interval = Int64(arguments.number("--interval") * 1000)
      let screen = try FullScreen()
      var view = TopView()
      var source = TopSource(ClusterAccess(arguments))
      while true {
        view.take(source.look(), at: EventLoop.clock())
        let next = EventLoop.clock() + interval
        repeat {
          let size = screen.size
          guard screen.draw(view.lines(columns: size.columns, lines: size.lines)) else {
            return .ok
          }
          switch screen.input(within: max(0, next - EventLoop.clock())) {
          case .key("q"), .end: return .ok
          case .key(let key): view.press(key)
          case .nothing: break
          }
        } while EventLoop.clock() < next
      }
    })
}

/// What one look at the cluster found, or why there is nothing to see.
enum TopSample {
  case cluster(status: JSON, nodes: [JSON], metrics: JSON)
  case unreachable(String)
}

/// Looks at the cluster, and looks for it again where it is gone: another orchestrator may have
/// another port.
private struct TopSource {
  /// Milliseconds that an answer may take until the screen says so.
  private static let patience: Int64 = 2000

  private let access: ClusterAccess
  private var client: LineClient?

  init(_ access: ClusterAccess) { self.access = access }

  mutating func look() -> TopSample {
    do throws(ControlError) {
      let client: LineClient
      if let open = self.client { client = open } else { client = try access.connect() }
      self.client = client
      let status = try client.ask(.status, timeout: Self.patience)
      let nodes = try client.ask(.nodes, timeout: Self.patience)["nodes"]?.array ?? []
      let metrics = try client.ask(.metrics, timeout: Self.patience)
      return .cluster(status: status, nodes: nodes, metrics: metrics)
    } catch {
      client = nil
      return .unreachable(error.message)
    }
  }
}
