import Foundation
import Testing

@testable import LlamaRunner

/// States as bytes: what was serialized is read back, and what was damaged is refused.
@Suite struct SequenceStateTests {
  let state = SequenceState(
    tokens: [1, 5, 3, 2], origin: origin, note: Array("note".utf8),
    cells: (0..<1001).map { UInt8(truncatingIfNeeded: $0 * 7) })

  static let origin = SequenceState.Origin(
    model: 0x1234_5678_9abc_def0, layout: CellLayout(keyType: 8, valueType: 1, sequences: 4))

  @Test func bytesComeBackAsTheState() throws {
    let bytes = state.serialize()
    #expect(bytes.count == state.byteCount)
    #expect(try SequenceState(bytes: bytes) == state)
    let empty = SequenceState(tokens: [], origin: Self.origin, cells: [])
    #expect(try SequenceState(bytes: empty.serialize()) == empty)
  }

  @Test func everyBitThatFlipsIsFound() {
    let bytes = state.serialize()
    for place in bytes.indices {
      for bit in 0..<8 {
        var damaged = bytes
        damaged[place] ^= 1 << bit
        expectError(.stateInvalid) { try SequenceState(bytes: damaged) }
      }
    }
  }

  @Test func everyByteThatChangesInTheHeaderIsFound() {
    let bytes = state.serialize()
    for place in 0..<SequenceState.headerSize {
      for value in 0...255 as ClosedRange<UInt8> where value != bytes[place] {
        var damaged = bytes
        damaged[place] = value
        expectError(.stateInvalid) { try SequenceState(bytes: damaged) }
      }
    }
  }

  @Test func everyTruncationAndAddition() {
    let bytes = state.serialize()
    for count in 0..<bytes.count {
      expectError(.stateInvalid) { try SequenceState(bytes: Array(bytes.prefix(count))) }
    }
    expectError(.stateInvalid) { try SequenceState(bytes: bytes + [0]) }
    expectError(.stateInvalid) { try SequenceState(bytes: bytes + bytes) }
  }

  @Test func bytesThatChangePlacesAreFound() {
    let bytes = state.serialize()
    for place in SequenceState.headerSize..<bytes.count - 8 where bytes[place] != bytes[place + 8] {
      var damaged = bytes
      damaged.swapAt(place, place + 8)
      expectError(.stateInvalid) { try SequenceState(bytes: damaged) }
    }
  }

  @Test func otherBytesAreNoState() {
    var random = SplitMix(state: 3)
    for count in [0, 1, 63, 64, 65, 500] {
      let noise = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
      expectError(.stateInvalid) { try SequenceState(bytes: noise) }
      expectError(.stateInvalid) {
        try SequenceState(bytes: Array("LLAMBOKV".utf8) + [1, 0, 0, 0] + noise)
      }
    }
  }
}

/// The number by which a state knows its model.
@Suite struct FingerprintTests {
  private func fingerprint(changing place: Int?) throws -> UInt64 {
    let scratch = try Scratch()
    let path = try ModelMetadata.load(from: TestModel.folder).modelPath
    var bytes = try Data(contentsOf: URL(filePath: path))
    if let place { bytes[place < 0 ? bytes.count + place : place] ^= 1 }
    return try Model(path: try scratch.write("model.gguf", bytes)).fingerprint
  }

  @Test func copiesOfAFileAreTheSameModel() throws {
    let original = try TestModel.load().fingerprint
    #expect(try fingerprint(changing: nil) == original)
    // A weight at the header's end, and one of the samples.
    #expect(try fingerprint(changing: 1 << 19) != original)
    #expect(try fingerprint(changing: 1 << 20) != original)
  }

  @Test func anAdapterMakesAnotherModel() throws {
    let model = try TestModel.load()
    let scratch = try Scratch()
    let adapter = try scratch.write("lora.gguf", LoRAFile(for: model).bytes(value: 0.1))
    func fingerprint(scale: Double) throws -> UInt64 {
      let adapters = [Adapter(path: adapter, scale: scale)]
      return try Model(path: TestModel.folder, options: ModelOptions(adapters: adapters))
        .fingerprint
    }
    #expect(try fingerprint(scale: 1) != model.fingerprint)
    #expect(try fingerprint(scale: 1) != fingerprint(scale: 0.5))
  }
}
