import Glibc
import LlamboIO
import LlamboJSON
import LlamboWire
import Testing

extension SystemTests {
  /// limbot without a terminal: one question, or the lines of a script.
  @Suite struct LimbotTests {
    let box: Sandbox

    init() throws { box = try Sandbox() }

    private let greedy = ["-t", "0", "-n", "96"]

    @Test func argumentsAndAPipeAreOneQuestionByEitherName() throws {
      let cluster = try box.cluster(ClusterPlan(nodes: 1))
      let expected = try Client(cluster.address).answer(to: .chat("What is a cluster?"))
      let text = try #require(expected.text) + "\n"
      for (program, first) in [(Programs.llamboctl, ["limbot"]), (Programs.limbotCLI, [])] {
        let words = try box.run(program, first + greedy + ["What", "is", "a", "cluster?"])
        #expect(words.end == .status(0))
        #expect(words.output == text)
        #expect(words.errors.isEmpty)
        let piped = try box.run(program, first + greedy, input: "What is a cluster?\n")
        #expect(piped.end == .status(0))
        #expect(piped.output == text)
      }
      let whole = try box.run(Programs.limbotCLI, greedy + ["--json", "What is a cluster?"])
      #expect(try JSON.parse(Array(whole.output.utf8).span)["text"]?.string == expected.text)
    }

    @Test func limbotCLIExplainsItself() throws {
      for option in ["-h", "--help"] {
        let help = try box.run(Programs.limbotCLI, [option])
        #expect(help.end == .status(0))
        #expect(help.output.hasPrefix("Usage: limbot-cli [OPTION]… [PROMPT]…"))
        #expect(help.output.contains("--orchestrator HOST:PORT"))
      }
      let wrong = try box.run(Programs.limbotCLI, ["--interactiv"])
      #expect(wrong.end == .status(64))
      #expect(wrong.errors.hasPrefix("limbot-cli: unknown option \"--interactiv\"; did you mean"))
    }

    @Test func aScriptIsAConversationInWhichTurnsFollowOneAnother() throws {
      let cluster = try box.cluster(ClusterPlan(nodes: 1))
      let client = try Client(cluster.address)
      func message(_ role: String, _ content: String) -> GenerationRequest.Message {
        .init(role: role, content: content)
      }
      var messages = [message("system", "Be brief."), message("user", "What is a cluster?")]
      let first = try client.answer(
        to: GenerationRequest(.messages(messages), maxTokens: 96, temperature: 0))
      messages += [message("assistant", try #require(first.text)), message("user", "Why?")]
      let second = try client.answer(
        to: GenerationRequest(.messages(messages), maxTokens: 96, temperature: 0))
      let result = try box.run(
        Programs.limbotCLI, greedy + ["-i", "--system", "Be brief."],
        input: "What is a cluster?\n\n  Why?  \n/exit\nnever asked\n")
      #expect(result.end == .status(0))
      #expect(result.output == "\(first.text ?? "")\n\(second.text ?? "")\n")
      #expect(result.errors.isEmpty)
    }

    @Test func theTurnBeforeIsInThePrompt() throws {
      let cluster = try box.cluster(ClusterPlan(nodes: 1))
      let result = try box.run(
        Programs.limbotCLI, greedy + ["-i", "What is a cluster?"],
        input: "And a node?\n/save chat.json\n")
      #expect(result.end == .status(0))
      let saved = try JSON.parse(Array(File.text(box.path("chat.json")).utf8).span)
      let messages = try #require(saved["messages"]?.array)
      #expect(
        messages.compactMap { $0["role"]?.string } == ["user", "assistant", "user", "assistant"])
      #expect(messages[2]["content"] == "And a node?")
      // With the same messages, asked in any other way, the same comes out.
      let turns = messages.dropLast().map {
        GenerationRequest.Message(
          role: $0["role"]?.string ?? "", content: $0["content"]?.string ?? "")
      }
      let whole = try Client(cluster.address).answer(
        to: GenerationRequest(.messages(turns), maxTokens: 96, temperature: 0))
      #expect(whole.text == messages[3]["content"]?.string)
      let alone = try Client(cluster.address).answer(to: .chat("And a node?"))
      let wholePrompt = try #require(whole.end?.body["prompt_tokens"]?.integer)
      let lonePrompt = try #require(alone.end?.body["prompt_tokens"]?.integer)
      #expect(wholePrompt > lonePrompt)
    }

    @Test func aLongConversationLeavesOutItsOldestTurnsAndKeepsTheSystemMessage() throws {
      let cluster = try box.cluster(ClusterPlan(nodes: 1, contextSize: 192))
      let questions = (1...9).map { "What is node number \($0) of a cluster?" }
      let result = try box.run(
        Programs.limbotCLI, ["-i", "-t", "0", "-n", "40", "--system", "Be brief."],
        input: questions.joined(separator: "\n") + "\n/history\n")
      #expect(result.end == .status(0), "\(result.errors)")
      #expect(result.errors.isEmpty)
      let parts = result.output.split(separator: "… what is above is not sent any more\n")
      try #require(parts.count == 2)
      #expect(parts[0].contains("system  Be brief.\nyou     \(questions[0])\n"))
      #expect(parts[1].hasPrefix("you     What is node number "))
      #expect(parts[1].contains("you     \(questions[8])\n"))
      #expect(try cluster.status().requests["failed"] == 0)
    }

    @Test func mistakesOfAScriptAreSaidAndTheRestIsAnswered() throws {
      let cluster = try box.cluster(ClusterPlan(nodes: 1))
      let long = String(repeating: "node ", count: 2000)
      let result = try box.run(
        Programs.limbotCLI, greedy + ["-i"],
        input: """
          /hsitory
          /save
          /clear all
          /load nowhere.json
          /retry
          \(long)
          What is a cluster?

          """)
      let expected = try Client(cluster.address).answer(to: .chat("What is a cluster?"))
      #expect(result.end == .status(1))
      #expect(result.output == "\(expected.text ?? "none")\n")
      let errors = result.errors.split(separator: "\n")
      try #require(errors.count == 6, "\(result.errors)")
      #expect(errors[0] == "limbot-cli: there is no command /hsitory; did you mean /history?")
      #expect(errors[1].contains("/save FILE"))
      #expect(errors[2].contains("/clear stands alone"))
      #expect(errors[3].contains("nowhere.json: No such file"))
      #expect(errors[4].contains("nothing was asked yet"))
      #expect(errors[5].contains("prompt_too_long"))
    }

    @Test func aQuestionThatIsRefusedCostsTheConversationNothing() throws {
      _ = try box.cluster(ClusterPlan(nodes: 1))
      let long = String(repeating: "node ", count: 2000)
      let result = try box.run(
        Programs.limbotCLI, greedy + ["-i"],
        input: "What is a cluster?\n\(long)\nAnd a node?\n/history\n")
      #expect(result.end == .status(1))
      #expect(result.errors.contains("prompt_too_long"))
      #expect(result.output.contains("you     What is a cluster?\n"))
      #expect(result.output.contains("you     And a node?\n"))
      #expect(!result.output.contains("not sent any more"))
    }

    @Test func readerThatLeavesEndsLimbotQuietlyAndFreesTheSlot() throws {
      let cluster = try box.tirelessCluster(nodes: 1)
      for options in ["-n 100000", "-i -n 100000"] {
        let result = try box.shell(
          "yes 'What is a node?' 2>/dev/null | head -3 | $llamboctl limbot -t 0 \(options) | head -c1"
        )
        #expect(result.succeeded)
        #expect(result.output.count == 1)
        #expect(result.errors.isEmpty)
        try cluster.waitUntilIdle()
      }
    }

    @Test func answerThatCannotBeWrittenIsAFailure() throws {
      _ = try box.cluster(ClusterPlan(nodes: 1))
      let reasons = [">/dev/full": "No space left on device", ">&-": "Bad file descriptor"]
      for (place, reason) in reasons {
        for command in ["infer Hello", "limbot Hello", "limbot --json Hello", "limbot -i Hello"] {
          let result = try box.shell("$llamboctl \(command) \(place)")
          #expect(result.end == .status(71), "\(command) \(place)")
          #expect(result.errors == "the output could not be written: \(reason)\n")
        }
      }
    }

    @Test func withoutAClusterItSaysHowToGetOne() throws {
      try box.write(ClusterPlan(nodes: 1))
      for arguments in [["x"], ["-i"]] {
        let result = try box.run(Programs.limbotCLI, arguments)
        #expect(result.end == .status(69))
        #expect(
          result.errors == "limbot-cli: no cluster is running: start one with llamboctl init, "
            + "or give --start\n")
        #expect(box.processes.isEmpty)
      }
      let elsewhere = try box.run(Programs.limbotCLI, ["--start", "-o", "127.0.0.1:1", "x"])
      #expect(elsewhere.end == .status(69))
      #expect(elsewhere.errors.contains("no orchestrator answers on 127.0.0.1:1"))
      #expect(box.processes.isEmpty)
    }

