// `import Llambo` alone is enough: models, parameters, grammars and messages are LlamaRunner's own
// types, so that a program which imports both has one of each.
@_exported import LlamaRunner
