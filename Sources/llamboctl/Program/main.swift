import LlamboCommand

let parsed = Program.parse(Command.program)
guard let command = Command.find(parsed.path), let run = command.run else {
  fatalError("every command that parses has a way to run")
}
do {
  Program.end(try run(parsed.arguments))
} catch {
  Program.fail("llamboctl", error.message, error.status)
}
