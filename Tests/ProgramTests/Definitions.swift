import LlamboCommand

@testable import LlamboControl
@testable import llama_runner
@testable import llambo_orchestrator
@testable import llambo_sim
@testable import llambo_worker

/// The command lines of all programs.
let definitions = [
  Command.program, ControlProgram.limbot, orchestratorCommand, WorkerOptions.command,
  RunnerOptions.command,
  simulatorCommand,
]

/// Every command of every program.
let places = definitions.flatMap(\.places)
