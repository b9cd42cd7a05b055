#define _GNU_SOURCE
#include "CSystem.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

extern char **environ;

int csystem_poller_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

static int control(int poller, int operation, int fd, uint32_t interest, uint64_t key) {
  struct epoll_event event = {.events = 0, .data = {.u64 = key}};
  if (interest & CSYSTEM_READABLE) event.events |= EPOLLIN;
  if (interest & CSYSTEM_WRITABLE) event.events |= EPOLLOUT;
  return epoll_ctl(poller, operation, fd, &event);
}

int csystem_poller_add(int poller, int fd, uint32_t interest, uint64_t key) {
  return control(poller, EPOLL_CTL_ADD, fd, interest, key);
}

int csystem_poller_change(int poller, int fd, uint32_t interest, uint64_t key) {
  return control(poller, EPOLL_CTL_MOD, fd, interest, key);
}

int csystem_poller_remove(int poller, int fd) {
  return epoll_ctl(poller, EPOLL_CTL_DEL, fd, NULL);
}

int csystem_poller_wait(int poller, csystem_event *events, int capacity, int timeout_ms) {
  struct epoll_event ready[256];
  if (capacity > 256) capacity = 256;
  int count = epoll_wait(poller, ready, capacity, timeout_ms);
  for (int i = 0; i < count; i++) {
    uint32_t readiness = 0;
    if (ready[i].events & EPOLLIN) readiness |= CSYSTEM_READABLE;
    if (ready[i].events & EPOLLOUT) readiness |= CSYSTEM_WRITABLE;
    if (ready[i].events & (EPOLLHUP | EPOLLERR)) readiness |= CSYSTEM_HANGUP;
    events[i] = (csystem_event){.readiness = readiness, .key = ready[i].data.u64};
  }
  return count;
}

int csystem_wake_create(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void csystem_wake_send(int fd) {
  int saved = errno;
  uint64_t one = 1;
  while (write(fd, &one, sizeof one) < 0 && errno == EINTR) {
  }
  errno = saved;
}

void csystem_wake_clear(int fd) {
  uint64_t count;
  while (read(fd, &count, sizeof count) < 0 && errno == EINTR) {
  }
}

static void handled_signals(sigset_t *set) {
  sigemptyset(set);
  sigaddset(set, SIGINT);
  sigaddset(set, SIGTERM);
  sigaddset(set, SIGHUP);
  sigaddset(set, SIGCHLD);
}

int csystem_signals_create(void) {
  sigset_t set;
  handled_signals(&set);
  int failure = pthread_sigmask(SIG_BLOCK, &set, NULL);
  if (failure != 0) {
    errno = failure;
    return -1;
  }
  if (signal(SIGPIPE, SIG_IGN) == SIG_ERR) return -1;
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int csystem_signals_next(int fd) {
  struct signalfd_siginfo info;
  ssize_t count;
  do {
    count = read(fd, &info, sizeof info);
  } while (count < 0 && errno == EINTR);
  return count == sizeof info ? (int)info.ssi_signo : 0;
}

int csystem_socket_create(int family) {
  return socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

int csystem_socket_accept(int listener) {
  return accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

int csystem_socket_no_delay(int fd) {
  int on = 1;
  return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

ssize_t csystem_socket_send(int fd, const void *bytes, size_t count) {
  return send(fd, bytes, count, MSG_NOSIGNAL);
}

pid_t csystem_spawn(
    const char *program, char *const argv[], int input, int output, int errors, bool session) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int failure = posix_spawn_file_actions_init(&actions);
  if (failure != 0) {
    errno = failure;
    return -1;
  }
  failure = posix_spawnattr_init(&attributes);
  if (failure != 0) {
    posix_spawn_file_actions_destroy(&actions);
    errno = failure;
    return -1;
  }
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  if (session) flags |= POSIX_SPAWN_SETSID;

  pid_t pid = -1;
  if (input == CSYSTEM_EMPTY)
    failure = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  else if (input != CSYSTEM_OWN)
    failure = posix_spawn_file_actions_adddup2(&actions, input, 0);
  if (failure == 0 && output != CSYSTEM_OWN)
    failure = posix_spawn_file_actions_adddup2(&actions, output, 1);
  if (failure == 0 && errors != CSYSTEM_OWN)
    failure = posix_spawn_file_actions_adddup2(&actions, errors, 2);
  if (failure == 0 &&
      (failure = posix_spawnattr_setsigmask(&attributes, &none)) == 0 &&
      (failure = posix_spawnattr_setsigdefault(&attributes, &all)) == 0 &&
      (failure = posix_spawnattr_setflags(&attributes, flags)) == 0) {
    failure = posix_spawnp(&pid, program, &actions, &attributes, argv, environ);
  }
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (failure != 0) {
    errno = failure;
    return -1;
  }
  return pid;
}

int csystem_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int64_t csystem_raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return -1;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0 && getrlimit(RLIMIT_NOFILE, &limit) != 0) return -1;
  return (int64_t)limit.rlim_cur;
}

int csystem_limit(pid_t pid, int64_t data_bytes, int niceness) {
  int result = 0;
#ifdef __linux__
  // Memory that a process writes (getrlimit(2), RLIMIT_DATA); a model that is mapped does not count.
  struct rlimit data = {.rlim_cur = (rlim_t)data_bytes, .rlim_max = (rlim_t)data_bytes};
  if (data_bytes > 0 && prlimit(pid, RLIMIT_DATA, &data, NULL) != 0) result = -1;
#else
  (void)data_bytes;
#endif
  if (niceness > 0 && setpriority(PRIO_PROCESS, (id_t)pid, niceness) != 0) result = -1;
  return result;
}

// glibc takes pages of their own for blocks from a threshold on, which rises to the size of each such
// block that is freed. So after the first large one that loading frees, zeroed tables of hundreds
// of KiB come from the heap, where they are written to be zero.

void csystem_allocate_sparingly(void) {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 64 << 10);
#endif
}

void csystem_allocate_quickly(void) {
#ifdef __GLIBC__
  malloc_trim(0);
  // The most that the threshold would rise to by itself.
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 4 << 20);
#endif
}
