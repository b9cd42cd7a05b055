extension ClusterConfig {
  /// Lets the environment decide what it names: `LLAMBO_CLUSTER_ID` the cluster's id. Set but
  /// empty counts as unset.
  ///
  /// - Parameter environment: looks up a variable.
  package mutating func take(environment: (String) -> String?) throws(ConfigError) {
    let variable = "LLAMBO_CLUSTER_ID"
    guard let id = environment(variable), !id.isEmpty else { return }
    guard ConfigKind.isName(id) else {
      throw ConfigError(
        ConfigProblem(
          code: .invalidValue, file: variable,
          message: "must be \(ConfigKind.name.requirement), but is \"\(id)\"",
          hint: "unset it to keep the file's cluster.id"))
    }
    self.id = id
  }
}