    @Test func startStartsTheClusterUnasked() throws {
      try box.write(ClusterPlan(nodes: 1))
      let first = try box.run(Programs.limbotCLI, greedy + ["--start", "What is a cluster?"])
      #expect(first.end == .status(0), "\(first.errors)")
      #expect(first.errors.hasPrefix("Cluster system-test is ready: 1 node behind "))
      #expect(!first.output.contains("is ready"))
      let second = try box.run(Programs.limbotCLI, greedy + ["--start", "What is a cluster?"])
      #expect(second.errors.isEmpty)
      #expect(second.output == first.output)
      #expect(try box.llamboctl("shutdown").succeeded)
    }

    @Test func aQuestionTooLongForALineIsRefused() throws {
      _ = try box.cluster(ClusterPlan(nodes: 1))
      let quotes = String(repeating: "\"", count: 1 << 19) + "\n"
      for (program, arguments) in [
        (Programs.limbotCLI, []), (Programs.limbotCLI, ["-i"]), (Programs.llamboctl, ["infer"]),
      ] {
        let result = try box.run(program, arguments, input: quotes)
        #expect(result.end == .status(1))
        #expect(result.errors.contains("line_too_long"))
      }
    }

    @Test func aQuestionWaitsWhileTheClusterIsBusy() throws {
      let cluster = try box.tirelessCluster(nodes: 1, slots: 1)
      let client = try Client(cluster.address)
      try client.startEndless("long")
      let limbot = try box.start(
        Programs.limbotCLI, ["-i", "-n", "4", "-t", "0", "What is a cluster?"])
      try until("a question that waits") { try cluster.status().waiting == 1 }
      try client.send("CANCEL #long")
      #expect(try limbot.waitForEnd() == .status(0))
      #expect(!limbot.output.isEmpty && limbot.errors.isEmpty)
    }

    @Test func emptyInputIsRefusedBeforeACluster() throws {
      let result = try box.llamboctl("limbot", input: " \n\n")
      #expect(result.end == .status(64))
      #expect(result.errors.contains("the prompt is empty"))
    }
  }
}
