import Glibc
import Testing

@testable import LlamboIO

struct AddressTests {
  @Test(arguments: [
    ("127.0.0.1:9000", "127.0.0.1:9000"), ("0.0.0.0:0", "0.0.0.0:0"),
    ("localhost:65535", "127.0.0.1:65535"), ("[::1]:9000", "[::1]:9000"),
    ("[fe80::1]:1", "[fe80::1]:1"),
  ])
  func anAddressIsReadAndWritten(_ text: String, _ written: String) throws {
    let address = try Address(text)
    #expect(address.description == written)
    #expect(try Address(address.description) == address)
  }

  @Test(arguments: [
    "", ":", "9000", "127.0.0.1", "127.0.0.1:", ":9000", "127.0.0.1:65536", "127.0.0.1:-1",
    "127.0.0.1:9000x", "127.0.0.1: 9000", " 127.0.0.1:9000", "127.0.0.256:1", "127.1:9000",
    "example.org:80", "[::1]", "[::1:9000", "[]:1", "[127.0.0.1]x:1", "[example.org]:80",
    "127.0.0.1\0:1",
  ])
  func whatIsNoAddressIsRefused(_ text: String) {
    let error = #expect(throws: SystemError.self) { try Address(text) }
    #expect(error?.code == EINVAL)
    #expect(error?.hint?.contains("host:port") == true)
  }

  @Test(arguments: ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1"])
  func aLoopbackAddressMayListen(_ text: String) throws {
    #expect(try Address(loopback: text) == Address(text))
  }

  @Test(arguments: ["0.0.0.0:9000", "192.168.1.1:9000", "[::]:9000", "[fe80::1]:9000", "1.2.3.4:1"])
  func anyOtherMayNot(_ text: String) {
    let error = #expect(throws: SystemError.self) { try Address(loopback: text) }
    #expect(error?.code == EACCES)
  }
}
