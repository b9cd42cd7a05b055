/// Reads a GGUF header from front to back. Whatever the bytes are, it ends with the header's
/// contents or an error, in memory that `GGUFLimits` bound.
struct GGUFReader: ~Copyable {
  var input: GGUFInput
  private(set) var version: UInt32 = 0
  private(set) var values: [String: GGUFValue] = [:]
  private(set) var tensors: [GGUFTensor] = []
  private(set) var alignment: UInt64 = 32
  /// Where the weights begin.
  private(set) var dataOffset: UInt64 = 0
  /// Where the weights end at the latest: what fills them up to the alignment may stand behind them.
  private(set) var dataEnd: UInt64 = 0

  init(_ input: consuming GGUFInput) throws(LlamaError) {
    self.input = input
    try readStart()
    let tensorCount = try count(of: "tensors", limit: GGUFLimits.tensors)
    let keyCount = try count(of: "metadata fields", limit: GGUFLimits.keys)
    for _ in 0..<keyCount { try readField() }
    try readAlignment()
    try readTensors(tensorCount)
  }

  /// The magic and the version.
  private mutating func readStart() throws(LlamaError) {
    let magic = try input.bytes(Int(min(4, input.size)), for: "the magic")
    guard magic.elementsEqual("GGUF".utf8) else {
      let why = magic.isEmpty ? "is empty" : "does not begin with \"GGUF\""
      throw LlamaError(.modelNotGGUF, "\(input.path) \(why)")
    }
    version = try input.number(for: "the version")
    let known = GGUFLimits.versions
    guard !known.contains(version) else { return }
    if known.contains(version.byteSwapped) {
      throw input.unsupported(
        "is a big-endian GGUF file; convert it with llama.cpp's gguf_convert_endian.py")
    }
    throw input.unsupported(
      "is GGUF version \(version); versions \(known.lowerBound) to \(known.upperBound) are supported"
    )
  }

  private mutating func count(of what: String, limit: UInt64) throws(LlamaError) -> UInt64 {
    let count: UInt64 = try input.number(for: "the number of \(what)")
    guard count <= limit else { throw input.damaged("\(count) \(what) are more than \(limit)") }
    return count
  }

