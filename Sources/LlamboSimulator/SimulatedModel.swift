import LlamboCluster

/// What every simulated worker runs: token `i` of an answer depends on the prompt, the sampler's
/// seed and `i` alone, so that any node continues what another began.
enum SimulatedModel {
  static func token(prompt: UInt32, seed: UInt32, index: Int) -> Int32 {
    var mixed = UInt64(prompt) << 32 | UInt64(seed)
    mixed = (mixed ^ UInt64(index)) &* 0x9e37_79b9_7f4a_7c15
    mixed = (mixed ^ (mixed >> 29)) &* 0xbf58_476d_1ce4_e5b9
    return Int32(truncatingIfNeeded: (mixed >> 32) & 0x7fff)
  }
}

extension SplitMix64 {
  /// A number from 0 up to, but not with, `bound`.
  mutating func below(_ bound: Int) -> Int {
    Int(truncatingIfNeeded: (next() >> 33) % UInt64(bound))
  }

  mutating func within(_ least: Int, _ most: Int) -> Int { least + below(most - least + 1) }

  mutating func time(_ least: Milliseconds, _ most: Milliseconds) -> Milliseconds {
    least + Milliseconds(below(Int(most - least) + 1))
  }

  /// True in so many of a thousand cases.
  mutating func chance(_ permille: Int) -> Bool { permille > 0 && below(1000) < permille }
}
