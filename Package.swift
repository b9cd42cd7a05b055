// swift-tools-version: 6.2
import Foundation
import PackageDescription

// llama.cpp is built by `./deploy.sh setup`, which leaves a link to the installed
// prefix in the checkout. LLAMBO_LLAMA_PREFIX names another one.
let llamaPrefix =
  ProcessInfo.processInfo.environment["LLAMBO_LLAMA_PREFIX"]
  ?? Context.packageDirectory + "/.llambo/llama"

let swift: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]
let c: [CSetting] = [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]

/// One of the project's own Swift libraries.
func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: swift)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(name: name, dependencies: dependencies, swiftSettings: swift)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(name: name, dependencies: dependencies, swiftSettings: swift)
}

let package = Package(
  name: "Llambo",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "LlamaRunner", targets: ["LlamaRunner"]),
    .executable(name: "llambo-worker", targets: ["llambo-worker"]),
    .executable(name: "llambo-orchestrator", targets: ["llambo-orchestrator"]),
    .executable(name: "llamboctl", targets: ["llamboctl"]),
    .executable(name: "llama-runner", targets: ["llama-runner"]),
    .executable(name: "llambo-sim", targets: ["llambo-sim"]),
  ],
  targets: [
    // The pure rooms: no I/O, no clock, no randomness.
    .target(
      name: "LlamboJSON", swiftSettings: swift,
      // Rounding comes from libm, which only Foundation and Glibc would bring along.
      linkerSettings: [.linkedLibrary("m")]),
    room("LlamboWire", ["LlamboJSON"]),
    room("LlamboCluster", ["LlamboWire"]),
    room("LlamboSimulator", ["LlamboCluster", "LlamboWire"]),

    // The edges: C libraries and the operating system.
    .target(
      name: "CLlama",
      cxxSettings: [
        .unsafeFlags([
          "-isystem", "\(llamaPrefix)/include", "-isystem", "\(llamaPrefix)/include/llama-common",
          "-Wall", "-Wextra", "-Werror",
        ])
      ],
      linkerSettings: [.unsafeFlags(["@\(llamaPrefix)/lib/llambo-link.rsp"])]),
    .target(name: "CSystem", cSettings: c),
    .systemLibrary(
      name: "CYAML", pkgConfig: "yaml-0.1",
      providers: [.apt(["libyaml-dev"]), .brew(["libyaml"])]),
    .systemLibrary(
      name: "CEdit", pkgConfig: "libedit", providers: [.apt(["libedit-dev"]), .brew(["libedit"])]),
    room("LlamaRunner", ["CLlama", "LlamboJSON"]),
    room("LlamboIO", ["CSystem", "LlamboWire", "LlamboJSON"]),
    room("LlamboConfig", ["CYAML", "LlamboCluster", "LlamboCommand", "LlamboJSON"]),
    room("LlamboCommand"),

    // The programs: thin mains over their shells.
    program(
      "llambo-worker", ["LlamaRunner", "LlamboIO", "LlamboWire", "LlamboJSON", "LlamboCommand"]),
    program(
      "llambo-orchestrator",
      ["LlamboCluster", "LlamboConfig", "LlamboIO", "LlamboWire", "LlamboJSON", "LlamboCommand"]),
    program(
      "llamboctl", ["LlamboConfig", "LlamboIO", "LlamboWire", "LlamboJSON", "LlamboCommand"]),
    program("llama-runner", ["LlamaRunner", "LlamboCommand", "CEdit"]),
    program("llambo-sim", ["LlamboSimulator", "LlamboCommand", "LlamboJSON"]),

    // What the core costs.
    .executableTarget(
      name: "cluster-benchmark", dependencies: ["LlamboCluster", "LlamboWire"],
      path: "Benchmarks/cluster", exclude: ["run"], swiftSettings: swift),

    // What the library's guide shows.
    .target(
      name: "GuideExamples", dependencies: ["LlamaRunner"], path: "Examples/Guide",
      swiftSettings: swift),

    tests("LlamboJSONTests", ["LlamboJSON"]),
    tests("LlamboWireTests", ["LlamboWire", "LlamboJSON"]),
    tests("LlamboClusterTests", ["LlamboJSON", "LlamboCluster", "LlamboWire"]),
    .testTarget(
      name: "LlamboSimulatorTests",
      dependencies: ["LlamboSimulator", "LlamboCluster", "LlamboWire", "llambo-sim"],
      exclude: ["Seeds"], swiftSettings: swift),
    tests("LlamboIOTests", ["LlamboIO", "CSystem", "LlamboWire", "LlamboJSON"]),
    tests("LlamboConfigTests", ["LlamboConfig", "LlamboCluster", "LlamboJSON"]),
    tests("LlamboCommandTests", ["LlamboCommand"]),
    tests("LlamaRunnerTests", ["LlamaRunner", "LlamboJSON"]),
    tests("LlamaRunnerProgramTests", ["llama-runner", "LlamaRunner"]),
    tests(
      "ProgramTests",
      [
        "llamboctl", "llambo-orchestrator", "llambo-worker", "llama-runner", "llambo-sim",
        "LlamboCommand",
      ]),
    tests("GuideTests", ["GuideExamples"]),
    tests("PackageTests", ["LlamboJSON", "LlamboCluster"]),
    tests("SystemTests", ["LlamaRunner", "LlamboIO", "LlamboWire", "LlamboJSON"]),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)
