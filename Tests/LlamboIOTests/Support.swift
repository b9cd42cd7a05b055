import Foundation

/// A linear congruential generator, so that a seed gives one run.
struct SeededSource: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 }

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return (state >> 33) ^ (state &* 0x9e37_79b9_7f4a_7c15)
  }
}

func onAnotherThread(_ body: @escaping @Sendable () -> Void) {
  Thread.detachNewThread(body)
}

/// An empty folder that goes when its owner does.
final class TemporaryFolder {
  let path: String

  init() {
    path = NSTemporaryDirectory() + "llambo-test-" + UUID().uuidString
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { path + "/" + name }
  var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] }
}
