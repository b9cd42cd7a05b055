import LlamboCluster
import LlamboWire

// What tells one run from another. Texts that only people read are left out.

extension Event {
  func digest(into log: inout EventLog) {
    switch self {
    case .started: log.mix(1)
    case .launched(let node, let epoch, let pid):
      log.mix(2)
      log.mix(node)
      log.mix(epoch)
      log.mix(pid)
    case .launchFailed(let node, let epoch, _):
      log.mix(3)
      log.mix(node)
      log.mix(epoch)
    case .processEnded(let node, let epoch, _, _):
      log.mix(4)
      log.mix(node)
      log.mix(epoch)
    case .hello(let link, let hello):
      log.mix(5)
      log.mix(link.number)
      log.mix(hello.epoch)
      log.mix(hello.pid)
    case .linkClosed(let link):
      log.mix(6)
      log.mix(link.number)
    case .heard(let link):
      log.mix(7)
      log.mix(link.number)
    case .submitted(let request, _):
      log.mix(8)
      log.mix(request.number)
    case .finished(let request, let link):
      log.mix(9)
      log.mix(request.number)
      log.mix(link.number)
    case .failed(let request, let link, let error):
      log.mix(10)
      log.mix(request.number)
      log.mix(link.number)
      log.mix(error.code.name)
    case .cancelled(let request):
      log.mix(11)
      log.mix(request.number)
    case .tick: log.mix(12)
    case .stop(let node):
      log.mix(16)
      log.mix(node)
    case .drain(let node, let grace, let replace):
      log.mix(14)
      log.mix(node)
      log.mix(Int(grace))
      log.mix(replace ? 1 : 0)
    case .useStrategy(let strategy):
      log.mix(15)
      log.mix(strategy.rawValue)
    case .shutdown(let grace):
      log.mix(13)
      log.mix(Int(grace))
    }
  }
}

extension Directive {
  func digest(into log: inout EventLog) {
    switch self {
    case .launch(let node, _, let epoch):
      log.mix(101)
      log.mix(node)
      log.mix(epoch)
    case .kill(let node, let pid):
      log.mix(102)
      log.mix(node)
      log.mix(pid)
    case .welcome(let link, _):
      log.mix(103)
      log.mix(link.number)
    case .refuse(let link, let error):
      log.mix(104)
      log.mix(link.number)
      log.mix(error.code.name)
    case .closeLink(let link):
      log.mix(105)
      log.mix(link.number)
    case .ping(let link):
      log.mix(106)
      log.mix(link.number)
    case .stopNode(let link, let grace, let move):
      log.mix(107)
      log.mix(link.number)
      log.mix(Int(grace))
      log.mix(Int(move ?? -1))
    case .send(let request, let link):
      log.mix(108)
      log.mix(request.number)
      log.mix(link.number)
    case .cancel(let request, let link):
      log.mix(109)
      log.mix(request.number)
      log.mix(link.number)
    case .fail(let request, let error):
      log.mix(110)
      log.mix(request.number)
      log.mix(error.code.name)
    case .endCancelled(let request):
      log.mix(111)
      log.mix(request.number)
    case .note: log.mix(112)
    case .persist: log.mix(113)
    case .stopped: log.mix(114)
    }
  }
}
