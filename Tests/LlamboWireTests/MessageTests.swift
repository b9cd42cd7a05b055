import LlamboJSON
import LlamboWire
import Testing

/// The bodies that programs send one another: written, read back, and refused where damaged.
struct MessageTests {
  private static let hello = Hello(
    node: "worker-0001", epoch: UInt64(Int.max), type: "tiny", model: "m \"x\"", slots: 4,
    contextSize: 4096, listen: "127.0.0.1:9001", pid: 42)

  private static func with(_ object: JSON, _ name: String, _ value: JSON?) -> JSON {
    var members = object.object!.filter { $0.name != name }
    if let value { members.append(.init(name, value)) }
    return .object(members)
  }

  // MARK: HELLO and WELCOME

  @Test(arguments: ["worker-0001", nil])
  func aHelloIsReadAsItWasWritten(node: String?) throws {
    var hello = Self.hello
    hello.node = node
    #expect(try Hello(body: try body(hello.body.description)) == hello)
  }

  @Test(
    arguments: [
      ("protocol", nil, WireError.Code.invalidRequest), ("protocol", 2, .invalidRequest),
      ("protocol", -1, .outOfRange),
      ("node", "a b", .invalidRequest), ("node", "", .invalidRequest), ("node", 1, .invalidRequest),
      ("node", "../x", .invalidRequest), ("node", "x\n", .invalidRequest),
      ("epoch", nil, .invalidRequest), ("epoch", -1, .outOfRange), ("epoch", 1e19, .outOfRange),
      ("type", nil, .invalidRequest), ("model", 1, .invalidRequest),
      ("slots", 0, .outOfRange), ("slots", 65_537, .outOfRange), ("slots", nil, .invalidRequest),
      ("context_size", 0, .outOfRange), ("context_size", 0x1_0000_0000, .outOfRange),
      ("listen", nil, .invalidRequest),
      ("pid", 0, .outOfRange), ("pid", -1, .outOfRange), ("pid", 0x1_0000_0000, .outOfRange),
      ("extra", 1, .unknownField),
    ] as [(String, JSON?, WireError.Code)])
  func aBadFieldOfHelloIsRefused(_ name: String, _ value: JSON?, _ code: WireError.Code) {
    let body = Self.with(Self.hello.body, name, value)
    let error = #expect(throws: WireError.self) { try Hello(body: body) }
    #expect(error?.code == code)
  }

  private static let welcome = Welcome(cluster: "c", node: "n", epoch: 7, lease: 30_000)

  @Test func aWelcomeIsReadAsItWasWritten() throws {
    #expect(try Welcome(body: try body(Self.welcome.body.description)) == Self.welcome)
  }

  @Test func aWelcomeOfALaterVersionMaySayMore() throws {
    #expect(try Welcome(body: Self.with(Self.welcome.body, "more", 1)) == Self.welcome)
  }

  @Test(
    arguments: [
      ("cluster", nil), ("node", 1), ("epoch", -1), ("epoch", nil), ("lease_ms", 0),
      ("lease_ms", nil), ("lease_ms", "x"),
    ] as [(String, JSON?)])
  func aBadFieldOfWelcomeIsRefused(_ name: String, _ value: JSON?) {
    let body = Self.with(Self.welcome.body, name, value)
    #expect(throws: WireError.self) { try Welcome(body: body) }
  }

  // MARK: DONE

  private static let completion = Completion(
    text: "a\nb", tokenCount: 3, promptTokens: 5, completionTime: 41.5, firstTokenTime: 10,
    finishReason: .length, node: "worker-0001")

  @Test func aRouterReadsWhetherAnAnswerWasCancelled() {
    var completion = Self.completion
    func saysCancelled(_ body: String? = nil) -> Bool {
      Completion.saysCancelled(Array((body ?? completion.body.description).utf8).span)
    }
    #expect(!saysCancelled())
    completion.text = #""finish_reason":"cancelled""#
    #expect(!saysCancelled())
    completion.finishReason = .cancelled
    #expect(saysCancelled())
    #expect(!saysCancelled(""))
    #expect(!saysCancelled("{}"))
    #expect(saysCancelled(#"{"finish_reason":"cancelled"}"#))
    #expect(!saysCancelled(#"{"finish_reason":"cancelle"}"#))
  }

  @Test func aCompletionIsReadAsItWasWritten() throws {
    #expect(try Completion(body: try body(Self.completion.body.description)) == Self.completion)
  }

  @Test func timesAreWrittenToATenthOfAMillisecond() throws {
    var completion = Self.completion
    completion.completionTime = 1.0 / 3
    #expect(completion.body["completion_time"] == .number(0.3))
  }

  @Test func aCompletionNeedsTextCountAndReasonOnly() throws {
    let text = #"{"text":"x","token_count":1,"finish_reason":"cancelled","new":true}"#
    let completion = try Completion(body: try body(text))
    #expect(completion.finishReason == .cancelled)
    #expect(completion.promptTokens == 0)
    #expect(completion.node == "")
  }

  @Test(
    arguments: [
      ("text", nil), ("text", 1), ("token_count", nil), ("token_count", 1.5),
      ("finish_reason", nil), ("finish_reason", "tired"),
    ] as [(String, JSON?)])
  func aBadFieldOfACompletionIsRefused(_ name: String, _ value: JSON?) {
    let body = Self.with(Self.completion.body, name, value)
    let error = #expect(throws: WireError.self) { try Completion(body: body) }
    #expect(error?.code == .invalidRequest)
  }

  // MARK: ERROR

  @Test func anErrorOfAnUnknownCodePassesThrough() throws {
    let error = WireError(.init("brand_new"), "why")
    var writer = JSONWriter()
    error.write(to: &writer)
    #expect(WireError(body: try JSON.parse(writer.bytes.span)) == error)
  }

  @Test(arguments: [[:], ["code": 1, "message": 2], .null] as [JSON])
  func anErrorWithoutItsFieldsIsInternal(_ body: JSON) {
    #expect(WireError(body: body) == WireError(.internalError, "the answer gave no reason"))
  }

  // MARK: The state file

  private static let state = ClusterState(
    cluster: "c", pid: 5, listen: "127.0.0.1:1",
    nodes: [
      .init(id: "worker-0001", type: "tiny", epoch: 3, pid: 77),
      .init(id: "worker-0002", type: "tiny", epoch: 0, pid: nil),
    ])

  @Test func aStateIsReadAsItWasWritten() throws {
    #expect(try ClusterState(body: try body(Self.state.body.description)) == Self.state)
  }

  @Test func aStateOfAnotherVersionIsRefused() {
    let body = Self.with(Self.state.body, "version", 2)
    let error = #expect(throws: WireError.self) { try ClusterState(body: body) }
    #expect(error?.message == "a state of version 2; this program reads version 1")
  }

  @Test(
    arguments: [
      ("version", nil), ("cluster", nil), ("pid", 0), ("listen", 1), ("nodes", nil), ("nodes", 5),
      ("nodes", [1]), ("nodes", [["node": "x", "type": "t"]]),
      ("nodes", [["node": "x", "type": "t", "epoch": 1, "pid": 0]]),
    ] as [(String, JSON?)])
  func aBadFieldOfAStateIsRefused(_ name: String, _ value: JSON?) {
    let body = Self.with(Self.state.body, name, value)
    #expect(throws: WireError.self) { try ClusterState(body: body) }
  }
}
