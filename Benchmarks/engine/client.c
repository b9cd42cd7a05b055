// A load client that costs little enough not to be what is measured: one thread, one connection a
// stream, and nothing parsed but where lines begin.
//
// usage: client line|http PORT STREAMS <PLAN >TIMES
//
// A line of PLAN is a request: "STREAM AFTER BODY". The requests of one stream follow each other;
// each one waits until AFTER tokens have come, of all streams together. BODY is the JSON of an
// INFER, or of a POST /completion with "stream":true.
//
// A line of TIMES is a request's: "STREAM SENT DONE TOKENS TIME,TIME,…", where TOKENS is the
// server's count and the times are those of each token's arrival, in microseconds since the first
// request was sent. A last line, "cpu MICROSECONDS", is what the client itself used.
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

enum { STREAMS_MAX = 256, BUFFER_SIZE = 1 << 20, SILENCE_MS_MAX = 60000 };

struct request {
  int stream;
  long after;
  char *body;
  int64_t sent, done;
  long tokens;
  int64_t *times;
  size_t time_count, time_capacity;
};

struct stream {
  int fd;
  size_t next;              // The first request that may be this stream's next one.
  struct request *running;  // NULL between requests.
  bool answered;            // HTTP: the last event was seen, the end of the body not yet.
  char *buffer;
  size_t used;
};

static bool is_http;
static int port, stream_count, poller;
static struct stream streams[STREAMS_MAX];
static struct request *requests;
static size_t request_count, finished_count;
static long token_count;
static int64_t start;

static void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("client: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  exit(1);
}

static int64_t microseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void *grown(void *memory, size_t size) {
  memory = realloc(memory, size);
  if (!memory) fail("no memory");
  return memory;
}

static void read_plan(void) {
  char *line = NULL;
  size_t capacity = 0, room = 0;
  ssize_t length;
  while ((length = getline(&line, &capacity, stdin)) > 0) {
    if (line[length - 1] == '\n') line[length - 1] = 0;
    int body = 0;
    struct request request = {0};
    if (sscanf(line, "%d %ld %n", &request.stream, &request.after, &body) < 2 || body == 0)
      fail("not understood: %.80s", line);
    if (request.stream < 0 || request.stream >= stream_count)
      fail("there is no stream %d", request.stream);
    request.body = strdup(line + body);
    if (!request.body) fail("no memory");
    if (request_count == room) {
      room = room ? 2 * room : 64;
      requests = grown(requests, room * sizeof *requests);
    }
    requests[request_count++] = request;
  }
  free(line);
}

static void open_stream(struct stream *stream) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  stream->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (stream->fd < 0 || connect(stream->fd, (struct sockaddr *)&address, sizeof address) != 0)
    fail("port %d: %s", port, strerror(errno));
  int one = 1;
  setsockopt(stream->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  stream->used = 0;
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)(stream - streams)};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, stream->fd, &event) != 0) fail("%s", strerror(errno));
}

static void send_request(struct stream *stream, struct request *request) {
  char *text;
  int length =
      is_http ? asprintf(&text,
                         "POST /completion HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                         "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                         strlen(request->body), request->body)
              : asprintf(&text, "INFER #%zu %s\n", (size_t)(request - requests), request->body);
  if (length < 0) fail("no memory");
  stream->running = request;
  stream->answered = false;
  request->sent = microseconds();
  if (start == 0) start = request->sent;
  for (ssize_t at = 0; at < length;) {
    ssize_t sent = send(stream->fd, text + at, (size_t)(length - at), MSG_NOSIGNAL);
    if (sent < 0) fail("sending: %s", strerror(errno));
    at += sent;
  }
  free(text);
}

// Sends what may go out now.
static void send_due(void) {
  for (int s = 0; s < stream_count; s++) {
    struct stream *stream = &streams[s];
    if (stream->running) continue;
    while (stream->next < request_count && requests[stream->next].stream != s) stream->next++;
    if (stream->next == request_count || requests[stream->next].after > token_count) continue;
    send_request(stream, &requests[stream->next++]);
  }
}

static void finish(struct stream *stream) {
  stream->running = NULL;
  finished_count++;
}

// llama-server announces that it keeps a connection after a stream, and closes it.
static void reopen_stream(struct stream *stream) {
  close(stream->fd);
  open_stream(stream);
}

