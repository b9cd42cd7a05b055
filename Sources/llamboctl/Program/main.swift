import LlamboControl

ControlProgram.run()
