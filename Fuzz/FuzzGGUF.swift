/// What libFuzzer calls: the bytes of a GGUF file, which must be read or refused.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzGGUF(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  do {
    let header = try GGUFHeader.read(bytes: bytes, path: "fuzz.gguf")
    precondition(header.dataOffset <= header.fileSize && header.fileSize == count)
    precondition(header.tensorSize <= header.fileSize)
    precondition(header.partIndex < max(header.partCount, 1))
  } catch {
    precondition(error.code != .modelNotFound && error.code != .metadataInvalid)
  }
  return 0
}
