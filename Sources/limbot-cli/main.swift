import LlamboControl

ControlProgram.runLimbot()