  private mutating func readField() throws(LlamaError) {
    let length: UInt64 = try input.number(for: "a field's name")
    guard (1...GGUFLimits.keyBytes).contains(length) else {
      throw input.damaged("a field's name has \(length) bytes")
    }
    let bytes = try input.bytes(Int(length), for: "a field's name")
    let key = String(decoding: bytes, as: UTF8.self)
    guard bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw input.damaged("a field's name is no plain ASCII: \"\(key)\"")
    }
    guard values[key] == nil else { throw input.damaged("the field \(key) occurs twice") }
    let kind = try readKind(of: key)
    values[key] = kind == .array ? try readArray(key) : try readValue(kind, of: key)
  }

  private mutating func readKind(of key: String) throws(LlamaError) -> GGUFKind {
    let number: UInt32 = try input.number(for: key)
    guard let kind = GGUFKind(rawValue: number) else {
      throw input.damaged("\(key) has the type \(number), which GGUF does not know")
    }
    return kind
  }

  private mutating func readValue(_ kind: GGUFKind, of key: String) throws(LlamaError) -> GGUFValue
  {
    switch kind {
    case .uint8: .number(UInt64(try input.number(UInt8.self, for: key)), kind)
    case .uint16: .number(UInt64(try input.number(UInt16.self, for: key)), kind)
    case .uint32: .number(UInt64(try input.number(UInt32.self, for: key)), kind)
    case .uint64: .number(try input.number(for: key), kind)
    case .int8: .signed(Int64(try input.number(Int8.self, for: key)), kind)
    case .int16: .signed(Int64(try input.number(Int16.self, for: key)), kind)
    case .int32: .signed(Int64(try input.number(Int32.self, for: key)), kind)
    case .int64: .signed(try input.number(for: key), kind)
    case .float32: .real(Double(Float(bitPattern: try input.number(for: key))), kind)
    case .float64: .real(Double(bitPattern: try input.number(for: key)), kind)
    case .bool: .bool(try input.number(UInt8.self, for: key) != 0)
    case .text: .text(try readText(key))
    case .array: preconditionFailure("an array is no single value")
    }
  }

  /// A text; nil, and skipped, where it is too long to keep.
  private mutating func readText(_ key: String) throws(LlamaError) -> String? {
    let length = try textLength(key)
    guard length <= GGUFLimits.keptTextBytes else {
      try input.skip(length, for: key)
      return nil
    }
    return String(decoding: try input.bytes(Int(length), for: key), as: UTF8.self)
  }

  private mutating func textLength(_ key: String) throws(LlamaError) -> UInt64 {
    let length: UInt64 = try input.number(for: key)
    guard length <= GGUFLimits.textBytes else {
      throw input.damaged("\(key) has a text of \(length) bytes")
    }
    return length
  }

  private mutating func readArray(_ key: String) throws(LlamaError) -> GGUFValue {
    let kind = try readKind(of: key)
    guard kind != .array else {
      throw input.unsupported("\(key) is an array of arrays, which llama.cpp does not read")
    }
    let count: UInt64 = try input.number(for: key)
    guard count <= GGUFLimits.arrayElements else {
      throw input.damaged("\(key) has \(count) elements, more than \(GGUFLimits.arrayElements)")
    }
    let array = GGUFArray(kind: kind, count: count, offset: input.position)
    // A text has its length, at least.
    try input.need(count * (kind.size ?? 8), for: key)
    if let size = kind.size {
      try input.skip(count * size, for: key)
    } else {
      for _ in 0..<count { try input.skip(try textLength(key), for: key) }
    }
    return .array(array)
  }

  private mutating func readAlignment() throws(LlamaError) {
    guard let value = values["general.alignment"] else { return }
    guard case .number(let number, .uint32) = value else {
      throw input.damaged("general.alignment must be a uint32")
    }
    guard number > 0, number & (number - 1) == 0, number <= GGUFLimits.alignment else {
      throw input.damaged(
        "general.alignment is \(number), no power of two up to \(GGUFLimits.alignment)")
    }
    alignment = number
  }

  private mutating func readTensors(_ count: UInt64) throws(LlamaError) {
    // A name's length, the number of dimensions, the type and the offset, at least.
    try input.need(count * 24, for: "the table of tensors")
    var names: Set<[UInt8]> = []
    var end: UInt64 = 0
    var whole: UInt64 = 0
    for _ in 0..<count {
      let (tensor, offset) = try readTensor()
      guard names.insert(tensor.name).inserted else {
        throw input.damaged("the tensor \(tensor.text) occurs twice")
      }
      guard offset == end else {
        throw input.damaged(
          "the tensor \(tensor.text) begins at byte \(offset) of the weights, not at \(end)")
      }
      whole = try sum(end, tensor.bytes, tensor)
      end = try padded(whole, tensor.text)
      tensors.append(tensor)
    }
    dataOffset = count == 0 ? input.position : try padded(input.position, "the table of tensors")
    let (fileEnd, overflow) = dataOffset.addingReportingOverflow(whole)
    guard !overflow else { throw input.damaged("its weights have \(whole) bytes") }
    guard fileEnd <= input.size else { throw input.truncated("the weights", end: fileEnd) }
    dataEnd = try padded(fileEnd, "the last tensor")
  }

  private mutating func readTensor() throws(LlamaError) -> (GGUFTensor, offset: UInt64) {
    let length: UInt64 = try input.number(for: "a tensor's name")
    guard length <= GGUFLimits.tensorNameBytes else {
      throw input.damaged("a tensor's name has \(length) bytes")
    }
    let name = try input.bytes(Int(length), for: "a tensor's name")
    guard !name.contains(0) else { throw input.damaged("a tensor's name has a zero byte") }
    let text = String(decoding: name, as: UTF8.self)
    let rank: UInt32 = try input.number(for: text)
    guard rank <= GGUFLimits.dimensions else {
      throw input.damaged("the tensor \(text) has \(rank) dimensions")
    }
    var dimensions: [UInt64] = []
    var elements: UInt64 = 1
    for _ in 0..<rank {
      let dimension: UInt64 = try input.number(for: text)
      let (product, overflow) = elements.multipliedReportingOverflow(by: dimension)
      guard dimension > 0, !overflow, product <= UInt64(Int64.max) else {
        throw input.damaged("the tensor \(text) has a dimension of \(dimension)")
      }
      dimensions.append(dimension)
      elements = product
    }
    let number: UInt32 = try input.number(for: text)
    guard let type = GGMLType.numbered(number) else {
      throw input.unsupported("the tensor \(text) has the type \(number), which ggml does not know")
    }
    guard (dimensions.first ?? 1) % type.blockSize == 0 else {
      throw input.damaged(
        "the tensor \(text) has rows of \(dimensions.first ?? 1), no blocks of \(type.blockSize)")
    }
    let (bytes, overflow) = (elements / type.blockSize).multipliedReportingOverflow(
      by: type.blockBytes)
    guard !overflow else { throw input.damaged("the tensor \(text) has \(elements) elements") }
    let offset: UInt64 = try input.number(for: text)
    let tensor = GGUFTensor(
      name: name, type: type, dimensions: dimensions, elements: elements, bytes: bytes)
    return (tensor, offset)
  }

  private func sum(
    _ first: UInt64, _ second: UInt64, _ tensor: GGUFTensor
  ) throws(LlamaError) -> UInt64 {
    let (sum, overflow) = first.addingReportingOverflow(second)
    guard !overflow, sum <= UInt64(Int64.max) else {
      throw input.damaged("the tensor \(tensor.text) has \(second) bytes")
    }
    return sum
  }

  /// `place` or the next multiple of the alignment.
  private func padded(_ place: UInt64, _ what: String) throws(LlamaError) -> UInt64 {
    let (sum, overflow) = place.addingReportingOverflow(alignment - 1)
    guard !overflow else { throw input.damaged("\(what) ends at byte \(place)") }
    return sum & ~(alignment - 1)
  }
}
