#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Folders of the kernel's control groups (cgroups(7)), in which processes have bounds on processor
/// time and memory.
package struct ControlGroup: Sendable {
  package enum Version: Sendable { case one, two }

  package let version: Version
  /// Where a folder for each member is made: one, or one for each controller of version 1.
  let folders: [Controller: String]

  package enum Controller: String, CaseIterable, Sendable { case cpu, memory }

  /// Finds or makes a group below this process's own; nil where the system has none, or does not
  /// let this process make any.
  ///
  /// - Parameters:
  ///   - name: of the group: letters, digits, `-` and `_`.
  ///   - controllers: what its members are to be limited in.
  ///   - proc, mounts: this process's own; others in tests.
  package init?(
    named name: String, for controllers: [Controller], proc: String = "/proc/self/cgroup",
    mounts: String = "/proc/self/mounts"
  ) {
    guard !controllers.isEmpty, Self.isName(name) else { return nil }
    let own = Self.lines(of: proc).map {
      $0.split(separator: ":", omittingEmptySubsequences: false)
    }
    let mounted = Self.lines(of: mounts).map { $0.split(separator: " ") }.filter { $0.count > 3 }
    if let folder = Self.versionTwo(name, controllers, own: own, mounted: mounted) {
      version = .two
      folders = [.cpu: folder]
      return
    }
    var folders: [Controller: String] = [:]
    for controller in controllers {
      guard
        let mount = mounted.first(where: {
          $0[2] == "cgroup" && $0[3].split(separator: ",").contains(Substring(controller.rawValue))
        }),
        let path = own.first(where: {
          $0.count == 3 && $0[1].split(separator: ",").contains(Substring(controller.rawValue))
        })?[2]
      else { return nil }
      // In a container the path may be that of another view; the mount's top is then its own.
      let inner = "\(mount[1])\(path == "/" ? "" : path)"
      let folder = "\(access(inner, F_OK) == 0 ? inner : String(mount[1]))/\(name)"
      guard Self.make(folder) else { return nil }
      folders[controller] = folder
    }
    version = .one
    self.folders = folders
  }

  /// A group of version 2 whose members get the controllers.
  private static func versionTwo(
    _ name: String, _ controllers: [Controller], own: [[Substring]], mounted: [[Substring]]
  ) -> String? {
    guard let mount = mounted.first(where: { $0[2] == "cgroup2" })?[1],
      let path = own.first(where: { $0.count == 3 && $0[0] == "0" })?[2]
    else { return nil }
    let parent = "\(mount)\(path == "/" ? "" : path)"
    let offered = lines(of: parent + "/cgroup.controllers").first?.split(separator: " ") ?? []
    guard controllers.allSatisfy({ offered.contains(Substring($0.rawValue)) }) else { return nil }
    let wanted = controllers.map { "+\($0.rawValue)" }.joined(separator: " ")
    if !write(wanted, to: parent + "/cgroup.subtree_control") {
      // A group that hands controllers down may hold no process itself: this one moves aside.
      let aside = "\(parent)/\(name)-orchestrator"
      guard make(aside), write("0", to: aside + "/cgroup.procs") else { return nil }
      guard write(wanted, to: parent + "/cgroup.subtree_control") else {
        _ = write("0", to: parent + "/cgroup.procs")
        rmdir(aside)
        return nil
      }
    }
    let folder = "\(parent)/\(name)"
    guard make(folder), write(wanted, to: folder + "/cgroup.subtree_control") else { return nil }
    return folder
  }

  /// Puts a process into a member of its own.
  ///
  /// - Parameters:
  ///   - cpu: cores, perhaps a fraction; nil for as many as there are.
  ///   - memory: bytes; nil for no bound. Pages of files, such as a mapped model, are given back
  ///     before anything ends for want of memory.
  /// - Throws: what the system says.
  package func add(
    _ pid: Int, as member: String, cpu: Double?, memory: Int?
  ) throws(SystemError) {
    guard Self.isName(member) else {
      throw SystemError("make a control group \(member)", code: EINVAL)
    }
    for (controller, group) in folders {
      let folder = "\(group)/\(member)"
      // Another cluster of that name may have removed the empty group.
      guard Self.make(group), Self.make(folder) else {
        throw SystemError("make the control group \(folder)")
      }
      if let cpu, version == .two || controller == .cpu {
        let quota = max(1000, Int(cpu * Double(Self.period)))
        switch version {
        case .one:
          try set(folder, "cpu.cfs_period_us", Self.period)
          try set(folder, "cpu.cfs_quota_us", quota)
        case .two: try set(folder, "cpu.max", "\(quota) \(Self.period)")
        }
      }
      if let memory, version == .two || controller == .memory {
        try set(folder, version == .two ? "memory.max" : "memory.limit_in_bytes", memory)
      }
      try set(folder, "cgroup.procs", pid)
    }
  }

  /// Removes the members whose processes have ended; the kernel keeps all others.
  package func sweep() {
    for folder in folders.values {
      guard let entries = opendir(folder) else { continue }
      defer { closedir(entries) }
      while let entry = readdir(entries) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if Self.isName(name) { rmdir("\(folder)/\(name)") }
      }
    }
  }

  /// Removes the group itself, where no process is left in it.
  package func remove() {
    sweep()
    for folder in folders.values { rmdir(folder) }
  }

  /// Microseconds in which a quota of processor time is used.
  private static let period = 100_000

  private func set(
    _ folder: String, _ file: String, _ value: some CustomStringConvertible
  ) throws(SystemError) {
    guard Self.write(value.description, to: "\(folder)/\(file)") else {
      throw SystemError("write \(value) to \(folder)/\(file)")
    }
  }

  private static func isName(_ text: String) -> Bool {
    (1...128).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        }
      }
  }

  private static func make(_ folder: String) -> Bool {
    mkdir(folder, 0o755) == 0 || errno == EEXIST
  }

  private static func write(_ text: String, to path: String) -> Bool {
    let number = open(path, O_WRONLY | O_CLOEXEC)
    guard number >= 0 else { return false }
    let file = Descriptor(owning: number)
    let bytes = Array(text.utf8)
    return Glibc.write(file.number, bytes, bytes.count) == bytes.count
  }

  private static func lines(of path: String) -> [String] {
    let number = open(path, O_RDONLY | O_CLOEXEC)
    guard number >= 0 else { return [] }
    let file = Descriptor(owning: number)
    var content: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 14)
    while case let count = read(file.number, &chunk, chunk.count), count > 0 {
      content += chunk[..<count]
    }
    return content.split(separator: UInt8(ascii: "\n")).map {
      String(decoding: $0, as: UTF8.self)
    }
  }
}
