import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

extension Model {
  /// A number that models have in common whose cells mean the same: made of the sizes of the
  /// model's files and adapters, of how strong those are, of each one's first MiB, and of 1,024
  /// samples of the rest. It is made when it is asked for first.
  ///
  /// - Throws: `model_not_found` where a file cannot be read any more.
  var fingerprint: UInt64 {
    get throws(LlamaError) {
      try cachedFingerprint.withLock { (cached) throws(LlamaError) -> UInt64 in
        if let cached { return cached }
        var sum = Checksum()
        for file in files { try Self.add(file, to: &sum) }
        for adapter in adapters {
          sum.add(adapter.scale.bitPattern)
          try Self.add(adapter.path, to: &sum)
        }
        cached = sum.value
        return sum.value
      }
    }
  }

  private static func add(_ path: String, to sum: inout Checksum) throws(LlamaError) {
    let head: UInt64 = 1 << 20
    let sampleCount: UInt64 = 1024
    let sample: UInt64 = 256
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw LlamaError(.modelNotFound, "\(path): \(Files.lastError)") }
    defer { close(file) }
    let size = UInt64(max(lseek(file, 0, SEEK_END), 0))
    sum.add(size)
    try add(file, path, 0..<min(size, head), to: &sum)
    guard size > head else { return }
    let step = max((size - head) / sampleCount, sample)
    for place in stride(from: head, to: size, by: UInt64.Stride(step)) {
      try add(file, path, place..<min(place + sample, size), to: &sum)
    }
  }

  private static func add(
    _ file: Int32, _ path: String, _ range: Range<UInt64>, to sum: inout Checksum
  ) throws(LlamaError) {
    var failed = false
    let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
      while count < range.count {
        let got = pread(
          file, buffer.baseAddress! + count, range.count - count,
          off_t(range.lowerBound) + off_t(count))
        if got < 0, errno == EINTR { continue }
        failed = got <= 0
        if failed { break }
        count += got
      }
    }
    if failed { throw LlamaError(.modelNotFound, "\(path): it cannot be read any more") }
    bytes.withUnsafeBytes { sum.add($0) }
  }
}
