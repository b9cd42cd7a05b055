import Testing

@testable import LlamaRunner

@Suite struct ThreadDefaultsTests {
  @Test(arguments: [(1, 1, 1), (2, 1, 1), (4, 2, 1), (8, 4, 2), (96, 48, 24), (4096, 512, 512)])
  func theManualsSharesOfTheCores(cores: Int, half: Int, quarter: Int) {
    #expect(ThreadDefaults.share(of: cores, 2) == half)
    #expect(ThreadDefaults.share(of: cores, 4) == quarter)
  }

  @Test func theMachineHasCores() {
    #expect(ThreadDefaults.cores >= 1)
    #expect(ThreadDefaults.generation == max(1, ThreadDefaults.cores / 2))
    #expect(ThreadDefaults.prompt == max(1, ThreadDefaults.cores / 4))
  }
}
