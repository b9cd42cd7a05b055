import Foundation
import LlamboJSON
import Testing

extension SystemTests {
  @Suite struct ModelsTests {
    private let box: Sandbox
    private static let shipped = "\(Programs.model)/Q8_0/llambo-tiny-q8_0.gguf"

    init() throws { box = try Sandbox() }

    /// The SHA-256 of the shipped model, as another program computes it.
    private func checksum(_ path: String = shipped) throws -> String {
      String(try box.run("sha256sum", [path]).output.prefix(64))
    }

    private func json(_ path: String) throws -> JSON {
      try JSON.parse(Array(File.text(path).utf8).span)
    }

    // MARK: Files

    @Test func fileIsAddedInTheManualsLayoutAndServes() throws {
      let added = try box.llamboctl(
        "models", "add", Self.shipped, "--sha256", try checksum().uppercased())
      #expect(added.succeeded, "\(added.errors)")
      #expect(added.output.hasPrefix("Added llambo-tiny: llama, 2.6M parameters, Q8_0, 2.8 MB"))
      let folder = box.path("models/llambo-tiny")
      #expect(
        FileManager.default.contentsEqual(
          atPath: Self.shipped, andPath: folder + "/Q8_0/llambo-tiny-q8_0.gguf"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 2)
      let description = try json(folder + "/model.json")
      #expect(description["path"] == "Q8_0/llambo-tiny-q8_0.gguf")
      #expect(description["architecture"] == "llama")
      #expect(description["parameters"] == "2.6M")
      #expect(description["quantization"] == "Q8_0")
      #expect(description["context_length"] == 2048)

      let check = try box.llamboctl("models", "check", "llambo-tiny")
      #expect(check.succeeded, "\(check.errors)")
      #expect(check.output.hasPrefix("llambo-tiny is sound: llama, 2.6M parameters, Q8_0"))
      _ = try box.cluster(ClusterPlan(nodes: 1, model: "llambo-tiny"))
    }

    @Test func nameThatIsTakenIsRefusedAndAnotherMayBeGiven() throws {
      let address = "file://\(Self.shipped)"
      #expect(try box.llamboctl("models", "add", address, "--name", "one").succeeded)
      let again = try box.llamboctl("models", "add", address, "--name", "one")
      #expect(again.end == .status(1))
      #expect(again.errors.contains("there is a model one already"))
      #expect(try box.llamboctl("models", "add", address, "--name", "two").succeeded)
    }

    @Test func whatIsNoModelIsRefusedAndLeavesNothing() throws {
      try File.write("no model", to: box.path("text.gguf"))
      try File.write("# Notes", to: box.path("notes.md"))
      try FileManager.default.createDirectory(
        atPath: box.path("notes"), withIntermediateDirectories: false)
      let refusals = [
        (["models", "add", box.path("text.gguf")], "model_not_gguf", 65),
        (["models", "add", box.path("missing.gguf")], "model_not_found", 65),
        (["models", "add", "notes.md"], "notes.md does not begin with \"GGUF\"", 65),
        (["models", "add", "notes"], "notes is a folder", 65),
        (["models", "add", "ftp://host/model.gguf"], "addresses of ftp are not understood", 64),
        (["models", "add", "http:///model.gguf"], "names no host", 64),
        (["models", "add", Self.shipped, "--name", "../x"], "cannot be a model's name", 64),
        (["models", "add", Self.shipped, "--sha256", "12"], "64 hexadecimal digits", 64),
        (
          ["models", "add", Self.shipped, "--sha256", String(repeating: "0", count: 64)],
          "has the SHA-256 \(try checksum())", 65
        ),
      ]
      for (arguments, reason, status) in refusals {
        let refused = try box.run(Programs.llamboctl, arguments)
        #expect(refused.end == .status(Int32(status)), "\(arguments)")
        #expect(refused.errors.contains(reason), "\(refused.errors)")
        #expect(!refused.errors.contains(".partial"), "\(refused.errors)")
      }
      let models = try? FileManager.default.contentsOfDirectory(atPath: box.path("models"))
      #expect(models ?? [] == [])
    }

    // MARK: Lists and checks

