// A load client that costs little enough not to be what is measured: one thread, nothing parsed but
// where answers end.
//
// usage: load line|http PORT CONNECTIONS DEPTH REQUESTS TOKENS [RATE]
//
// Each connection has up to DEPTH requests under way (1 for http). Without RATE the next request goes
// out when an answer has ended; with it, RATE go out a second whatever comes back, and a request's
// time runs from when it should have gone out. TOKENS of 1 asks for an answer at once.
//
// It prints {"seconds":…,"requests":…,"tokens":…,"p50_us":…,"p99_us":…,"cpu_us":…}; the times are of
// whole answers.
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
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 4096, DEPTH_MAX = 256, EVENTS_MAX = 512, BUFFER_SIZE = 1 << 18 };

// Some 40 tokens, as a short question with a system prompt has.
static const char prompt[] =
    "You are the assistant of a small cluster. Answer shortly and say where a reader finds more. "
    "What is a load balancer, and when does a cluster of language models need one of its own?";

struct connection {
  int fd;
  int running;
  int64_t due[DEPTH_MAX];  // By the request's place on this connection.
  int free[DEPTH_MAX];     // Places without a request; the first DEPTH - running entries.
  char *buffer, *output;
  size_t used, length;
  // HTTP: bytes of the body that are still to come, or that it comes in chunks.
  long body;
  bool is_body, is_chunked;
};

static bool is_http;
static int poller, port, connection_count, depth;
static long request_count, sent_count, finished_count, token_count, tokens_wanted;
static double rate;
static struct connection *connections;
static int64_t start, *latencies;

static void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("load: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  exit(1);
}

static int64_t nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void open_connection(struct connection *connection) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connection->fd < 0 ||
      connect(connection->fd, (struct sockaddr *)&address, sizeof address) != 0)
    fail("port %d: %s", port, strerror(errno));
  int one = 1;
  setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  connection->buffer = malloc(BUFFER_SIZE);
  connection->output = malloc(BUFFER_SIZE);
  if (!connection->buffer || !connection->output) fail("no memory");
  for (int place = 0; place < depth; place++) connection->free[place] = place;
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, connection->fd, &event) != 0) fail("%s", strerror(errno));
}

static void put_request(struct connection *connection, int64_t due) {
  int place = connection->free[depth - 1 - connection->running++];
  connection->due[place] = due;
  char body[512];
  int length = snprintf(body, sizeof body,
                        "{\"prompt\":\"%s\",\"max_tokens\":%ld,\"temperature\":0}", prompt,
                        tokens_wanted);
  size_t room = BUFFER_SIZE - connection->length;
  char *end = connection->output + connection->length;
  int written = is_http ? snprintf(end, room,
                                   "POST /completion HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                                   "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                                   length, body)
                        : snprintf(end, room, "INFER #%d %s\n", place, body);
  if (written < 0 || (size_t)written >= room) fail("requests do not fit");
  connection->length += (size_t)written;
  sent_count++;
}

static void flush(struct connection *connection) {
  for (size_t sent = 0; sent < connection->length;) {
    ssize_t count = send(connection->fd, connection->output + sent, connection->length - sent,
                         MSG_NOSIGNAL);
    if (count < 0) fail("sending: %s", strerror(errno));
    sent += (size_t)count;
  }
  connection->length = 0;
}

static void finish(struct connection *connection, int place, int64_t now) {
  latencies[finished_count++] = now - connection->due[place];
  connection->free[depth - connection->running--] = place;
}

static void take_http_line(struct connection *connection, const char *line, int64_t now) {
  bool is_empty = strcmp(line, "\r") == 0;
  if (connection->is_body) {
    if (strncmp(line, "data: ", 6) == 0) {
      token_count++;
    } else if (strcmp(line, "0\r") == 0) {
      connection->is_body = connection->is_chunked = false;
      finish(connection, 0, now);
    }
  } else if (is_empty) {
    // Also the line behind the last chunk, after which nothing is awaited.
    connection->is_body = connection->is_chunked;
  } else if (strncasecmp(line, "content-length:", 15) == 0) {
    connection->body = strtol(line + 15, NULL, 10);
  } else if (strncasecmp(line, "transfer-encoding: chunked", 26) == 0) {
    connection->is_chunked = true;
  } else if (strncmp(line, "HTTP/1.1 ", 9) == 0 && strncmp(line + 9, "200", 3) != 0) {
    fail("%s", line);
  }
}

static void take_line(struct connection *connection, const char *line, int64_t now) {
  if (is_http)
    take_http_line(connection, line, now);
  else if (strncmp(line, "TOKEN #", 7) == 0)
    token_count++;
  else if (strncmp(line, "DONE #", 6) == 0)
    finish(connection, atoi(line + 6), now);
  else
    fail("%.300s", line);
}

