import CSystem

/// How the process's allocator trades memory for time.
package enum Allocator {
  /// For loading: large blocks have pages of their own, which cost nothing until they are written.
  package static func allocateSparingly() { csystem_allocate_sparingly() }

  /// For serving: gives back what loading left, and keeps large blocks for the next ones.
  package static func allocateQuickly() { csystem_allocate_quickly() }
}
