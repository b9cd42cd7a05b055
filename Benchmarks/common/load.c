// A load client that costs little enough not to be what is measured: one thread, nothing parsed but
// where answers end, and in which error.
//
// usage: load line|http PORT BODY [OPTION]...
//
// BODY is the JSON of an INFER, or of a POST /completion; an @ in it becomes the request's number.
//
//   --connections N   on which requests take turns (1)
//   --at-once N       requests under way at most, evenly over the connections (one on each, always
//                     so with http)
//   --rate N          requests that go out a second whatever comes back, and a request's time runs
//                     from when it should have gone out; without it the next one goes out when an
//                     answer has ended
//   --requests N      ends after so many answers
//   --seconds N       ends after so much time, of which everything is counted that happens in it,
//   --warm-up N       after so many seconds before it
//   --watch PID       a process whose CPU time is asked for; again for more of them
//
// It prints {"seconds":…,"sent":…,"requests":…,"tokens":…,"p50_us":…,"p99_us":…,
// "errors":{CODE:{"count":…,"p50_us":…,"p99_us":…}},"cpu_us":[…]}. Requests are those that ended in
// an answer, the times are of whole answers, CPU times its own and then those of who is watched, -1
// for who has ended. Errors of the line protocol are counted; whatever else goes wrong ends it.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
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
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 4096, DEPTH_MAX = 256, EVENTS_MAX = 512, BUFFER_SIZE = 1 << 18 };
enum { CODES_MAX = 16, CODE_SIZE = 32, WATCHED_MAX = 256 };

static const int64_t SILENCE_MAX = 60000000000;

// How long requests took that ended in the same way, in nanoseconds.
struct times {
  int64_t *values;
  size_t count, capacity;
};

struct outcome {
  char code[CODE_SIZE];
  struct times times;
};

// A process, 0 for this one, and its CPU time in microseconds, -1 where it has ended.
struct watched {
  pid_t pid;
  double before, used;
};

struct connection {
  int fd;
  int depth, running;
  int64_t due[DEPTH_MAX];  // By the request's place on this connection.
  int free[DEPTH_MAX];     // Places without a request; the first DEPTH - running entries.
  char *buffer, *output;
  size_t used, length;
  // HTTP: bytes of the body that are still to come, or that it comes in chunks.
  long body;
  bool is_body, is_chunked;
};

static bool is_http;
static int poller, port, connection_count = 1, at_once;
static const char *body_head, *body_tail;  // What stands before the number, and behind it.
static double rate;
static struct connection *connections;

// When to stop, and from when on to count.
static long request_count = LONG_MAX;
static double warm_up, seconds_wanted;
static int64_t start, counted_from, counted_until = INT64_MAX;
static bool is_counting;

static long sent_count, finished_count;  // Since the start; all below while it is counted.
static long sent_counted, token_count;
static struct times answers;
static struct outcome errors[CODES_MAX];
static int error_count;
static struct watched watched[1 + WATCHED_MAX];
static int watched_count = 1;

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

static double cpu_us(pid_t pid) {
  clockid_t clock;
  struct timespec used;
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0) return -1;
  return (double)used.tv_sec * 1e6 + (double)used.tv_nsec / 1e3;
}

static void note(struct times *times, int64_t time) {
  if (times->count == times->capacity) {
    times->capacity = times->capacity ? 2 * times->capacity : 1024;
    times->values = realloc(times->values, times->capacity * sizeof *times->values);
    if (!times->values) fail("no memory");
  }
  times->values[times->count++] = time;
}

static struct times *times_of(const char *code) {
  for (int e = 0; e < error_count; e++)
    if (strcmp(errors[e].code, code) == 0) return &errors[e].times;
  if (error_count == CODES_MAX || strlen(code) >= CODE_SIZE) fail("too many codes: %.80s", code);
  strcpy(errors[error_count].code, code);
  return &errors[error_count++].times;
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
  for (int place = 0; place < connection->depth; place++) connection->free[place] = place;
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, connection->fd, &event) != 0) fail("%s", strerror(errno));
}

