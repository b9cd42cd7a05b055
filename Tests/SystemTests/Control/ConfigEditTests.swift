import Foundation
import LlamboIO
import LlamboJSON
import LlamboWire
import Testing

extension SystemTests {
  /// `llamboctl config --edit`, with a script for an editor.
  @Suite struct ConfigEditTests {
    let box: Sandbox

    init() throws {
      box = try Sandbox()
      try box.write(ClusterPlan(nodes: 1))
    }

    private var file: String { box.path("cluster-config.yaml") }

    /// An editor that does this to the file that it is given, `$1`.
    private func editor(_ script: String) throws -> [String: String] {
      let path = box.path("editor")
      try File.writeProgram("#!/bin/sh\n\(script)\n", to: path)
      return ["EDITOR": path, "VISUAL": ""]
    }

    private var copies: [String] {
      get throws {
        try FileManager.default.contentsOfDirectory(atPath: box.folder)
          .filter { $0.contains(".edit-") }
      }
    }

    @Test func aSoundEditHoldsInTheRunningCluster() throws {
      let cluster = try box.cluster(ClusterPlan(nodes: 1))
      try File.write(File.text(file), to: file, mode: 0o640)
      let environment = try editor(##"sed -i s/least-loaded/random/ "$1""##)
      let edit = try box.llamboctl("config", "--edit", environment: environment)
      #expect(edit.succeeded, "\(edit.errors)")
      #expect(edit.output.contains("cluster-config.yaml is changed."))
      #expect(edit.output.contains("load_balancer.strategy: least-loaded → random"))
      #expect(try Client(cluster.address).ask("STATUS").body["strategy"] == "random")
      #expect(File.text(file).contains("\"random\""))
      #expect(File.mode(file) == 0o640)
      #expect(try copies == [])
    }

    @Test func withoutAClusterTheNextOneStartsWithIt() throws {
      let edit = try box.llamboctl(
        "config", "--edit", environment: try editor(##"echo "# a remark" >> "$1""##))
      #expect(edit.succeeded)
      #expect(edit.output.contains("No cluster is running"))
      #expect(File.text(file).hasSuffix("# a remark\n"))
    }

    @Test func mistakesAreShownAndTheCopyIsKept() throws {
      let before = File.text(file)
      let edit = try box.llamboctl(
        "config", "--edit", environment: try editor(##"sed -i s/strategy/stratgy/ "$1""##))
      #expect(edit.end == .status(78))
      let copy = try #require(try copies.first)
      #expect(edit.errors.contains("\(copy):"))
      #expect(edit.errors.contains("did you mean \"strategy\"?"))
      #expect(edit.errors.contains("cluster-config.yaml stays as it was"))
      #expect(File.text(file) == before)
      #expect(File.text(box.path(copy)).contains("stratgy"))
      // What is to be done with the copy does it.
      try File.write(before.replacing("least-loaded", with: "random"), to: box.path(copy))
      let lines = edit.errors.split(separator: "\n").map(String.init)
      let check = try #require(lines.first { $0.contains("Mend it and check it:") })
      let command = check.replacing("Mend it and check it:", with: "")
      let checked = try box.shell(command.replacing("llamboctl", with: "$llamboctl"))
      #expect(checked.output.hasSuffix("\(copy) is valid.\n"), "\(checked.errors)")
      #expect(edit.errors.contains("mv \(copy) cluster-config.yaml && llamboctl config --reload"))
    }

    @Test func aModelThatIsNotThereIsAMistake() throws {
      let edit = try box.llamboctl(
        "config", "--edit", environment: try editor(##"sed -i 's/model: .*/model: dragon/' "$1""##))
      #expect(edit.end == .status(78))
      #expect(edit.errors.contains("no file for model \"dragon\""))
    }

    @Test func onATerminalAMistakeCanBeMended() throws {
      let environment = try editor(
        """
        if grep -q stratgy "$1"; then sed -i s/stratgy:.*/strategy:\\ random/ "$1"
        else sed -i s/strategy:/stratgy:/ "$1"; fi
        """)
      try File.write("y\n", to: box.path("answers"))
      let line = #"script -qec "$llamboctl config --edit" /dev/null < answers"#
      let edit = try box.run(
        "sh", ["-c", line],
        environment: environment.merging(["llamboctl": Programs.llamboctl]) { $1 })
      #expect(edit.end == .status(0), "\(edit.output)")
      #expect(edit.output.contains("Edit it again? [Y/n]"))
      #expect(edit.output.contains("cluster-config.yaml is changed."))
      #expect(File.text(file).contains("strategy: random"))
      #expect(try copies == [])
    }

    @Test func nothingChangedIsNothingDone() throws {
      let edit = try box.llamboctl("config", "--edit", environment: try editor("true"))
      #expect(edit.succeeded)
      #expect(edit.output == "cluster-config.yaml is as it was.\n")
      #expect(try copies == [])
    }

    @Test func theEditorIsNoLineOfAShell() throws {
      let trap = box.path("trap")
      for words in ["true ; touch \(trap)", "true $(touch \(trap))", "true `touch \(trap)`"] {
        let edit = try box.llamboctl(
          "config", "--edit", environment: ["VISUAL": words, "EDITOR": ""])
        #expect(edit.succeeded, "\(edit.errors)")
      }
      #expect(!File.exists(trap))
      let missing = try box.llamboctl(
        "config", "--edit", environment: ["VISUAL": "no-such-editor -w", "EDITOR": ""])
      #expect(missing.end == .status(71))
      #expect(missing.errors.contains("name an editor in $VISUAL or $EDITOR"))
      #expect(try copies == [])
    }

    @Test func anEditorThatFailsChangesNothing() throws {
      let before = File.text(file)
      let edit = try box.llamboctl(
        "config", "--edit", environment: try editor(##"echo "# lost?" >> "$1"; exit 3"##))
      #expect(edit.end == .status(1))
      #expect(edit.errors.contains("ended with status 3"))
      #expect(File.text(file) == before)
      #expect(File.text(box.path(try #require(try copies.first))).hasSuffix("# lost?\n"))
    }

    @Test func aFileThatSomebodyElseChangedMeanwhileStays() throws {
      let edit = try box.llamboctl(
        "config", "--edit",
        environment: try editor(##"echo "# mine" >> "$1"; echo "# theirs" >> cluster-config.yaml"##)
      )
      #expect(edit.end == .status(1))
      #expect(edit.errors.contains("changed by somebody else"))
      #expect(File.text(file).hasSuffix("# theirs\n"))
      #expect(try copies.count == 1)
    }

    @Test func aSymbolicLinkStaysOne() throws {
      let target = box.path("real.yaml")
      try FileManager.default.moveItem(atPath: file, toPath: target)
      try FileManager.default.createSymbolicLink(atPath: file, withDestinationPath: target)
      let edit = try box.llamboctl(
        "config", "--edit", environment: try editor(##"echo "# more" >> "$1""##))
      #expect(edit.succeeded, "\(edit.errors)")
      #expect(File.text(target).hasSuffix("# more\n"))
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: file) == target)
    }
  }
}
