import Foundation
import Testing

@testable import LlamaRunner

/// Whatever the bytes are, the check ends with a header or a typed error. A trap ends the tests.
@Suite struct GGUFFuzzTests {
  static let codes: Set<LlamaError.Code> = [
    .modelNotGGUF, .modelTruncated, .modelDamaged, .modelUnsupported,
  ]

  @Test func mutationsOfASmallHeaderAreReadOrRefused() {
    let sound = GGUFBuilder.sound().bytes()
    var outcomes: [String: Int] = [:]
    for seed in 0..<20_000 {
      var mutator = Mutator(seed: UInt64(seed))
      outcomes[outcome(of: mutator.mutate(sound, within: sound.count)), default: 0] += 1
    }
    // The mutations reach every end, or they test nothing.
    #expect(Set(outcomes.keys) == Set(Self.codes.map(\.name) + ["read"]))
  }

  @Test func mutationsOfARealHeaderAreReadOrRefused() throws {
    let path = try TestModel.load().path
    let real = [UInt8](try Data(contentsOf: URL(filePath: path)))
    let header = Int(try GGUFHeader.read(path: path).dataOffset)
    for seed in 0..<200 {
      var mutator = Mutator(seed: UInt64(seed))
      _ = outcome(of: mutator.mutate(real, within: header))
    }
  }

  @Test func noiseIsReadOrRefused() {
    for seed in 0..<2_000 {
      var mutator = Mutator(seed: UInt64(seed))
      let noise = Array("GGUF".utf8) + [3, 0, 0, 0] + mutator.noise(Int(mutator.below(400)))
      _ = outcome(of: noise)
    }
  }

  private func outcome(of bytes: [UInt8]) -> String {
    do {
      _ = try GGUFHeader.read(bytes: bytes, path: "fuzz.gguf")
      return "read"
    } catch {
      #expect(Self.codes.contains(error.code), "\(error)")
      return error.code.name
    }
  }
}
