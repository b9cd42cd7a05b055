#include "Internal.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

namespace {

using clock_type = std::chrono::steady_clock;

/// Most bytes of a reason.
constexpr size_t error_bytes = 4096;

/// What begins a child's answer; the text follows.
struct answer_header {
  bool succeeded;
  size_t count;
};

struct pipe_ends {
  int read_end = -1, write_end = -1;

  pipe_ends() {
    int ends[2];
    if (pipe(ends) != 0) return;
    read_end = ends[0];
    write_end = ends[1];
    fcntl(read_end, F_SETFD, FD_CLOEXEC);
    fcntl(write_end, F_SETFD, FD_CLOEXEC);
  }
  ~pipe_ends() {
    if (read_end >= 0) close(read_end);
    close_write_end();
  }
  void close_write_end() {
    if (write_end >= 0) close(write_end);
    write_end = -1;
  }
  pipe_ends(const pipe_ends &) = delete;
  pipe_ends &operator=(const pipe_ends &) = delete;
};

void lower_limit(decltype(RLIMIT_CORE) which, rlim_t soft, rlim_t hard) {
  rlimit limit;
  if (getrlimit(which, &limit) != 0) return;
  limit.rlim_max = std::min(limit.rlim_max, hard);
  limit.rlim_cur = std::min({limit.rlim_cur, soft, limit.rlim_max});
  setrlimit(which, &limit);
}

/// Bytes of address space that the process has; 0 where the system does not tell.
rlim_t address_space() {
#ifdef __linux__
  int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  char text[64] = {};
  ssize_t count = read(file, text, sizeof text - 1);
  close(file);
  return count > 0 ? rlim_t(strtoull(text, nullptr, 10)) * rlim_t(sysconf(_SC_PAGESIZE)) : 0;
#else
  return 0;
#endif
}

/// Closes every descriptor from `first` on: a socket that stays open here would look alive to its
/// other end.
void close_from(int first) {
#if defined(__linux__) && defined(SYS_close_range)
  if (syscall(SYS_close_range, unsigned(first), ~0u, 0u) == 0) return;
#endif
  rlimit files;
  int end = 65536;
  if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < rlim_t(end)) {
    end = int(files.rlim_cur);
  }
  for (int file = first; file < end; file++) close(file);
}

/// Bounds what this process may take, and takes from it what it shares with its parent.
void confine(const cllama::isolation &limits) {
  // A crash here is an outcome: no handler of the host's has anything to say about it.
  for (int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGXCPU, SIGPIPE}) {
    signal(number, SIG_DFL);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  rlim_t used = address_space();
  lower_limit(RLIMIT_CORE, 0, 0);
  lower_limit(RLIMIT_CPU, rlim_t(limits.cpu_seconds), rlim_t(limits.cpu_seconds) + 1);
  if (used > 0) lower_limit(RLIMIT_AS, used + limits.memory_bytes, used + limits.memory_bytes);
}

bool write_all(int file, const void *bytes, size_t count) {
  auto *at = static_cast<const char *>(bytes);
  while (count > 0) {
    ssize_t written = write(file, at, count);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    at += written;
    count -= size_t(written);
  }
  return true;
}

[[noreturn]] void run_child(
    const cllama::isolation &limits, int file, const std::function<std::string()> &body) {
  // The pipe takes the place after the standard streams.
  if (file != 3 && dup2(file, 3) == 3) file = 3;
  close_from(file + 1);
  confine(limits);
  std::string text;
  bool succeeded = false;
  try {
    cllama::abort_guard guard;
    text = body();
    succeeded = text.size() <= limits.output_bytes;
    if (!succeeded) text = "it makes more than " + std::to_string(limits.output_bytes) + " bytes";
  } catch (const std::exception &exception) {
    text = exception.what();
    text.resize(std::min(text.size(), error_bytes));
    // The engine wraps what it catches, this too.
    if (text.find("bad_alloc") != std::string::npos) {
      text = "it takes more than " + std::to_string(limits.memory_bytes >> 20) + " MiB of memory";
    }
  } catch (...) {
    text = "an unknown C++ exception";
  }
  answer_header header{succeeded, text.size()};
  if (write_all(file, &header, sizeof header)) write_all(file, text.data(), text.size());
  _exit(0);
}

enum class outcome { whole, ended, late };

/// Reads `count` bytes, but not beyond the deadline.
outcome read_all(int file, char *bytes, size_t count, clock_type::time_point deadline) {
  while (count > 0) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - clock_type::now()).count();
    if (left <= 0) return outcome::late;
    pollfd wait{file, POLLIN, 0};
    int ready = poll(&wait, 1, int(left));
    if (ready < 0 && errno != EINTR) return outcome::ended;
    if (ready <= 0) continue;
    ssize_t got = read(file, bytes, count);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return outcome::ended;
    bytes += got;
    count -= size_t(got);
  }
  return outcome::whole;
}

std::string cause_of_death(const cllama::isolation &limits, int status) {
  if (!WIFSIGNALED(status)) return "its process ended early";
  switch (WTERMSIG(status)) {
  case SIGXCPU:
  case SIGKILL:
    return "it does not end within " + std::to_string(limits.cpu_seconds) + " s of computing";
  case SIGSEGV:
  case SIGBUS: return "it nests too deep or without end";
  default: return "it ends its process with signal " + std::to_string(WTERMSIG(status));
  }
}

}  // namespace

bool cllama::isolated(
    const isolation &limits, const std::function<std::string()> &body, std::string &text) {
  auto deadline = clock_type::now() + std::chrono::seconds(limits.wall_seconds);
  pipe_ends pipe;
  pid_t child = pipe.read_end < 0 ? -1 : fork();
  if (child < 0) {
    text = std::string("the system makes no process: ") + strerror(errno);
    return false;
  }
  if (child == 0) run_child(limits, pipe.write_end, body);
  pipe.close_write_end();
  answer_header header{};
  outcome result =
      read_all(pipe.read_end, reinterpret_cast<char *>(&header), sizeof header, deadline);
  if (result == outcome::whole) {
    try {
      text.resize(std::min(header.count, std::max(limits.output_bytes, error_bytes)));
      result = read_all(pipe.read_end, &text[0], text.size(), deadline);
    } catch (...) {
      result = outcome::late;
    }
  }
  if (result == outcome::late) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  if (result == outcome::whole) return header.succeeded;
  text = result == outcome::late
             ? "it does not end within " + std::to_string(limits.wall_seconds) + " s"
             : cause_of_death(limits, status);
  return false;
}
