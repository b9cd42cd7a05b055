import Testing

/// The programs as people run them: real processes, real sockets, the shipped model. One test at a
/// time, for each starts processes of its own and the machine is small.
@Suite(.serialized) struct SystemTests {}
