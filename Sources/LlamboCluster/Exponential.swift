/// e to the power of `x`, for `x` of 0 or less, without a C library and so the same everywhere:
/// the power of two that is nearest times the Taylor series of the rest, which is at most
/// ln 2 / 2, to its fourteenth term.
func exponential(_ x: Double) -> Double {
  // Below this the result is less than the least normal number.
  guard x > -708 else { return 0 }
  let power = (x * 1.442_695_040_888_963_4).rounded()
  let rest = x - power * 0.693_147_180_559_945_3
  var sum = 1.0
  for term in stride(from: 14, through: 1, by: -1) { sum = 1 + rest / Double(term) * sum }
  return Double(sign: .plus, exponent: Int(power), significand: sum)
}