static void receive(struct connection *connection) {
  size_t room = BUFFER_SIZE - 1 - connection->used;
  ssize_t count = recv(connection->fd, connection->buffer + connection->used, room, 0);
  if (count <= 0) fail("the server closed the connection");
  int64_t now = nanoseconds();
  size_t from = 0, scan = connection->used;
  connection->used += (size_t)count;
  for (;;) {
    char *end = memchr(connection->buffer + scan, '\n', connection->used - scan);
    if (!end) break;
    *end = 0;
    const char *line = connection->buffer + from;
    bool ends_head = is_http && !connection->is_body && strcmp(line, "\r") == 0;
    take_line(connection, line, now);
    from = scan = (size_t)(end - connection->buffer) + 1;
    if (ends_head && !connection->is_chunked && connection->body > 0) {
      // Bodies of known length are short, and come with their head or right behind it.
      if (connection->used - from < (size_t)connection->body) {
        *end = '\n';
        from = (size_t)(line - connection->buffer);
        break;
      }
      from = scan = from + (size_t)connection->body;
      connection->body = 0;
      finish(connection, 0, now);
    }
  }
  connection->used -= from;
  memmove(connection->buffer, connection->buffer + from, connection->used);
}

// Sends what may go out now; returns nanoseconds to the next request that is due, -1 for none.
static int64_t send_due(void) {
  static int turn;
  if (rate == 0) {
    for (int c = 0; c < connection_count && sent_count < request_count; c++) {
      struct connection *connection = &connections[c];
      while (connection->running < depth && sent_count < request_count)
        put_request(connection, nanoseconds());
      if (connection->length) flush(connection);
    }
    return -1;
  }
  while (sent_count < request_count) {
    int64_t due = start + (int64_t)((double)sent_count / rate * 1e9), now = nanoseconds();
    if (due > now) return due - now;
    int tried = 0;
    while (tried < connection_count && connections[turn].running == depth) {
      turn = (turn + 1) % connection_count;
      tried++;
    }
    if (tried == connection_count) return -1;  // All are taken: an answer must end first.
    put_request(&connections[turn], due);
    flush(&connections[turn]);
    turn = (turn + 1) % connection_count;
  }
  return -1;
}

static int compare(const void *left, const void *right) {
  int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
  return (a > b) - (a < b);
}

int main(int argc, char **argv) {
  if (argc != 7 && argc != 8)
    fail("usage: load line|http PORT CONNECTIONS DEPTH REQUESTS TOKENS [RATE]");
  is_http = strcmp(argv[1], "http") == 0;
  port = atoi(argv[2]);
  connection_count = atoi(argv[3]);
  depth = is_http ? 1 : atoi(argv[4]);
  request_count = atol(argv[5]);
  tokens_wanted = atol(argv[6]);
  rate = argc == 8 ? atof(argv[7]) : 0;
  if (connection_count < 1 || connection_count > CONNECTIONS_MAX || depth < 1 || depth > DEPTH_MAX)
    fail("1 to %d connections, 1 to %d requests on each", CONNECTIONS_MAX, DEPTH_MAX);
  connections = calloc((size_t)connection_count, sizeof *connections);
  latencies = calloc((size_t)request_count + 1, sizeof *latencies);
  poller = epoll_create1(EPOLL_CLOEXEC);
  if (!connections || !latencies || poller < 0) fail("no memory");
  for (int c = 0; c < connection_count; c++) open_connection(&connections[c]);
  start = nanoseconds();
  while (finished_count < request_count) {
    int64_t pause = send_due();
    struct timespec span = {pause / 1000000000, pause % 1000000000}, most = {60, 0};
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_pwait2(poller, events, EVENTS_MAX, pause < 0 ? &most : &span, NULL);
    if (count == 0 && pause < 0) fail("nothing came for a minute");
    for (int e = 0; e < count; e++) receive(events[e].data.ptr);
  }
  double seconds = (double)(nanoseconds() - start) / 1e9;
  qsort(latencies, (size_t)finished_count, sizeof *latencies, compare);
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  printf("{\"seconds\":%.6f,\"requests\":%ld,\"tokens\":%ld,\"p50_us\":%.1f,\"p99_us\":%.1f,"
         "\"cpu_us\":%lld}\n",
         seconds, finished_count, token_count, (double)latencies[finished_count / 2] / 1e3,
         (double)latencies[finished_count * 99 / 100] / 1e3,
         (long long)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000 +
             used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}
