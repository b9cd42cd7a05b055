/// One value that differs between two configurations.
package struct ConfigChange: Equatable, Sendable {
  /// The key's path in the file.
  package var key: String
  /// Nil where it had no value.
  package var old: String?
  /// Nil where it has none any more.
  package var new: String?

  package init(key: String, old: String?, new: String?) {
    self.key = key
    self.old = old
    self.new = new
  }

  /// Whether only a restart makes it hold.
  package var needsRestart: Bool { ConfigKey.needingRestart.contains(key) }
}

extension ClusterConfig {
  /// What is different in `new`, in its order. Of node types that only one of the two has, nothing
  /// is told here.
  package func changes(to new: ClusterConfig) -> [ConfigChange] {
    let types = Set(nodeTypes.map(\.name)).symmetricDifference(new.nodeTypes.map(\.name))
    func values(_ config: ClusterConfig) -> [ConfigEntry] {
      config.entries.filter { entry in
        let words = entry.path.split(separator: ".")
        return !(words.count > 3 && words[1] == "nodes" && types.contains(String(words[2])))
      }
    }
    let before = Dictionary(uniqueKeysWithValues: values(self).map { ($0.path, $0.text) })
    let after = Set(values(new).map(\.path))
    let changed = values(new).filter { before[$0.path] != $0.text }
      .map { ConfigChange(key: $0.path, old: before[$0.path], new: $0.text) }
    let gone = values(self).filter { !after.contains($0.path) }
      .map { ConfigChange(key: $0.path, old: $0.text, new: nil) }
    return changed + gone
  }
}
