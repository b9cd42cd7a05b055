/// Idle slots that are computed along with their neighbours: the last token that they hold, once
/// more, so that they hold the same afterwards.
extension DecodeLoop {
  func addLastToken(of slot: Int) {
    if contents[slot].computed == 0 || !dropLastCell(of: slot) {
      forget(slot)
      contents[slot].tokens = [0]
      contents[slot].computed = 1
    }
    let position = contents[slot].computed - 1
    core.context.add(
      contents[slot].tokens[position], position: position, sequence: slot, wantsLogits: false)
  }

  /// After a decode that may have computed it or not.
  func forgetLastToken(of slot: Int) {
    guard dropLastCell(of: slot) else { return forget(slot) }
    contents[slot].tokens.removeLast()
    contents[slot].computed -= 1
  }

  private func dropLastCell(of slot: Int) -> Bool {
    core.context.remove(contents[slot].computed - 1..<Int(Int32.max), sequence: slot)
  }
}
