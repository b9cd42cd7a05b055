import LlamboCommand
import Testing

@testable import LlamboControl

/// The command line of `llamboctl` as data.
struct DefinitionTests {
  @Test func itContradictsItselfNowhere() {
    #expect(Command.program.problems == [])
    #expect(DishWords.program.problems == [])
  }
}