static void put_request(struct connection *connection, int64_t due) {
  int place = connection->free[connection->depth - 1 - connection->running++];
  connection->due[place] = due;
  char number[24] = "";
  if (body_tail) snprintf(number, sizeof number, "%ld", sent_count + 1);
  const char *tail = body_tail ? body_tail : "";
  size_t room = BUFFER_SIZE - connection->length;
  char *end = connection->output + connection->length;
  int written =
      is_http ? snprintf(end, room,
                         "POST /completion HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                         "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s%s%s",
                         strlen(body_head) + strlen(number) + strlen(tail), body_head, number, tail)
              : snprintf(end, room, "INFER #%d %s%s%s\n", place, body_head, number, tail);
  if (written < 0 || (size_t)written >= room) fail("requests do not fit");
  connection->length += (size_t)written;
  sent_count++;
  sent_counted += is_counting;
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

// Ends a request in an error with this code, or in an answer.
static void finish(struct connection *connection, int place, const char *code, int64_t now) {
  finished_count++;
  if (is_counting) note(code ? times_of(code) : &answers, now - connection->due[place]);
  connection->free[connection->depth - connection->running--] = place;
}

static void take_error(struct connection *connection, char *line, int64_t now) {
  static const char key[] = "\"code\":\"";
  char *code = strstr(line, key);
  if (!code) fail("%.300s", line);
  code += strlen(key);
  code[strcspn(code, "\"")] = 0;
  finish(connection, atoi(line + strlen("ERROR #")), code, now);
}

static void take_http_line(struct connection *connection, const char *line, int64_t now) {
  if (connection->is_body) {
    if (strncmp(line, "data: ", 6) == 0) {
      token_count += is_counting;
    } else if (strcmp(line, "0\r") == 0) {
      connection->is_body = connection->is_chunked = false;
      finish(connection, 0, NULL, now);
    }
  } else if (strcmp(line, "\r") == 0) {
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

static void take_line(struct connection *connection, char *line, int64_t now) {
  if (is_http)
    take_http_line(connection, line, now);
  else if (strncmp(line, "TOKEN #", 7) == 0)
    token_count += is_counting;
  else if (strncmp(line, "DONE #", 6) == 0)
    finish(connection, atoi(line + 6), NULL, now);
  else if (strncmp(line, "ERROR #", 7) == 0)
    take_error(connection, line, now);
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
    char *line = connection->buffer + from;
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
      finish(connection, 0, NULL, now);
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
      while (connection->running < connection->depth && sent_count < request_count)
        put_request(connection, nanoseconds());
      if (connection->length) flush(connection);
    }
    return -1;
  }
  while (sent_count < request_count) {
    int64_t due = start + (int64_t)((double)sent_count / rate * 1e9), now = nanoseconds();
    if (due > now) return due - now;
    int tried = 0;
    while (tried < connection_count && connections[turn].running == connections[turn].depth) {
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

static void print_times(struct times *times) {
  double half = 0, most = 0;
  if (times->count > 0) {
    qsort(times->values, times->count, sizeof *times->values, compare);
    half = (double)times->values[times->count / 2] / 1e3;
    most = (double)times->values[times->count * 99 / 100] / 1e3;
  }
  printf("\"p50_us\":%.1f,\"p99_us\":%.1f", half, most);
}

static void start_counting(int64_t now) {
  is_counting = true;
  counted_from = now;
  for (int w = 0; w < watched_count; w++) watched[w].before = cpu_us(watched[w].pid);
}

static void stop_counting(int64_t now) {
  counted_until = now;
  for (int w = 0; w < watched_count; w++) {
    double before = watched[w].before, after = cpu_us(watched[w].pid);
    watched[w].used = before < 0 || after < 0 ? -1 : after - before;
  }
}

static void print_counts(void) {
  printf("{\"seconds\":%.6f,\"sent\":%ld,\"requests\":%zu,\"tokens\":%ld,",
         (double)(counted_until - counted_from) / 1e9, sent_counted, answers.count, token_count);
  print_times(&answers);
  printf(",\"errors\":{");
  for (int e = 0; e < error_count; e++) {
    printf("%s\"%s\":{\"count\":%zu,", e ? "," : "", errors[e].code, errors[e].times.count);
    print_times(&errors[e].times);
    putchar('}');
  }
  fputs("},\"cpu_us\":[", stdout);
  for (int w = 0; w < watched_count; w++) printf("%s%.1f", w ? "," : "", watched[w].used);
  puts("]}");
}

static void read_options(int argc, char **argv) {
  static const struct option options[] = {
      {"connections", required_argument, NULL, 'c'}, {"at-once", required_argument, NULL, 'a'},
      {"rate", required_argument, NULL, 'r'},        {"requests", required_argument, NULL, 'n'},
      {"seconds", required_argument, NULL, 's'},     {"warm-up", required_argument, NULL, 'u'},
      {"watch", required_argument, NULL, 'w'},       {0},
  };
  int option;
  while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) switch (option) {
      case 'c': connection_count = atoi(optarg); break;
      case 'a': at_once = atoi(optarg); break;
      case 'r': rate = atof(optarg); break;
      case 'n': request_count = atol(optarg); break;
      case 's': seconds_wanted = atof(optarg); break;
      case 'u': warm_up = atof(optarg); break;
      case 'w':
        if (watched_count > WATCHED_MAX) fail("at most %d processes are watched", WATCHED_MAX);
        watched[watched_count++].pid = atoi(optarg);
        break;
      default: exit(1);
    }
  if (argc - optind != 3) fail("usage: load line|http PORT BODY [OPTION]...");
  is_http = strcmp(argv[optind], "http") == 0;
  port = atoi(argv[optind + 1]);
  char *at = strchr(body_head = argv[optind + 2], '@');
  if (at) {
    *at = 0;
    body_tail = at + 1;
  }
  if (at_once == 0 || is_http) at_once = connection_count;
  if (connection_count < 1 || connection_count > CONNECTIONS_MAX || at_once < connection_count ||
      at_once > connection_count * DEPTH_MAX)
    fail("1 to %d connections, 1 to %d requests on each", CONNECTIONS_MAX, DEPTH_MAX);
  if ((request_count == LONG_MAX) == (seconds_wanted <= 0))
    fail("either --requests or --seconds says when to stop");
}

int main(int argc, char **argv) {
  read_options(argc, argv);
  connections = calloc((size_t)connection_count, sizeof *connections);
  poller = epoll_create1(EPOLL_CLOEXEC);
  if (!connections || poller < 0) fail("no memory");
  for (int c = 0; c < connection_count; c++) {
    connections[c].depth = at_once / connection_count + (c < at_once % connection_count);
    open_connection(&connections[c]);
  }
  start = nanoseconds();
  counted_from = start + (int64_t)(warm_up * 1e9);
  if (seconds_wanted > 0) counted_until = counted_from + (int64_t)(seconds_wanted * 1e9);
  int64_t now = start;
  while (finished_count < request_count && now < counted_until) {
    if (!is_counting && now >= counted_from) start_counting(now);
    int64_t pause = send_due();
    if (pause < 0) pause = SILENCE_MAX;
    if (counted_until - now < pause) pause = counted_until - now;
    if (!is_counting && counted_from - now < pause) pause = counted_from - now;
    struct timespec span = {pause / 1000000000, pause % 1000000000};
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_pwait2(poller, events, EVENTS_MAX, &span, NULL);
    if (count == 0 && pause == SILENCE_MAX) fail("nothing came for a minute");
    for (int e = 0; e < count; e++) receive(events[e].data.ptr);
    now = nanoseconds();
  }
  stop_counting(now);
  print_counts();
}
