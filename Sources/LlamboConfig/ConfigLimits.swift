/// What a configuration file may hold at most.
package enum ConfigLimits {
  package static let fileBytes = 1 << 20
  /// Scalars, lists and mappings in the document, keys among them.
  package static let yamlNodes = 10_000
  /// Lists and mappings within one another.
  package static let yamlDepth = 16
  package static let nodeTypes = 64
  package static let nodes = 100_000
  /// Letters of a cluster's or node type's name.
  package static let nameLength = 32
  /// Bytes of any other text.
  package static let textBytes = 4096
  /// Problems told in one error; the rest is counted.
  package static let problems = 20
}
