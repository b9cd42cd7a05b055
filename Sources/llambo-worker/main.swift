import LlamaRunner
import LlamboCommand
import LlamboIO

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

let program = "llambo-worker"
let arguments = Program.parse(WorkerOptions.command).arguments
do {
  let options = try WorkerOptions(arguments)
  Allocator.allocateSparingly()
  let loop = try EventLoop()
  // Before the engine's thread starts, which inherits what signals are blocked.
  var onSignal: (Int32) -> Void = { _ in }
  try loop.onSignal { onSignal($0) }
  let model = try Model(
    path: options.model, options: ModelOptions(gpuLayers: options.gpuLayers))
  let worker = try Worker(options: options, model: model, loop: loop)
  Allocator.allocateQuickly()
  onSignal = { signal in
    if signal == SIGTERM || signal == SIGINT { worker.drain(within: 5000) }
  }
  let tie =
    try options.isTied
    ? InputReader(ofStandardInput: loop) { worker.drain(within: 0) } : nil
  try worker.start()
  Program.log("\(program): \(model.name) on \(worker.address)")
  loop.run()
  tie?.stop()
  worker.stop()
  Program.end(.ok)
} catch let error as LlamaError {
  Program.fail(program, error.description, .dataError)
} catch let error as SystemError {
  Program.fail(program, error.description, .unavailable)
} catch {
  Program.fail(program, "\(error)", .osError)
}
