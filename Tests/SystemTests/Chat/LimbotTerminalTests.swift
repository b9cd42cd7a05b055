import Glibc
import LlamboIO
import LlamboJSON
import TerminalHarness
import Testing

extension SystemTests {
  /// limbot as a person has it.
  @Suite struct LimbotTerminalTests {
    let box: Sandbox

    init() throws { box = try Sandbox() }

    @Test func aPersonTalksWithTheCluster() throws {
      let cluster = try box.cluster(ClusterPlan(nodes: 2))
      let expected = try Client(cluster.address).answer(to: .chat("What is a cluster?"))
      let limbot = try box.limbot(["-t", "0", "-n", "96"])
      #expect(limbot.shown.contains("Cluster system-test, 2 of 2 nodes healthy. /help shows"))
      let first = try limbot.enter("What is a cluster?")
      #expect(unwrapped(first).contains(try #require(expected.text)))
      #expect(first.contains("\(expected.tokenCount ?? 0) tokens, "))
      #expect(first.contains("a second, worker-000"))
      try limbot.enter("And a node?")
      let history = unwrapped(try limbot.enter("/history"))
      #expect(history.contains("you     What is a cluster?\nlimbot  \(expected.text ?? "")\n"))
      #expect(history.contains("you     And a node?\nlimbot  "))
      #expect(try limbot.enter("/status").contains("2 healthy of 2"))
      #expect(try limbot.enter("/help").contains("Ctrl-C stops its answer."))
      #expect(try limbot.leave() == 0)
    }

    @Test func aLineIsDrawnAnewWhenTheSizeChanges() throws {
      _ = try box.cluster(ClusterPlan(nodes: 1))
      let limbot = try box.limbot(["-t", "0", "-n", "8"])
      let size = { (columns: UInt16) in limbot.resize((columns, 24)) }
      // What Tab completes was not echoed by the kernel, before libedit reads.
      limbot.type("/stat\t")
      try limbot.wait(for: "us ")
      let long = "é\(String(repeating: "x", count: 90)) end"
      limbot.type(long)
      try limbot.wait(for: "end")
      // From the prompt's row on, all is cleared; 105 columns stand before the cursor.
      size(80)
      try limbot.wait(for: "\u{1b}[1A\u{1b}[J> /status éxxx")
      try limbot.wait(for: "end")
      size(40)
      try limbot.wait(for: "\u{1b}[2A\u{1b}[J> /status éxxx")
      try limbot.wait(for: "end")
      size(140)
      let between = try limbot.wait(for: "\u{1b}[J> /status \(long)")
      #expect(!between.contains("\u{1b}["))
      // The line is what it was, and goes on.
      #expect(try limbot.enter(" é").contains("/status stands alone on its line"))
      #expect(try limbot.leave() == 0)
    }

    @Test func helpIsBrokenBetweenWords() throws {
      _ = try box.cluster(ClusterPlan(nodes: 1))
      let limbot = try box.limbot()
      limbot.resize((60, 24))
      let help = try limbot.enter("/help")
      #expect(help.contains("\n/system TEXT  what the model is told before everything;\n"))
      #expect(help.contains("\n              alone: show it; \"-\": nothing\n"))
      #expect(try limbot.leave() == 0)
    }

    /// The terminal's lines joined again where they were broken between words; labels and empty
    /// lines keep theirs.
    private func unwrapped(_ text: String) -> String {
      var lines: [String] = []
      for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
        if let last = lines.last, last.count > 150, !line.hasPrefix("you") {
          lines[lines.count - 1] = last + " " + line.drop { $0 == " " }
        } else {
          lines.append(String(line))
        }
      }
      return lines.joined(separator: "\n")
    }

