import LlamboCommand
import Testing

@Suite struct HelpTests {
  @Test func `Help shows usage, options with their facts, and examples`() {
    #expect(
      program.helpText(path: ["spawn"], width: 78) == """
        Usage: ctl spawn --type TYPE [OPTION]…

        Starts nodes.

        Options:
          -n, --count N            How many nodes to start (a whole number from 1 to
                                   100000; default 1)
          -t, --type TYPE          The node type (required)
              --temperature T      How freely tokens are drawn (a number from 0.0 to
                                   2.0)
          -l, --label TEXT         A word to find the nodes by (may be repeated)
          -c, --connect HOST:PORT  Where the orchestrator listens (default
                                   127.0.0.1:9000; or from $CTL_CONNECT)
          -v, --verbose            Say more
          -h, --help               Show this help

        Examples:
          ctl spawn --count 1000 --type tiny
              Starts a thousand tiny nodes.

        """)
  }

  @Test func `The program's help lists its commands and its version`() {
    let text = program.helpText()
    #expect(text.hasPrefix("Usage: ctl [OPTION]… [COMMAND]\n"))
    #expect(text.contains("\n  balancer  Shows or changes how requests are spread.\n"))
    #expect(text.contains("--version"))
    #expect(!program.helpText(path: ["nodes"]).contains("--version"))
    #expect(program.helpText(path: ["ask"]).contains("Usage: ctl ask [OPTION]… PROMPT…\n"))
    #expect(program.helpText(path: ["copy"]).contains("Usage: ctl copy [OPTION]… FROM [TO]\n"))
  }

  @Test(arguments: [0, 40, 60, 80, 200])
  func `No line of prose passes the width`(width: Int) {
    for line in program.helpText(path: ["spawn"], width: width).split(separator: "\n") {
      let isExample = line.hasPrefix("  ctl")
      #expect(isExample || line.count <= max(40, width), "\(line)")
    }
  }
}
