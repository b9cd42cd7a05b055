#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

// What Swift's Glibc module lacks. Every function that can fail returns -1 and sets errno, as the
// call beneath it does.

enum {
  CSYSTEM_READABLE = 1,
  CSYSTEM_WRITABLE = 2,
  // The peer is gone in both directions, or the descriptor failed; always reported.
  CSYSTEM_HANGUP = 4,
};

typedef struct {
  uint32_t readiness;
  uint64_t key;
} csystem_event;

int csystem_poller_create(void);
int csystem_poller_add(int poller, int fd, uint32_t interest, uint64_t key);
int csystem_poller_change(int poller, int fd, uint32_t interest, uint64_t key);
int csystem_poller_remove(int poller, int fd);
int csystem_poller_wait(int poller, csystem_event *events, int capacity, int timeout_ms);

/// A descriptor that becomes readable when another thread calls `csystem_wake_send`.
int csystem_wake_create(void);
void csystem_wake_send(int fd);
void csystem_wake_clear(int fd);

/// Blocks SIGINT, SIGTERM, SIGHUP and SIGCHLD, ignores SIGPIPE, and gives a descriptor that becomes
/// readable when one of the former arrives.
int csystem_signals_create(void);
/// The next signal that arrived, 0 when there is none.
int csystem_signals_next(int fd);

/// A connected or listening socket's flags: no blocking, no inheritance, no delay.
int csystem_socket_create(int family);
int csystem_socket_accept(int listener);
int csystem_socket_no_delay(int fd);
ssize_t csystem_socket_send(int fd, const void *bytes, size_t count);

/// In place of a descriptor: nothing to read, and the one that this process has itself.
#define CSYSTEM_EMPTY (-1)
#define CSYSTEM_OWN (-2)

/// Starts a program, looked up in PATH where its name has no slash, with signals as a fresh process
/// expects them.
///
/// `input` becomes its standard input, `output` its standard output, `errors` its standard error. With
/// `session` it leads a session of its own, so that a terminal's Ctrl-C does not reach it.
pid_t csystem_spawn(
    const char *program, char *const argv[], int input, int output, int errors, bool session);

/// A pipe whose ends, for reading and for writing, no program that is started inherits by itself.
int csystem_pipe(int ends[2]);

/// Bounds the memory that a process writes, in bytes, 0 for no bound, and lowers its priority by that
/// many steps of niceness. -1 where either failed.
int csystem_limit(pid_t pid, int64_t data_bytes, int niceness);

/// The descriptors that the process may have open: soft limit raised to the hard one.
int64_t csystem_raise_descriptor_limit(void);

/// Makes the allocator give large blocks pages of their own, which cost nothing until they are
/// written and go back when they are freed. For loading: it is slow where blocks come and go.
void csystem_allocate_sparingly(void);
/// Makes the allocator keep large blocks for the next ones that are as large, after it has given
/// back what loading left. What other allocators than glibc's do stays as it is.
void csystem_allocate_quickly(void);