    @Test func aConversationIsClearedSavedLoadedAndAskedAnew() throws {
      _ = try box.cluster(ClusterPlan(nodes: 1))
      let limbot = try box.limbot(["-t", "0", "-n", "32"])
      #expect(try limbot.enter("/history").contains("Nothing was said yet."))
      #expect(try limbot.enter("/system").contains("No system message."))
      #expect(try limbot.enter("/system Be brief.").contains("is set"))
      #expect(try limbot.enter("/system").contains("Be brief."))
      try limbot.enter("What is a node?")
      #expect(try limbot.enter("/save chat.json").contains("Saved 1 turn to chat.json."))
      let saved = File.text(box.path("chat.json"))
      #expect(File.mode(box.path("chat.json")) == 0o600)
      #expect(try limbot.enter("/clear").contains("is forgotten"))
      let empty = try limbot.enter("/history")
      #expect(empty.contains("system  Be brief.") && !empty.contains("you "))
      #expect(try limbot.enter("/load chat.json").contains("Loaded 1 turn from chat.json."))
      #expect(try limbot.enter("/history").contains("you     What is a node?"))
      // The name of a file is completed.
      #expect(try limbot.enter("/load cha\t").contains("Loaded 1 turn from chat.json."))
      #expect(try limbot.enter("/retry").contains(" a second, worker-0001"))
      try limbot.enter("/save again.json")
      #expect(File.text(box.path("again.json")) == saved)
      #expect(try limbot.enter("/system -").contains("No system message"))
      #expect(try limbot.enter("/lod x").contains("did you mean /load?"))
      #expect(try limbot.leave() == 0)
    }

    @Test func ctrlCStopsTheAnswerAndNotTheProgram() throws {
      let cluster = try box.tirelessCluster(nodes: 1)
      let limbot = try box.limbot(["-n", "100000", "-t", "0"])
      limbot.type("half a line")
      try limbot.wait(for: "half a line")
      limbot.type("\u{3}")
      try limbot.wait(for: Sandbox.limbotPrompt)
      limbot.type("What is a cluster?\r")
      let status = try Client(cluster.address)
      try until("a running answer") { ClusterStatus(try status.ask("STATUS").body).tokens > 20 }
      limbot.type("\u{3}")
      #expect(try limbot.wait(for: Sandbox.limbotPrompt).contains(", stopped"))
      try cluster.waitUntilIdle()
      #expect(try cluster.status().tokens < TirelessModel.contextSize / 2)
      // What came of it is in the conversation, and the line that was given up is nowhere.
      let history = try limbot.enter("/history")
      #expect(history.contains("you     What is a cluster?"))
      #expect(!history.contains("half a line"))
      limbot.type("Go on\r")
      try until("another answer") { ClusterStatus(try status.ask("STATUS").body).busy == 1 }
      limbot.type("\u{3}")
      try limbot.wait(for: Sandbox.limbotPrompt)
      #expect(try limbot.finishByEndOfInput() == 0)
    }

    @Test func anAnswerOutlivesItsWorker() throws {
      let cluster = try box.tirelessCluster(nodes: 2)
      let limbot = try box.limbot(["-n", "3000", "-t", "0"])
      limbot.type("What is a cluster?\r")
      try until("a running answer") { try cluster.status().tokens > 20 }
      let victim = try #require(try cluster.nodes().first { $0.busy > 0 }?.pid)
      kill(victim, SIGKILL)
      let answer = try limbot.wait(for: Sandbox.limbotPrompt)
      #expect(answer.contains("3000 tokens, "))
      #expect(!answer.contains("limbot: "))
      #expect(try cluster.status().requests["failovers"] == 1)
      #expect(try limbot.leave() == 0)
    }

    @Test func theConversationOutlivesItsOrchestrator() throws {
      let plan = ClusterPlan(nodes: 1, lease: 30_000)
      let first = try box.cluster(plan)
      let limbot = try box.limbot(["-t", "0", "-n", "32"])
      try limbot.enter("What is a cluster?")
      first.program.signal(SIGKILL)
      _ = try first.program.waitForEnd()
      limbot.type("What is a node?\r")
      try limbot.wait(for: "Waiting for the orchestrator; Ctrl-C gives up.")
      let second = try box.orchestrator(plan)
      let answer = try limbot.wait(for: Sandbox.limbotPrompt)
      #expect(answer.contains("Connected again; asking once more."))
      #expect(answer.contains(" a second, worker-0001"))
      let history = try limbot.enter("/history")
      #expect(history.contains("What is a cluster?") && history.contains("What is a node?"))
      #expect(try second.status().requests["finished"] ?? 0 >= 1)
      #expect(try limbot.leave() == 0)
    }

