// A worker that costs next to nothing, to stand behind a proxy: it answers at once, or streams one
// token a tick. One thread.
//
// usage: stub line|http TICK_US [JOIN_PORT SLOTS]
//
// It listens on a loopback port, which it prints, and serves INFER lines or POST requests there. With
// JOIN_PORT it also dials that orchestrator and is a node of it. A request whose "max_tokens" is 1
// is answered at once and whole; any other gets that many tokens, one at each tick, as a worker sends
// them that decodes one batch a tick: what goes out on one connection leaves in one call.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { STREAMS_MAX = 8192, EVENTS_MAX = 512, INPUT_MAX = 1 << 20, ID_MAX = 72 };

struct connection {
  int fd;
  bool is_closed;
  char *input;
  size_t used;
  char *output;
  size_t length, capacity;
};

struct stream {
  struct connection *connection;
  char id[ID_MAX];
  long next, total;
};

static bool is_http;
static int poller, timer;
static long tick_us;
static struct stream streams[STREAMS_MAX];
static size_t stream_count;

static void fail(const char *what) {
  fprintf(stderr, "stub: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void put(struct connection *connection, const char *format, ...) {
  va_list arguments;
  for (;;) {
    size_t room = connection->capacity - connection->length;
    va_start(arguments, format);
    int length = vsnprintf(connection->output + connection->length, room, format, arguments);
    va_end(arguments);
    if (length < 0) fail("formatting");
    if ((size_t)length < room) {
      connection->length += (size_t)length;
      return;
    }
    connection->capacity = 2 * connection->capacity + (size_t)length;
    connection->output = realloc(connection->output, connection->capacity);
    if (!connection->output) fail("memory");
  }
}

// Its memory stays: streams may name it until the next tick, and a run has few connections.
static void drop(struct connection *connection) {
  if (connection->is_closed) return;
  connection->is_closed = true;
  close(connection->fd);
}

// Waits where the peer does not read, which only a broken proxy makes it do.
static void flush(struct connection *connection) {
  for (size_t sent = 0; sent < connection->length && !connection->is_closed;) {
    ssize_t count = send(connection->fd, connection->output + sent, connection->length - sent,
                         MSG_NOSIGNAL);
    if (count < 0) drop(connection);
    sent += count > 0 ? (size_t)count : 0;
  }
  connection->length = 0;
}

static struct connection *add(int fd) {
  struct connection *connection = calloc(1, sizeof *connection);
  if (!connection) fail("memory");
  int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  connection->fd = fd;
  connection->input = malloc(INPUT_MAX);
  connection->capacity = 1 << 16;
  connection->output = malloc(connection->capacity);
  if (!connection->input || !connection->output) fail("memory");
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll");
  return connection;
}

static void set_timer(bool runs) {
  struct timespec span = {tick_us / 1000000, tick_us % 1000000 * 1000};
  struct itimerspec timing = {.it_interval = span, .it_value = span};
  struct itimerspec never = {0};
  if (timerfd_settime(timer, 0, runs ? &timing : &never, NULL) != 0) fail("timer");
}

static void answer_at_once(struct connection *connection, const char *id) {
  static const char text[] =
      "{\"text\":\" node\",\"token_count\":1,\"prompt_tokens\":40,\"completion_time\":0.1,"
      "\"first_token_time\":0.1,\"finish_reason\":\"length\",\"node\":\"stub\"}";
  if (is_http)
    put(connection,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
        sizeof text - 1, text);
  else
    put(connection, "DONE #%s %s\n", id, text);
}

static void begin(struct connection *connection, const char *id, const char *body) {
  const char *field = strstr(body, "\"max_tokens\":");
  long total = field ? strtol(field + 13, NULL, 10) : 1;
  if (total <= 1) return answer_at_once(connection, id);
  if (stream_count == STREAMS_MAX) fail("too many streams");
  if (stream_count == 0) set_timer(true);
  struct stream *stream = &streams[stream_count++];
  *stream = (struct stream){.connection = connection, .total = total};
  snprintf(stream->id, sizeof stream->id, "%s", id);
  if (is_http)
    put(connection,
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
        "Transfer-Encoding: chunked\r\n\r\n");
}

static void put_token(struct stream *stream) {
  char text[96];
  int length = is_http ? snprintf(text, sizeof text,
                                  "data: {\"i\":%ld,\"id\":415,\"text\":\" node\"}\n\n", stream->next)
                       : 0;
  if (is_http)
    put(stream->connection, "%x\r\n%s\r\n", (unsigned)length, text);
  else
    put(stream->connection, "TOKEN #%s {\"i\":%ld,\"id\":415,\"text\":\" node\"}\n", stream->id,
        stream->next);
  stream->next++;
}

static void put_end(struct stream *stream) {
  if (is_http)
    put(stream->connection, "0\r\n\r\n");
  else
    answer_at_once(stream->connection, stream->id);
}

static void tick(void) {
  uint64_t count;
  if (read(timer, &count, sizeof count) < 0) return;
  for (size_t s = 0; s < stream_count; s++) {
    put_token(&streams[s]);
    if (streams[s].next == streams[s].total) put_end(&streams[s]);
  }
  for (size_t s = 0; s < stream_count; s++) flush(streams[s].connection);
  for (size_t s = 0; s < stream_count;)
    if (streams[s].next == streams[s].total || streams[s].connection->is_closed)
      streams[s] = streams[--stream_count];
    else
      s++;
  if (stream_count == 0) set_timer(false);
}

static void take_line(struct connection *connection, char *line) {
  char id[ID_MAX] = "";
  if (sscanf(line, "INFER #%64s", id) == 1)
    begin(connection, id, line);
  else if (strncmp(line, "PING", 4) == 0)
    put(connection, "PONG {\"active\":0,\"waiting\":0}\n");
  else if (strncmp(line, "ERROR", 5) == 0)
    fail(line);
}

// Returns how many bytes the first whole request has; 0 where there is none.
static size_t take_request(struct connection *connection, char *start, size_t length) {
  char *end = memmem(start, length, "\r\n\r\n", 4);
  if (!end) return 0;
  *end = 0;
  const char *field = strcasestr(start, "content-length:");
  *end = '\r';
  size_t body = field ? strtoul(field + 15, NULL, 10) : 0;
  size_t whole = (size_t)(end + 4 - start) + body;
  if (length < whole) return 0;
  char saved = start[whole];
  start[whole] = 0;
  begin(connection, "", end + 4);
  start[whole] = saved;
  return whole;
}

static void receive(struct connection *connection) {
  if (connection->is_closed) return;
  size_t room = INPUT_MAX - 1 - connection->used;
  ssize_t count = recv(connection->fd, connection->input + connection->used, room, 0);
  if (count <= 0) return drop(connection);
  size_t scan = connection->used, from = 0;
  connection->used += (size_t)count;
  char *end;
  if (is_http) {
    size_t taken;
    while ((taken = take_request(connection, connection->input + from, connection->used - from)))
      from += taken;
  } else {
    while ((end = memchr(connection->input + scan, '\n', connection->used - scan))) {
      *end = 0;
      take_line(connection, connection->input + from);
      from = scan = (size_t)(end - connection->input) + 1;
    }
  }
  connection->used -= from;
  memmove(connection->input, connection->input + from, connection->used);
  flush(connection);
}

static int open_socket(struct sockaddr_in *address, int port) {
  *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  return fd;
}

static int listen_anywhere(int *port) {
  struct sockaddr_in address;
  int fd = open_socket(&address, 0);
  socklen_t size = sizeof address;
  if (bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, 4096) != 0 ||
      getsockname(fd, (struct sockaddr *)&address, &size) != 0)
    fail("listening");
  *port = ntohs(address.sin_port);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll");
  return fd;
}

