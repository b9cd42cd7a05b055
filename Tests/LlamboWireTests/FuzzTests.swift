import LlamboJSON
import LlamboWire
import Testing

/// Whatever arrives becomes a value or a typed error, and nothing crashes.
struct FuzzTests {
  private static let valid = [
    #"INFER #7 {"prompt":"What is AI? \ud83d\ude00","max_tokens":64,"temperature":0}"#,
    #"CHAT #a {"messages":[{"role":"user","content":"Hé"}],"top_p":0.9,"top_k":40,"seed":1}"#,
    #"HELLO {"protocol":1,"node":"w","epoch":1,"type":"t","model":"m","slots":1,"context_size":9,"listen":"l","pid":2}"#,
    #"WELCOME {"cluster":"c","node":"n","epoch":7,"lease_ms":30000}"#,
    #"DONE #1 {"text":"x","token_count":1,"finish_reason":"stop","completion_time":1.5}"#,
    #"ERROR #1 {"code":"timeout","message":"x"}"#,
    #"STATE {"version":1,"cluster":"c","pid":1,"listen":"l","nodes":[{"node":"n","type":"t","epoch":1,"pid":null}]}"#,
    "CANCEL #7", "PING", "",
  ]

  private func understand(_ bytes: [UInt8]) {
    _ = Frame.looksLikeHTTP(bytes.span)
    do throws(WireError) {
      let line = try parse(bytes)
      #expect(line.word.utf8.count <= WireLimits.idBytes + 2)
      #expect(line.id.map { Frame.isID($0) } ?? true)
      readAll(line.object)
      let again = try parse("X \(line.object)")
      #expect(again.object.description == line.object.description)
    } catch {
      #expect(!error.message.isEmpty)
    }
  }

  /// As each message in turn; a value that is read must survive being written.
  private func readAll(_ body: JSON) {
    for verb in [Verb.infer, .chat] {
      if let request = try? GenerationRequest(verb: verb, body: body) {
        #expect((try? GenerationRequest(verb: verb, body: request.body)) == request)
      }
    }
    if let hello = try? Hello(body: body) { #expect((try? Hello(body: hello.body)) == hello) }
    if let welcome = try? Welcome(body: body) {
      #expect((try? Welcome(body: welcome.body)) == welcome)
    }
    if let state = try? ClusterState(body: body) {
      #expect((try? ClusterState(body: state.body)) == state)
    }
    if let completion = try? Completion(body: body) {
      #expect((try? Completion(body: completion.body))?.text == completion.text)
    }
    _ = WireError(body: body)
  }

  @Test(arguments: 1...200 as ClosedRange<UInt64>)
  func aDamagedLineIsUnderstoodOrRefused(seed: UInt64) {
    var source = SeededSource(seed: seed)
    for line in Self.valid {
      var bytes = Array(line.utf8)
      for _ in 0..<Int.random(in: 1...3, using: &source) {
        let place = Int.random(in: 0...bytes.count, using: &source)
        switch Int.random(in: 0..<5, using: &source) {
        case 0: bytes.insert(UInt8.random(in: .min ... .max, using: &source), at: place)
        case 1: bytes.insert("{}[]\",:#0-\\ ".utf8.randomElement(using: &source)!, at: place)
        case 2 where place < bytes.count: bytes[place] = .random(in: .min ... .max, using: &source)
        case 3 where place < bytes.count: bytes.remove(at: place)
        default: bytes.removeSubrange(place...)
        }
      }
      understand(bytes)
    }
  }

  @Test(arguments: 1...200 as ClosedRange<UInt64>)
  func randomBytesAreUnderstoodOrRefused(seed: UInt64) {
    var source = SeededSource(seed: seed)
    let bytes = (0..<Int.random(in: 0..<300, using: &source)).map { _ in
      Bool.random(using: &source)
        ? UInt8.random(in: .min ... .max, using: &source)
        : " #{}[]\":,\\AZ09".utf8.randomElement(using: &source)!
    }
    understand(bytes)
  }

  @Test func theLinesThemselvesAreUnderstood() throws {
    for line in Self.valid { #expect(throws: Never.self) { try parse(line) } }
  }
}
