/// What libFuzzer calls: the bytes of a `model.json`, which must be read or refused.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzModelJSON(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  do {
    let metadata = try ModelMetadata.read(bytes: bytes, file: "fuzz/model.json")
    precondition(!metadata.name.isEmpty && !metadata.path.isEmpty)
    try metadata.compare(with: sound)
  } catch {
    precondition(error.code == .metadataInvalid || error.code == .modelNotFound)
  }
  return 0
}

private let sound = {
  func text(_ text: String) -> [UInt8] {
    withUnsafeBytes(of: UInt64(text.utf8.count).littleEndian) { Array($0) } + text.utf8
  }
  var bytes = Array("GGUF".utf8) + [3, 0, 0, 0] + [UInt8](repeating: 0, count: 8)
  bytes += [2, 0, 0, 0, 0, 0, 0, 0]
  bytes += text("general.architecture") + [8, 0, 0, 0] + text("llama")
  bytes += text("split.count") + [2, 0, 0, 0] + [2, 0]
  do { return try GGUFHeader.read(bytes: bytes, path: "sound.gguf") } catch {
    fatalError("\(error)")
  }
}()