    @Test func listTellsPeopleAndProgramsOfSoundAndDamagedModels() throws {
      #expect(try box.llamboctl("models", "list").output == "There are no models in models.\n")
      #expect(try box.llamboctl("models", "add", Self.shipped).succeeded)
      let short = Data(
        (FileManager.default.contents(atPath: Self.shipped) ?? Data()).prefix(200_000))
      try short.write(to: URL(filePath: box.path("models/short.gguf")))
      let list = try box.llamboctl("models", "list")
      #expect(list.lines.count == 3)
      #expect(list.lines[0].hasPrefix("NAME"))
      #expect(
        list.lines[1].split(separator: " ").map(String.init)
          == ["llambo-tiny", "llama", "2.6M", "Q8_0", "2.8", "MB", "2,048", "sound"])
      #expect(list.lines[2].hasPrefix("short ") && list.lines[2].contains("model_truncated"))
      let entries = try JSON.parse(
        Array(try box.llamboctl("models", "list", "--json").output.utf8).span)
      #expect(entries.array?.map { $0["name"]?.string } == ["llambo-tiny", "short"])
      #expect(entries.array?[0]["title"] == "Llambo Tiny")
      #expect(entries.array?[0]["problem"] == .null)
      #expect(entries.array?[1]["problem"]?.string?.hasPrefix("model_truncated") == true)

      let broken = try box.llamboctl("models", "check", "short")
      #expect(broken.end == .status(65))
      #expect(broken.errors.contains("short cannot be used: model_truncated"))
      let path = try box.llamboctl(
        "models", "check", Programs.model, "--sha256", try checksum())
      #expect(path.succeeded)
      let missing = try box.llamboctl("models", "check", "nobody")
      #expect(missing.end == .status(65))
      #expect(missing.errors.contains("there is no model nobody"))
    }

    @Test func whatStandsBehindAModelIsFound() throws {
      let model = try #require(FileManager.default.contents(atPath: Self.shipped))
      let long = box.path("long.gguf")
      try (model + model.suffix(1_500_000)).write(to: URL(filePath: long))
      let reason =
        "model_damaged: \(long) is damaged: it has \(model.count + 1_500_000) bytes, 1500000 more"
      for words in [["models", "add", long], ["models", "check", long]] {
        let refused = try box.run(Programs.llamboctl, words)
        #expect(refused.end == .status(65))
        #expect(refused.errors.contains(reason), "\(refused.errors)")
      }
      #expect(!File.exists(box.path("models/long")))
    }

    @Test func descriptionThatContradictsItsFileIsFound() throws {
      #expect(try box.llamboctl("models", "add", Self.shipped, "--name", "liar").succeeded)
      let description = box.path("models/liar/model.json")
      let text = File.text(description).replacing(
        "Q8_0\",\n  \"context", with: "Q4_K_M\",\n  \"context")
      try File.write(text, to: description)
      let check = try box.llamboctl("models", "check", "liar")
      #expect(check.end == .status(65))
      #expect(check.errors.contains("\"quantization\" is \"Q4_K_M\""))
    }

    // MARK: Downloads

    /// A host of the shipped model, whose ways of failing the address chooses.
    private func host() throws -> String {
      let program = try box.start("python3", [Self.script, Self.shipped])
      try until("the host's port; it wrote \(program.errors)") { program.output.hasSuffix("\n") }
      return "http://127.0.0.1:\(program.output.dropLast())"
    }

    private static let script =
      Programs.checkout + "/Tests/SystemTests/Control/model-host.py"

    private func add(_ arguments: String...) throws -> Sandbox.ControlResult {
      let result = try box.run(
        Programs.llamboctl, ["models", "add"] + arguments, environment: ["no_proxy": "127.0.0.1"])
      return Sandbox.ControlResult(
        end: result.end, output: result.output, errors: result.errors)
    }

    @Test func addressIsFetchedAndChecked() throws {
      let host = try host()
      let added = try add("\(host)/whole/tiny-q8_0.gguf?download=true", "--sha256", try checksum())
      #expect(added.succeeded, "\(added.errors)")
      #expect(File.exists(box.path("models/tiny/Q8_0/tiny-q8_0.gguf")))
      #expect(try add("\(host)/redirect/tiny-q8_0.gguf", "--name", "moved").succeeded)
    }

    @Test func brokenDownloadGoesOnWhereItEnded() throws {
      let address = "\(try host())/broken/tiny-q8_0.gguf"
      let broken = try add(address)
      #expect(broken.end == .status(69))
      #expect(broken.errors.contains("the connection broke before the file was whole"))
      #expect(broken.errors.contains("the same command goes on behind them"))
      let partial = box.path("models/tiny/tiny-q8_0.gguf.partial")
      #expect(File.exists(partial))
      #expect(try box.llamboctl("models", "list").output.contains("its download is unfinished"))

      let whole = try add(address, "--sha256", try checksum())
      #expect(whole.succeeded, "\(whole.errors)")
      #expect(whole.errors.contains("Going on behind the 500 kB that are here already."))
      #expect(!File.exists(partial))
      // The host saw where the second attempt began.
      #expect(File.text(box.path("program-0.err")).contains("bytes=500000-"))
    }

