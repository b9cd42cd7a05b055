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

/// A small program over the public Swift API.
func example(_ name: String) -> Target {
  .executableTarget(
    name: name, dependencies: ["Llambo"], path: "Examples/\(name)", swiftSettings: swift)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(name: name, dependencies: dependencies, swiftSettings: swift)
}

let package = Package(
  name: "Llambo",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Llambo", targets: ["Llambo"]),
    .library(name: "LlamaRunner", targets: ["LlamaRunner"]),
    .executable(name: "llambo-worker", targets: ["llambo-worker"]),
    .executable(name: "llambo-orchestrator", targets: ["llambo-orchestrator"]),
    .executable(name: "llamboctl", targets: ["llamboctl"]),
    .executable(name: "limbot-cli", targets: ["limbot-cli"]),
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
    room("LlamboCluster", ["LlamboWire", "LlamboJSON"]),
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
    room("LlamboTerminal", ["CEdit", "LlamboCommand"]),

    // The public Swift API over all of it.
    room("Llambo", ["LlamaRunner", "LlamboCluster", "LlamboIO", "LlamboWire", "LlamboJSON"]),

    // The programs: thin mains over their shells.
    program(
      "llambo-worker", ["LlamaRunner", "LlamboIO", "LlamboWire", "LlamboJSON", "LlamboCommand"]),
    program(
      "llambo-orchestrator",
      ["LlamboCluster", "LlamboConfig", "LlamboIO", "LlamboWire", "LlamboJSON", "LlamboCommand"]),
    // llamboctl's commands, of which limbot-cli is one.
    .target(
      name: "LlamboControl",
      dependencies: [
        "LlamaRunner", "LlamboCluster", "LlamboConfig", "LlamboIO", "LlamboWire", "LlamboJSON",
        "LlamboCommand", "LlamboTerminal",
      ],
      path: "Sources/llamboctl", exclude: ["Program"], swiftSettings: swift),
    .executableTarget(
      name: "llamboctl", dependencies: ["LlamboControl"], path: "Sources/llamboctl/Program",
      swiftSettings: swift),
    program("limbot-cli", ["LlamboControl"]),
    program("llama-runner", ["LlamaRunner", "LlamboCommand", "LlamboTerminal"]),
    program("llambo-sim", ["LlamboSimulator", "LlamboCommand", "LlamboJSON"]),

    // What the core costs.
    .executableTarget(
      name: "cluster-benchmark", dependencies: ["LlamboCluster", "LlamboWire"],
      path: "Benchmarks/cluster", exclude: ["run"], swiftSettings: swift),

    // What the library's guide shows.
    .target(
      name: "GuideExamples", dependencies: ["LlamaRunner"], path: "Examples/Guide",
      swiftSettings: swift),

    // The programs that the guide to the Swift API begins with.
    example("SimpleInference"),
    example("DistributedCluster"),
    example("CustomLoadBalancer"),
    example("Patterns"),
    .target(
      name: "APIExamples", dependencies: ["Llambo"], path: "Examples/API", swiftSettings: swift),

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
    tests(
      "LlamboControlTests", ["LlamboControl", "LlamboCommand", "LlamboTerminal", "LlamboWire"]),
    tests("LlamaRunnerTests", ["LlamaRunner", "LlamboJSON"]),
    // A terminal for the programs that a person types at.
    .target(name: "TerminalHarness", path: "Tests/TerminalHarness", swiftSettings: swift),
    tests("LlamaRunnerProgramTests", ["llama-runner", "LlamaRunner", "TerminalHarness"]),
    tests(
      "GuideTests",
      ["GuideExamples", "APIExamples", "Llambo", "llambo-worker", "llambo-orchestrator"]),
    tests(
      "LlamboTests",
      [
        "Llambo", "LlamaRunner", "llambo-worker", "llambo-orchestrator", "SimpleInference",
        "DistributedCluster", "CustomLoadBalancer", "Patterns",
      ]),
    tests(
      "ProgramTests",
      [
        "LlamboControl", "llamboctl", "limbot-cli", "llambo-orchestrator", "llambo-worker",
        "llama-runner", "llambo-sim", "LlamboCommand",
      ]),
    tests("PackageTests", ["LlamboJSON", "LlamboCluster"]),
    .testTarget(
      name: "SystemTests",
      dependencies: ["LlamaRunner", "LlamboIO", "LlamboWire", "LlamboJSON", "TerminalHarness"],
      exclude: ["Control/model-host.py"], swiftSettings: swift),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)
