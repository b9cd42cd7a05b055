/// What a line that begins with a slash asks of the program.
enum SlashCommand: String, CaseIterable {
  case test = "/test"
  case stats = "/stats"
  case help = "/help"
  case clear = "/clear"
  case exit = "/exit"

  static let helpText = """
    /test WORD  how a word or text is said, and how well
    /stats      the model, the context and what was answered so far
    /clear      forget the conversation
    /help       this text
    /exit       end; so does Ctrl-D

    Everything else is for the model. Ctrl-C stops its answer.

    """
}
