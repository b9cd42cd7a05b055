/// What this program numbers itself: each thing gets a higher number than the ones before it.
public protocol Numbered: Hashable, Sendable {
  var number: UInt64 { get }
  init(_ number: UInt64)
}

/// Values by such numbers. A `Dictionary` hashes so that nobody can choose keys that collide, which
/// costs more than all else that a request asks of it; these numbers nobody chooses.
///
/// A value stands at one place for as long as it is in the table, so that whoever has looked it up
/// can go on there without another look. It is public for other modules to make it their own: only so
/// does the compiler know there what it holds.
public struct NumberTable<Key: Numbered, Value> {
  @usableFromInline var index = NumberIndex()
  /// By place; nil where a place is free.
  @usableFromInline var entries: [Value?] = []
  @usableFromInline var freePlaces: [Int] = []

  /// Without any values.
  @inlinable public init() {}

  /// How many values there are.
  @inlinable public var count: Int { index.count }
  /// Whether there are none.
  @inlinable public var isEmpty: Bool { index.count == 0 }

  /// All of them, in no order.
  public var values: some Sequence<Value> { entries.lazy.compactMap(\.self) }

  /// Where a value stands; nil where the key has none.
  @inlinable public func place(of key: Key) -> Int? { index.place(of: key.number) }

  /// The value at a place that `place(of:)` named, changed where it stands.
  @inlinable public subscript(at place: Int) -> Value {
    get { entries[place]! }
    _modify { yield &entries[place]! }
  }

  /// The value under a key; nil where there is none.
  @inlinable public subscript(key: Key) -> Value? {
    get { place(of: key).flatMap { entries[$0] } }
    set {
      if let newValue {
        if let place = place(of: key) {
          entries[place] = newValue
        } else {
          insert(newValue, for: key)
        }
      } else {
        removeValue(for: key)
      }
    }
  }

  /// Adds a value under a key that has none.
  ///
  /// - Returns: its place.
  @discardableResult
  @inlinable public mutating func insert(_ value: Value, for key: Key) -> Int {
    let place: Int
    if let free = freePlaces.popLast() {
      place = free
      entries[place] = value
    } else {
      place = entries.count
      entries.append(value)
    }
    index.insert(key.number, at: place)
    return place
  }

  /// - Returns: what was there; nil where there was nothing.
  @discardableResult
  @inlinable public mutating func removeValue(for key: Key) -> Value? {
    guard let place = index.remove(key.number) else { return nil }
    let value = entries[place]
    entries[place] = nil
    freePlaces.append(place)
    return value
  }
}

extension NumberTable: Sendable where Value: Sendable {}

/// A set of such numbers.
package struct NumberSet<Key: Numbered>: Sendable {
  private var index = NumberIndex()

  package var count: Int { index.count }
  package var isEmpty: Bool { index.count == 0 }

  /// All of them, in no order.
  package var members: [Key] { index.numbers.map { Key($0) } }

  package func contains(_ key: Key) -> Bool { index.place(of: key.number) != nil }

  /// Adds a key that is not there.
  mutating func insert(_ key: Key) { index.insert(key.number, at: 0) }

  /// - Returns: whether it was there.
  mutating func remove(_ key: Key) -> Bool { index.remove(key.number) != nil }

  mutating func removeAll() { index = NumberIndex() }
}

/// Places by number: open addressing with linear probing, multiplicative hashing, and a deletion
/// that moves back what stood behind (Knuth, "The Art of Computer Programming", volume 3, section
/// 6.4, Algorithm R).
@usableFromInline
struct NumberIndex: Sendable {
  @usableFromInline
  struct Slot: Sendable {
    @usableFromInline var number: UInt64 = 0
    /// -1 where the slot is empty.
    @usableFromInline var place = -1
  }

  /// As many as a power of two, and at least twice the numbers; none before the first number.
  @usableFromInline var slots: [Slot] = []
  @usableFromInline var count = 0
  /// What is left of a product is its upper bits, which depend on all of the number's.
  @usableFromInline var shift: UInt64 = 64

  @usableFromInline init() {}

  var numbers: [UInt64] { slots.filter { $0.place >= 0 }.map(\.number) }

  @inlinable func place(of number: UInt64) -> Int? {
    slot(of: number).map { slots[$0].place }
  }

  @inlinable func slot(of number: UInt64) -> Int? {
    guard count > 0 else { return nil }
    var slot = home(of: number)
    while slots[slot].place >= 0 {
      if slots[slot].number == number { return slot }
      slot = next(slot)
    }
    return nil
  }

  /// Adds a number that is not there.
  @usableFromInline mutating func insert(_ number: UInt64, at place: Int) {
    if count * 2 >= slots.count { grow() }
    count += 1
    put(Slot(number: number, place: place))
  }

  /// - Returns: its place; nil where it is not there.
  @usableFromInline mutating func remove(_ number: UInt64) -> Int? {
    guard var hole = slot(of: number) else { return nil }
    let place = slots[hole].place
    count -= 1
    var slot = next(hole)
    while slots[slot].place >= 0 {
      // It may stand in the hole unless its way from home begins behind that.
      let way = (slot - home(of: slots[slot].number)) & (slots.count - 1)
      if way >= (slot - hole) & (slots.count - 1) {
        slots[hole] = slots[slot]
        hole = slot
      }
      slot = next(slot)
    }
    slots[hole].place = -1
    return place
  }

  /// The golden ratio's multiples lie as far apart as can be (ibid.).
  @inlinable func home(of number: UInt64) -> Int {
    Int(truncatingIfNeeded: (number &* 0x9e37_79b9_7f4a_7c15) >> shift)
  }

  @inlinable func next(_ slot: Int) -> Int { (slot + 1) & (slots.count - 1) }

  private mutating func put(_ new: Slot) {
    var slot = home(of: new.number)
    while slots[slot].place >= 0 { slot = next(slot) }
    slots[slot] = new
  }

  private mutating func grow() {
    let old = slots
    slots = [Slot](repeating: Slot(), count: max(8, old.count * 2))
    shift = UInt64(slots.count.leadingZeroBitCount + 1)
    for slot in old where slot.place >= 0 { put(slot) }
  }
}