static void note_token(struct request *request, int64_t now) {
  if (request->time_count == request->time_capacity) {
    request->time_capacity = request->time_capacity ? 2 * request->time_capacity : 128;
    request->times = grown(request->times, request->time_capacity * sizeof *request->times);
  }
  request->times[request->time_count++] = now;
  token_count++;
}

static bool starts(const char *line, const char *prefix) {
  return strncmp(line, prefix, strlen(prefix)) == 0;
}

static void note_end(struct request *request, const char *line, const char *key, int64_t now) {
  const char *value = strstr(line, key);
  if (!value) fail("no %s in %.200s", key, line);
  request->tokens = strtol(value + strlen(key), NULL, 10);
  request->done = now;
}

static void take_line(struct stream *stream, const char *line, int64_t now) {
  struct request *request = stream->running;
  if (!request) {
    if (*line && strcmp(line, "\r") != 0) fail("unasked: %.200s", line);
  } else if (!is_http) {
    if (starts(line, "TOKEN ")) {
      note_token(request, now);
    } else if (starts(line, "DONE ")) {
      note_end(request, line, "\"token_count\":", now);
      finish(stream);
    } else {
      fail("%.300s", line);
    }
  } else if (starts(line, "data: ")) {
    if (strstr(line, "\"stop\":true")) {
      note_end(request, line, "\"tokens_predicted\":", now);
      stream->answered = true;
    } else if (strstr(line, "\"stop\":false")) {
      note_token(request, now);
    } else {
      fail("%.300s", line);
    }
  } else if (stream->answered && strcmp(line, "0\r") == 0) {
    // The chunk of length 0 ends the body.
    finish(stream);
  } else if (starts(line, "HTTP/1.1 ") && !starts(line, "HTTP/1.1 200")) {
    fail("%.100s", line);
  }
}

static void receive(struct stream *stream) {
  size_t room = BUFFER_SIZE - 1 - stream->used;
  ssize_t count = recv(stream->fd, stream->buffer + stream->used, room, 0);
  if (count < 0) fail("receiving: %s", strerror(errno));
  if (count == 0) fail("the server closed the connection");
  int64_t now = microseconds();
  size_t from = 0, scan = stream->used;
  stream->used += (size_t)count;
  char *end;
  while ((end = memchr(stream->buffer + scan, '\n', stream->used - scan))) {
    *end = 0;
    take_line(stream, stream->buffer + from, now);
    from = scan = (size_t)(end - stream->buffer) + 1;
  }
  stream->used -= from;
  memmove(stream->buffer, stream->buffer + from, stream->used);
  if (stream->used == BUFFER_SIZE - 1) fail("a line is too long");
  if (is_http && !stream->running) reopen_stream(stream);
}

static void print_times(void) {
  for (size_t r = 0; r < request_count; r++) {
    const struct request *request = &requests[r];
    printf("%d %lld %lld %ld ", request->stream, (long long)(request->sent - start),
           (long long)(request->done - start), request->tokens);
    for (size_t t = 0; t < request->time_count; t++)
      printf("%s%lld", t ? "," : "", (long long)(request->times[t] - start));
    putchar('\n');
  }
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  printf("cpu %lld\n", (long long)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000 +
                           used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

int main(int argc, char **argv) {
  if (argc != 4) fail("usage: client line|http PORT STREAMS <PLAN >TIMES");
  is_http = strcmp(argv[1], "http") == 0;
  port = atoi(argv[2]);
  stream_count = atoi(argv[3]);
  if (stream_count < 1 || stream_count > STREAMS_MAX) fail("1 to %d streams", STREAMS_MAX);
  read_plan();
  poller = epoll_create1(EPOLL_CLOEXEC);
  if (poller < 0) fail("%s", strerror(errno));
  for (int s = 0; s < stream_count; s++) {
    streams[s].buffer = grown(NULL, BUFFER_SIZE);
    open_stream(&streams[s]);
  }
  while (finished_count < request_count) {
    send_due();
    struct epoll_event events[STREAMS_MAX];
    int count = epoll_wait(poller, events, STREAMS_MAX, SILENCE_MS_MAX);
    if (count == 0) fail("nothing came for %d s", SILENCE_MS_MAX / 1000);
    for (int e = 0; e < count; e++) receive(&streams[events[e].data.u32]);
  }
  print_times();
}