static void join(int port, int slots, int own_port) {
  struct sockaddr_in address;
  int fd = open_socket(&address, port);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) fail("joining");
  struct connection *link = add(fd);
  put(link,
      "HELLO {\"protocol\":1,\"epoch\":0,\"type\":\"tiny\",\"model\":\"stub\",\"slots\":%d,"
      "\"context_size\":4096,\"listen\":\"127.0.0.1:%d\",\"pid\":%d}\n",
      slots, own_port, getpid());
  flush(link);
}

int main(int argc, char **argv) {
  if (argc != 3 && argc != 5) {
    fputs("usage: stub line|http TICK_US [JOIN_PORT SLOTS]\n", stderr);
    return 64;
  }
  is_http = strcmp(argv[1], "http") == 0;
  tick_us = atol(argv[2]);
  poller = epoll_create1(EPOLL_CLOEXEC);
  timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  if (poller < 0 || timer < 0) fail("epoll");
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = &timer};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, timer, &event) != 0) fail("epoll");
  int port, listener = listen_anywhere(&port);
  if (argc == 5) join(atoi(argv[3]), atoi(argv[4]), port);
  printf("%d\n", port);
  fflush(stdout);
  for (;;) {
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_wait(poller, events, EVENTS_MAX, -1);
    for (int e = 0; e < count; e++) {
      if (events[e].data.ptr == &timer) {
        tick();
      } else if (events[e].data.ptr == NULL) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0) add(fd);
      } else {
        receive(events[e].data.ptr);
      }
    }
  }
}
