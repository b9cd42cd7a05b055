import Foundation
import LlamboCluster
import LlamboSimulator
import Testing

#if canImport(FoundationXML)
import FoundationXML
#endif

@Suite struct TimelineTests {
  private func drawing(seed: UInt64, nodes: Int) throws -> String {
    var simulation = Simulation(Scenario(seed: seed, nodes: nodes), drawsTimeline: true)
    _ = simulation.run()
    return try #require(simulation.timeline).svg(title: "seed \(seed) & <all>")
  }

  @Test func aRunIsDrawnWithALaneForEachNodeAndALegend() throws {
    let svg = try drawing(seed: 5, nodes: 6)
    #expect(XMLParser(data: Data(svg.utf8)).parse())
    for number in 1...6 { #expect(svg.contains(">worker-000\(number)<")) }
    for word in ["healthy", "starting", "requests waiting", "the faults stop", "&amp; &lt;all&gt;"]
    {
      #expect(svg.contains(word), "\(word)")
    }
  }

  @Test func ofManyNodesSomeAreDrawnAndItSaysSo() throws {
    let svg = try drawing(seed: 5, nodes: 200)
    #expect(XMLParser(data: Data(svg.utf8)).parse())
    #expect(svg.contains("64 of 2"))
  }
}
