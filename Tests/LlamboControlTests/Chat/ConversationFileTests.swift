import Foundation
import LlamboCommand
import Testing

@testable import LlamboControl

/// `/save` and `/load`.
struct ConversationFileTests {
  let folder = FileManager.default.temporaryDirectory.appending(path: "llambo-\(UUID())").path

  init() throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  private func refusal(of text: String) throws -> ControlError? {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try Data(text.utf8).write(to: URL(filePath: folder + "/chat.json"))
    do throws(ControlError) {
      _ = try ConversationFile(folder + "/chat.json").load()
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: [nil, "and 🦙?\n"], [nil, "Be \"brief\"."])
  func whatIsSavedIsLoaded(unanswered: String?, system: String?) throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let file = ConversationFile(folder + "/chat.json")
    var conversation = Conversation()
    conversation.system = system
    for number in 0..<3 {
      try file.save(conversation, unanswered: unanswered)
      let (loaded, question) = try file.load()
      #expect(loaded == conversation)
      #expect(question == unanswered)
      conversation.turns.append(.init(question: "\(number)?\u{0}", answer: "a\nb\u{1b}"))
    }
    let files = try FileManager.default.contentsOfDirectory(atPath: folder)
    #expect(files == ["chat.json"])
    let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
  }

  @Test func aFolderThatIsNotThereIsNamed() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = folder + "/nowhere/chat.json"
    do throws(ControlError) {
      try ConversationFile(path).save(Conversation(), unanswered: nil)
      Issue.record("saved into nothing")
    } catch {
      #expect(error.status == .osError)
      #expect(error.message.contains("nowhere/chat.json"))
      #expect(error.message.contains("No such file or directory"))
    }
    do throws(ControlError) {
      _ = try ConversationFile(path).load()
      Issue.record("loaded from nothing")
    } catch {
      #expect(error.message.contains("No such file or directory"))
    }
  }

  @Test(
    arguments: [
      ("", "chat.json holds no conversation"),
      ("{", "at byte"),
      ("[]", "must be a JSON object"),
      ("{}", "\"messages\" must be an array"),
      (#"{"messages":[{"role":"user"}]}"#, "\"content\" is missing"),
      (#"{"messages":[{"role":"user","content":"a","name":"b"}]}"#, "unknown field \"name\""),
      (#"{"messages":[],"model":"x"}"#, "unknown field \"model\""),
      (#"{"messages":[{"role":"assistant","content":"a"}]}"#, "message 1 is of \"assistant\""),
      (
        #"{"messages":[{"role":"user","content":"a"},{"role":"user","content":"b"}]}"#,
        "message 2 is of \"user\""
      ),
      (
        #"{"messages":[{"role":"user","content":"a"},{"role":"system","content":"b"}]}"#,
        "message 2 is of \"system\""
      ),
    ] as [(String, String)])
  func whatIsNoConversationIsRefused(_ text: String, _ reason: String) throws {
    let error = try #require(try refusal(of: text))
    #expect(error.status == .dataError)
    #expect(error.message.contains(reason), "\(error.message)")
  }

  @Test func aFileBeyondTheBoundIsNotRead() throws {
    let error = try #require(
      try refusal(of: String(repeating: " ", count: ConversationFile.limit + 1)))
    #expect(error.message.contains("more than 16 MiB"))
  }

  @Test func theHomeFolderIsKnown() throws {
    let home = try #require(ProcessInfo.processInfo.environment["HOME"])
    #expect(ConversationFile("~/a.json").path == home + "/a.json")
    #expect(ConversationFile("~a.json").path == "~a.json")
  }
}