    /// curl may outlive the killed program for a moment, while the next one goes on.
    @Test func downloadGoesOnSoundWhereItWasKilled() throws {
      let address = "\(try host())/held/tiny-q8_0.gguf"
      try FileManager.default.createDirectory(
        atPath: box.path("models/tiny"), withIntermediateDirectories: true)
      let begun = try #require(FileManager.default.contents(atPath: Self.shipped)).prefix(100_000)
      try begun.write(to: URL(filePath: box.path("models/tiny/tiny-q8_0.gguf.partial")))
      let killed = try box.start(
        Programs.llamboctl, ["models", "add", address], environment: ["no_proxy": "127.0.0.1"])
      let partial = box.path("models/tiny/tiny-q8_0.gguf.partial")
      func size(_ path: String) -> Int {
        (try? FileManager.default.attributesOfItem(atPath: path)[.size]) as? Int ?? 0
      }
      try until("the next bytes of a download") { size(partial) == 600_000 }
      killed.signal(SIGKILL)
      _ = try killed.waitForEnd()

      let whole = try add(address)
      #expect(whole.succeeded, "\(whole.errors)")
      #expect(whole.errors.contains("Going on behind the 600 kB that are here already."))
      let model = box.path("models/tiny/Q8_0/tiny-q8_0.gguf")
      #expect(try checksum(model) == checksum())
      try until("the end of the killed program's curl") { !box.processes.contains { isCurl($0) } }
      #expect(try checksum(model) == checksum())
      #expect(!File.exists(partial))
    }

    private func isCurl(_ pid: pid_t) -> Bool {
      File.text("/proc/\(pid)/comm") == "curl\n"
    }

    @Test func whatIsNotAsLongAsTheHostSaysIsRemoved() throws {
      let address = "\(try host())/liar/tiny-q8_0.gguf"
      #expect(try add(address).errors.contains("the connection broke"))
      let liar = try add(address)
      #expect(liar.end == .status(69))
      #expect(liar.errors.contains("as the host says"), "\(liar.errors)")
      #expect(!File.exists(box.path("models/tiny")))
    }

    @Test func fileThatIsLongerThanItsHeaderDescribesIsRefused() throws {
      let address = "\(try host())/grown/tiny-q8_0.gguf"
      let grown = try add(address)
      #expect(grown.end == .status(65))
      #expect(grown.errors.contains("model_damaged: \(address) is damaged"), "\(grown.errors)")
      #expect(!File.exists(box.path("models/tiny")))
    }

    @Test func hostWithoutRangesIsAskedForTheWholeFile() throws {
      let address = "\(try host())/rangeless/tiny-q8_0.gguf"
      try FileManager.default.createDirectory(
        atPath: box.path("models/tiny"), withIntermediateDirectories: true)
      try File.write("old", to: box.path("models/tiny/tiny-q8_0.gguf.partial"))
      let added = try add(address, "--sha256", try checksum())
      #expect(added.succeeded, "\(added.errors)")
      #expect(added.errors.contains("starting anew"))
    }

    @Test func wrongChecksumIsRefusedAndNothingStays() throws {
      let refused = try add(
        "\(try host())/whole/tiny-q8_0.gguf", "--sha256", String(repeating: "ab", count: 32))
      #expect(refused.end == .status(65))
      #expect(refused.errors.contains("it is damaged, or another file"))
      #expect(!File.exists(box.path("models/tiny")))
    }

    @Test func hostsFailuresAreToldInWords() throws {
      let host = try host()
      let missing = try add("\(host)/missing/tiny.gguf")
      #expect(missing.end == .status(69))
      #expect(missing.errors.contains("the host has no such file (HTTP 404)"))
      let page = try add("\(host)/page/tiny.gguf")
      #expect(page.end == .status(65))
      #expect(page.errors.contains("model_not_gguf"))
      let nobody = try add("http://127.0.0.1:1/tiny.gguf")
      #expect(nobody.end == .status(69))
      #expect(nobody.errors.contains("nothing answers there"))
      #expect(!File.exists(box.path("models/tiny")))
    }

    @Test func interruptedDownloadSaysHowToGoOn() throws {
      let address = "\(try host())/slow/tiny-q8_0.gguf"
      let program = try box.start(
        Programs.llamboctl, ["models", "add", address], environment: ["no_proxy": "127.0.0.1"])
      let partial = box.path("models/tiny/tiny-q8_0.gguf.partial")
      try until("the first bytes of a download") { !File.text(partial).isEmpty }
      program.signal(SIGINT)
      #expect(try program.waitForEnd() == .status(130))
      #expect(program.errors.contains("interrupted."))
      #expect(program.errors.contains("the same command goes on behind them"))
      #expect(File.exists(partial))
    }
  }
}