    @Test func waitingForAnOrchestratorCanBeGivenUp() throws {
      let cluster = try box.cluster(ClusterPlan(nodes: 1))
      let limbot = try box.limbot()
      cluster.program.signal(SIGKILL)
      _ = try cluster.program.waitForEnd()
      limbot.type("What is a node?\r")
      try limbot.wait(for: "Ctrl-C gives up.")
      limbot.type("\u{3}")
      #expect(
        try limbot.wait(for: Sandbox.limbotPrompt).contains(
          "limbot: gave up waiting for the orchestrator; /retry asks again"))
      #expect(try limbot.enter("/history").contains("you     What is a node?"))
      #expect(try limbot.enter("/status").contains("no orchestrator answers"))
      #expect(try limbot.leave() == 0)
    }

    @Test func linesAreRememberedAndCommandsCompleted() throws {
      _ = try box.cluster(ClusterPlan(nodes: 1))
      var limbot = try box.limbot()
      try limbot.enter("/system remember this")
      #expect(try limbot.leave() == 0)
      #expect(File.mode(box.path("history")) == 0o600)
      limbot = try box.limbot()
      limbot.type("\u{1b}[A\u{1b}[A")
      try limbot.wait(for: "/system remember this")
      limbot.type("\r")
      try limbot.wait(for: "is set")
      try limbot.wait(for: Sandbox.limbotPrompt)
      limbot.type("/hi\t\r")
      try limbot.wait(for: "system  remember this")
      try limbot.wait(for: Sandbox.limbotPrompt)
      #expect(try limbot.leave() == 0)
    }

    @Test func colourIsForThoseWhoWantIt() throws {
      _ = try box.cluster(ClusterPlan(nodes: 1))
      let colours: [([String: String], Bool)] = [
        (["NO_COLOR": ""], true), (["NO_COLOR": "", "TERM": "dumb"], false), ([:], false),
      ]
      for (environment, isDim) in colours {
        let limbot = try box.terminal(
          Programs.llamboctl, ["limbot", "-n", "4"], environment: environment)
        try limbot.wait(for: "/help")
        limbot.type("What is a node?\r")
        try limbot.wait(for: "worker-0001")
        limbot.type("/exit\r")
        #expect(try limbot.finish() == 0)
        #expect(limbot.shown.contains("\u{1b}[2m") == isDim, "\(environment)")
      }
    }

    @Test func aQuestionOnTheCommandLineCanBeginAConversation() throws {
      _ = try box.cluster(ClusterPlan(nodes: 1))
      let limbot = try box.terminal(
        Programs.limbotCLI, ["-i", "-n", "8", "-t", "0", "What is a node?"])
      try limbot.wait(for: "8 tokens, ")
      try limbot.wait(for: Sandbox.limbotPrompt)
      #expect(try limbot.enter("/history").contains("you     What is a node?"))
      #expect(try limbot.leave() == 0)
    }

    @Test func withoutAClusterItOffersToStartOne() throws {
      try box.write(ClusterPlan(nodes: 1))
      for answer in ["\r", "n\r", "\u{4}"] {
        let limbot = try box.terminal(Programs.llamboctl, ["limbot"])
        try limbot.wait(for: "No cluster is running. Start system-test here? [y/N] ")
        limbot.type(answer)
        #expect(try limbot.finish() == 69)
        #expect(limbot.shown.contains("start one with llamboctl init"))
        #expect(!File.exists(box.path(ClusterPlan.stateFile)))
      }
      let limbot = try box.terminal(Programs.llamboctl, ["limbot"])
      try limbot.wait(for: "[y/N] ")
      limbot.type("y\r")
      try limbot.wait(for: "Cluster system-test is ready: 1 node behind ")
      try limbot.wait(for: Sandbox.limbotPrompt)
      #expect(try limbot.leave() == 0)
      #expect(try box.llamboctl("health").succeeded)
      #expect(try box.llamboctl("shutdown").succeeded)
    }

    @Test func aTerminalThatCannotShowAnswersIsNoPlaceToTalk() throws {
      _ = try box.cluster(ClusterPlan(nodes: 1))
      let limbot = try box.terminal(
        "/bin/sh", ["-c", "\(Programs.llamboctl) limbot > \(box.path("out"))"])
      #expect(try limbot.finish() == 64)
      #expect(limbot.shown.contains("a prompt is missing"))
      #expect(limbot.shown.contains("-i"))
    }
  }
}
