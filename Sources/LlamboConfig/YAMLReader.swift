internal import CYAML

/// Reads one YAML document into nodes, through libyaml's events.
///
/// Anchors, aliases and tags are refused, so a document cannot grow beyond its own text.
struct YAMLReader: ~Copyable {
  private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
  private let bytes: UnsafeBufferPointer<UInt8>
  private let file: String
  private var nodes = 0

  /// - Parameter bytes: must outlive the reader.
  init(bytes: UnsafeBufferPointer<UInt8>, file: String) {
    self.bytes = bytes
    self.file = file
    parser.initialize(to: yaml_parser_t())
    guard yaml_parser_initialize(parser) == 1 else { fatalError("out of memory") }
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
  }

  mutating func document() throws(ConfigError) -> YAMLNode {
    _ = try next()
    guard try next().kind == .documentStart else {
      throw error(.empty, nil, "holds nothing", hint: "it must begin with \"cluster:\"")
    }
    let root = try node(from: try next(), depth: 1)
    _ = try next()
    let after = try next()
    guard after.kind == .streamEnd else {
      throw error(
        .severalDocuments, after.position, "a second document begins here",
        hint: "keep one document, without \"---\" between parts")
    }
    return root
  }

  private mutating func node(
    from event: YAMLEvent, depth: Int
  ) throws(ConfigError) -> YAMLNode {
    nodes += 1
    guard nodes <= ConfigLimits.yamlNodes else {
      throw error(
        .tooLarge, event.position, "more than \(ConfigLimits.yamlNodes) values",
        hint: "a configuration needs far fewer")
    }
    guard depth <= ConfigLimits.yamlDepth else {
      throw error(
        .tooLarge, event.position, "nested more than \(ConfigLimits.yamlDepth) deep",
        hint: "a configuration needs far less")
    }
    if let feature = event.unsupported {
      throw error(
        .unsupported, event.position, "\(feature) are not supported",
        hint: "write the value itself")
    }
    switch event.kind {
    case .scalar(let text, let isQuoted):
      return YAMLNode(value: .scalar(text, isQuoted: isQuoted), position: event.position)
    case .sequenceStart:
      while case let event = try next(), event.kind != .sequenceEnd {
        _ = try node(from: event, depth: depth + 1)
      }
      return YAMLNode(value: .sequence, position: event.position)
    case .mappingStart:
      var pairs: [(key: YAMLNode, value: YAMLNode)] = []
      while case let event = try next(), event.kind != .mappingEnd {
        let key = try node(from: event, depth: depth + 1)
        pairs.append((key, try node(from: try next(), depth: depth + 1)))
      }
      return YAMLNode(value: .mapping(pairs), position: event.position)
    default:
      preconditionFailure("libyaml sent an event out of order")
    }
  }

  private mutating func next() throws(ConfigError) -> YAMLEvent {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else { throw syntaxError() }
    defer { yaml_event_delete(&event) }
    return YAMLEvent(event)
  }

  private func syntaxError() -> ConfigError {
    let failure = parser.pointee
    let problem = failure.problem.map { String(cString: $0) } ?? "not YAML"
    if failure.error == YAML_READER_ERROR {
      let isControl = problem.hasPrefix("control characters")
      return error(
        isControl ? .syntax : .notUTF8, position(ofByte: failure.problem_offset),
        isControl ? "a control character" : "not UTF-8: \(problem)",
        hint: isControl ? "remove it" : "save the file as UTF-8")
    }
    let position = ConfigPosition(failure.problem_mark)
    if isIndentedByTab(line: position.line) {
      return error(.syntax, position, "a tab indents this line", hint: "YAML wants spaces")
    }
    let context = failure.context.map { " " + String(cString: $0) } ?? ""
    return error(.syntax, position, "not YAML: \(problem)\(context)")
  }

  private func error(
    _ code: ConfigProblem.Code, _ position: ConfigPosition?, _ message: String, hint: String? = nil
  ) -> ConfigError {
    ConfigError(
      ConfigProblem(code: code, file: file, position: position, message: message, hint: hint))
  }

  private func position(ofByte offset: Int) -> ConfigPosition {
    var position = ConfigPosition.start
    for byte in bytes.prefix(offset) {
      if byte == UInt8(ascii: "\n") {
        position = ConfigPosition(line: position.line + 1, column: 1)
      } else if byte & 0xc0 != 0x80 {
        position.column += 1
      }
    }
    return position
  }

  private func isIndentedByTab(line: Int) -> Bool {
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    guard line <= lines.count else { return false }
    return lines[line - 1].drop { $0 == UInt8(ascii: " ") }.first == UInt8(ascii: "\t")
  }
}

/// What of a libyaml event is used here.
private struct YAMLEvent {
  enum Kind: Equatable {
    case streamStart, streamEnd, documentStart, documentEnd, alias
    case scalar(String, isQuoted: Bool)
    case sequenceStart, sequenceEnd, mappingStart, mappingEnd
  }

  let kind: Kind
  let position: ConfigPosition
  /// The event's feature that is refused, in the plural.
  let unsupported: String?

  init(_ event: yaml_event_t) {
    position = ConfigPosition(event.start_mark)
    var anchor: UnsafeMutablePointer<yaml_char_t>?
    var tag: UnsafeMutablePointer<yaml_char_t>?
    switch event.type {
    case YAML_STREAM_START_EVENT: kind = .streamStart
    case YAML_STREAM_END_EVENT: kind = .streamEnd
    case YAML_DOCUMENT_START_EVENT: kind = .documentStart
    case YAML_DOCUMENT_END_EVENT: kind = .documentEnd
    case YAML_ALIAS_EVENT:
      kind = .alias
      anchor = event.data.alias.anchor
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
      kind = .scalar(
        String(decoding: bytes, as: UTF8.self), isQuoted: scalar.style != YAML_PLAIN_SCALAR_STYLE)
      (anchor, tag) = (scalar.anchor, scalar.tag)
    case YAML_SEQUENCE_START_EVENT:
      kind = .sequenceStart
      (anchor, tag) = (event.data.sequence_start.anchor, event.data.sequence_start.tag)
    case YAML_SEQUENCE_END_EVENT: kind = .sequenceEnd
    case YAML_MAPPING_START_EVENT:
      kind = .mappingStart
      (anchor, tag) = (event.data.mapping_start.anchor, event.data.mapping_start.tag)
    case YAML_MAPPING_END_EVENT: kind = .mappingEnd
    default: preconditionFailure("libyaml sent an unknown event")
    }
    unsupported = anchor != nil ? "anchors and aliases" : tag != nil ? "tags" : nil
  }
}

extension ConfigPosition {
  fileprivate init(_ mark: yaml_mark_t) {
    self.init(line: mark.line + 1, column: mark.column + 1)
  }
}
