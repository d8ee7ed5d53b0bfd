// A stand-in for the WeChat server API: one thread, epoll, HTTP/1.1 keep-alive. Bound to 127.0.0.1 only.
//
//   stub [--port P] [--latency MS | --latency lognormal:MEDIAN_MS:SIGMA] [--mix CODE:SHARE,...] [--resp-bytes N]
//        [--seed N] [--refuse-first N:CODE:SECONDS] [--tls CERTIFICATE:KEY]
//
// Prints "port P"; with --tls, "tls-port Q" follows: the same behind TLS 1.3.
// POST /tcb/invokecloudfunction   {"errcode":0,"errmsg":"ok","resp_data":"<the body, JSON-escaped>"}, after the latency
// POST /cgi-bin/stable_token, GET /cgi-bin/token   {"access_token":"...","expires_in":7200}, at once
// GET  /stats                     the counters as JSON (also printed on SIGTERM)
//
// A CODE of the mix is an errcode (answered with HTTP 200), "http500" (any http4xx/5xx: an HTML page), "drop" (the
// connection is closed without an answer) or "hang" (never answered). What the shares leave over is errcode 0. The first N
// calls may be given one errcode of their own, and are told to be retried after so many SECONDS.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// What epoll calls the listeners; connections have the numbers of their files.
enum { TLS = UINT32_MAX - 1, PLAIN };

typedef struct {
    char *data;
    size_t length, capacity;
} Buffer;
typedef struct Connection {
    int fd;
    uint32_t generation; // outlives the connection: a timer of an earlier one is recognised and ignored
    SSL *tls; // NULL: plain
    bool open, waiting, close_after, want_write;
    Buffer in, out;
    size_t written;
    uint64_t arrived;
} Connection;
typedef struct {
    uint64_t due;
    uint32_t connection, generation;
} Timer;
typedef struct {
    char name[16];
    int errcode, http, retry_after;
    bool drop, hang;
    double share;
    uint64_t count;
} Outcome;

static Connection *connections;
static uint32_t connection_capacity;
static Timer *timers;
static size_t timer_count, timer_capacity;
static Outcome outcomes[34];
static int outcome_count;
static double latency_ms, latency_sigma;
static size_t resp_bytes;
static uint64_t refused_first;
static Outcome refusal;
static SSL_CTX *tls_context;
static uint64_t random_state = 0x9E3779B97F4A7C15u;
static int epoll_fd;
static volatile sig_atomic_t stop_requested;
static struct {
    uint64_t calls, token_calls, other, in_flight, max_in_flight, open, max_open, opened, first_ns, last_ns, sum_us;
} stats;
static uint64_t histogram[64 * 32]; // latencies as served, in microseconds: 32 buckets an octave
static unsigned char needs_escape[256];

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
static uint64_t random_bits(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}
static double random_unit(void) { return (double)(random_bits() >> 11) / 9007199254740992.0; }
static void on_signal(int number) {
    (void)number;
    stop_requested = 1;
}

static void reserve(Buffer *b, size_t extra) {
    if (b->length + extra <= b->capacity) return;
    size_t capacity = b->capacity ? b->capacity : 2048;
    while (capacity < b->length + extra) capacity *= 2;
    b->data = realloc(b->data, capacity);
    b->capacity = capacity;
}
static void append(Buffer *b, const char *text, size_t length) {
    reserve(b, length);
    memcpy(b->data + b->length, text, length);
    b->length += length;
}

static void append_escaped(Buffer *b, const char *text, size_t length) {
    static const char hex[] = "0123456789abcdef";
    reserve(b, length * 6);
    char *out = b->data + b->length;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (!needs_escape[c]) {
            *out++ = (char)c;
            continue;
        }
        *out++ = '\\';
        switch (c) {
        case '"': *out++ = '"'; break;
        case '\\': *out++ = '\\'; break;
        case '\n': *out++ = 'n'; break;
        case '\r': *out++ = 'r'; break;
        case '\t': *out++ = 't'; break;
        default:
            memcpy(out, "u00", 3);
            out[3] = hex[c >> 4];
            out[4] = hex[c & 15];
            out += 5;
        }
    }
    b->length = (size_t)(out - b->data);
}

// The head is written with room for the length, which is filled in afterwards.
static size_t begin_response(Buffer *b, int status, int retry_after) {
    char head[192], later[40] = "";
    if (retry_after) snprintf(later, sizeof later, "Retry-After: %d\r\n", retry_after);
    int n = snprintf(head, sizeof head, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\n%sContent-Length: ........\r\n\r\n",
        status, status == 200 ? "OK" : "Error", status == 200 ? "application/json; charset=UTF-8" : "text/html", later);
    append(b, head, (size_t)n);
    return b->length;
}
static void end_response(Buffer *b, size_t start) {
    char digits[16];
    snprintf(digits, sizeof digits, "%8zu", b->length - start);
    memcpy(b->data + start - 12, digits, 8);
}

static void timer_push(Timer t) {
    if (timer_count == timer_capacity)
        timers = realloc(timers, (timer_capacity = timer_capacity ? timer_capacity * 2 : 1024) * sizeof *timers);
    size_t i = timer_count++;
    while (i > 0 && timers[(i - 1) / 2].due > t.due) {
        timers[i] = timers[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    timers[i] = t;
}
static Timer timer_pop(void) {
    Timer top = timers[0], last = timers[--timer_count];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < timer_count; i = child) {
        if (child + 1 < timer_count && timers[child + 1].due < timers[child].due) child++;
        if (timers[child].due >= last.due) break;
        timers[i] = timers[child];
    }
    timers[i] = last;
    return top;
}

static int bucket_of(uint64_t us) {
    if (us < 32) return (int)us;
    int shift = 58 - __builtin_clzll(us); // keeps the top six bits, of which the first is always 1
    return (shift + 1) * 32 + (int)((us >> shift) - 32);
}
static double bucket_value(int b) { return b < 32 ? b : (double)((uint64_t)(32 + b % 32) << (b / 32 - 1)); }
static double quantile(double q) {
    uint64_t total = 0, seen = 0;
    for (int i = 0; i < 64 * 32; i++) total += histogram[i];
    for (int i = 0; i < 64 * 32; i++)
        if ((seen += histogram[i]) && (double)seen >= q * (double)total) return bucket_value(i);
    return 0;
}

static void write_stats(Buffer *b) {
    char text[4096];
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
                 (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    double seconds = (double)(stats.last_ns - stats.first_ns) / 1e9;
    uint64_t answered = 0;
    for (int i = 0; i < 64 * 32; i++) answered += histogram[i];
    int n = snprintf(text, sizeof text,
        "{\"calls\":%lu,\"token_calls\":%lu,\"other_requests\":%lu,\"in_flight\":%lu,\"max_in_flight\":%lu,"
        "\"connections_opened\":%lu,\"max_connections\":%lu,"
        "\"calls_per_second\":%.0f,\"latency_us\":{\"mean\":%.1f,\"p50\":%.0f,\"p99\":%.0f,\"p999\":%.0f},\"cpu_us\":%."
        "0f,\"outcomes\":{",
        stats.calls, stats.token_calls, stats.other, stats.in_flight, stats.max_in_flight, stats.opened, stats.max_open,
        seconds > 0 ? (double)stats.calls / seconds : 0, answered ? (double)stats.sum_us / (double)answered : 0,
        quantile(0.5), quantile(0.99), quantile(0.999), cpu);
    append(b, text, (size_t)n);
    for (int i = 0; i < outcome_count; i++) {
        n = snprintf(text, sizeof text, "%s\"%s\":%lu", i ? "," : "", outcomes[i].name, outcomes[i].count);
        append(b, text, (size_t)n);
    }
    append(b, "}}\n", 3);
}

static void watch(Connection *c, bool write) {
    if (c->want_write == write) return;
    c->want_write = write;
    struct epoll_event e = {.events = EPOLLIN | (write ? EPOLLOUT : 0u), .data.u32 = (uint32_t)(c - connections)};
    epoll_ctl(epoll_fd, EPOLL_CTL_MOD, c->fd, &e);
}
static void close_connection(Connection *c) {
    if (!c->open) return;
    if (c->waiting) stats.in_flight--;
    SSL_free(c->tls);
    close(c->fd);
    stats.open--;
    c->open = c->waiting = false;
    c->generation++;
}

// As read and write, TLS or not; a handshake goes on within them. What another connection has left in OpenSSL's queue of
// errors would be taken for this one's.
static ssize_t in_tls_terms(Connection *c, int done) {
    if (done > 0) return done;
    int error = SSL_get_error(c->tls, done);
    if (error == SSL_ERROR_ZERO_RETURN) return 0;
    errno = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? EAGAIN : EPROTO;
    return -1;
}
static ssize_t receive(Connection *c, char *place, size_t room) {
    if (!c->tls) return read(c->fd, place, room);
    ERR_clear_error();
    return in_tls_terms(c, SSL_read(c->tls, place, (int)room));
}
static ssize_t transmit(Connection *c, const char *bytes, size_t length) {
    if (!c->tls) return write(c->fd, bytes, length);
    ERR_clear_error();
    return in_tls_terms(c, SSL_write(c->tls, bytes, (int)length));
}

static void flush(Connection *c) {
    while (c->written < c->out.length) {
        ssize_t n = transmit(c, c->out.data + c->written, c->out.length - c->written);
        if (n < 0) {
            if (errno == EAGAIN) {
                watch(c, true);
                return;
            }
            if (errno == EINTR) continue;
            close_connection(c);
            return;
        }
        c->written += (size_t)n;
    }
    c->written = c->out.length = 0;
    watch(c, false);
    if (c->close_after) close_connection(c);
}

static Outcome *choose_outcome(void) {
    if (stats.calls <= refused_first) return &refusal;
    if (outcome_count > 1) {
        double r = random_unit();
        for (int i = 1; i < outcome_count; i++) {
            if (r < outcomes[i].share) return &outcomes[i];
            r -= outcomes[i].share;
        }
    }
    return &outcomes[0];
}

// Returns true when the call is to be answered later.
static bool invoke(Connection *c, const char *query, size_t query_length, const char *body, size_t body_length) {
    uint64_t now = now_ns();
    if (!stats.first_ns) stats.first_ns = now;
    stats.calls++;
    c->arrived = now;
    c->waiting = true;
    if (++stats.in_flight > stats.max_in_flight) stats.max_in_flight = stats.in_flight;
    Outcome *outcome = choose_outcome();
    outcome->count++;
    if (outcome->drop) {
        close_connection(c);
        return true;
    }
    size_t start = begin_response(&c->out, outcome->http ? outcome->http : 200, outcome->retry_after);
    if (outcome->http) {
        append(&c->out, "<html><body>error</body></html>", 31);
    } else if (!memmem(query, query_length, "access_token=", 13)) {
        append(&c->out, "{\"errcode\":41001,\"errmsg\":\"access_token missing\"}", 49);
    } else if (outcome->errcode) {
        char text[128];
        int n = snprintf(text, sizeof text, "{\"errcode\":%d,\"errmsg\":\"stub error rid: %08lx-%08lx-%08lx\"}",
            outcome->errcode, random_bits() >> 32, random_bits() >> 32, random_bits() >> 32);
        append(&c->out, text, (size_t)n);
    } else {
        append(&c->out, "{\"errcode\":0,\"errmsg\":\"ok\",\"resp_data\":\"", 40);
        if (resp_bytes) {
            reserve(&c->out, resp_bytes);
            memset(c->out.data + c->out.length, 'x', resp_bytes);
            c->out.length += resp_bytes;
        } else append_escaped(&c->out, body, body_length);
        append(&c->out, "\"}", 2);
    }
    end_response(&c->out, start);
    if (outcome->hang) return true;
    double ms = latency_ms;
    if (latency_sigma > 0) ms *= exp(latency_sigma * sqrt(-2 * log(1 - random_unit())) * cos(2 * M_PI * random_unit()));
    if (ms <= 0) return false;
    timer_push((Timer){now + (uint64_t)(ms * 1e6), (uint32_t)(c - connections), c->generation});
    return true;
}
static void finish_call(Connection *c) {
    uint64_t now = now_ns(), us = (now - c->arrived) / 1000;
    stats.last_ns = now;
    stats.sum_us += us;
    histogram[bucket_of(us)]++;
    stats.in_flight--;
    c->waiting = false;
}

// Answers the complete requests in the input, stopping at one that waits for its latency.
static void serve(Connection *c) {
    size_t used = 0;
    while (c->open && !c->waiting) {
        const char *start = c->in.data + used;
        size_t available = c->in.length - used;
        const char *end = available ? memmem(start, available, "\r\n\r\n", 4) : NULL;
        if (!end) break;
        size_t body_length = 0;
        const char *line_end = memchr(start, '\r', (size_t)(end + 2 - start));
        for (const char *line = line_end + 2; line < end;) {
            const char *next = memchr(line, '\r', (size_t)(end + 1 - line));
            if ((line[0] | 32) == 'c') {
                if (!strncasecmp(line, "content-length:", 15)) body_length = strtoul(line + 15, NULL, 10);
                else if (!strncasecmp(line, "connection: close", 17)) c->close_after = true;
            } else if ((line[0] | 32) == 'e' && !strncasecmp(line, "expect: 100", 11)) {
                if (available == (size_t)(end + 4 - start)) append(&c->out, "HTTP/1.1 100 Continue\r\n\r\n", 25);
            }
            line = next + 2;
        }
        size_t head_length = (size_t)(end + 4 - start);
        if (available < head_length + body_length) break;
        const char *path = memchr(start, ' ', (size_t)(line_end - start));
        if (!path) {
            close_connection(c);
            return;
        }
        path++;
        const char *path_end = memchr(path, ' ', (size_t)(line_end - path));
        if (!path_end) path_end = line_end;
        size_t path_length = (size_t)(path_end - path);
        used += head_length + body_length;
        if (path_length >= 24 && !memcmp(path, "/tcb/invokecloudfunction", 24)) {
            if (!invoke(c, path, path_length, end + 4, body_length)) finish_call(c);
        } else {
            bool token = (path_length >= 21 && !memcmp(path, "/cgi-bin/stable_token", 21)) ||
                         (path_length >= 14 && !memcmp(path, "/cgi-bin/token", 14));
            bool statistics = path_length >= 6 && !memcmp(path, "/stats", 6);
            if (token) stats.token_calls++;
            else stats.other++;
            size_t body_start = begin_response(&c->out, token || statistics ? 200 : 404, 0);
            if (statistics) write_stats(&c->out);
            else if (token)
                append(&c->out,
                    "{\"access_token\":\"STUB_0123456789abcdef0123456789abcdef0123456789abcdef\",\"expires_in\":7200}",
                    90);
            end_response(&c->out, body_start);
        }
    }
    if (!c->open) return;
    if (used) {
        memmove(c->in.data, c->in.data + used, c->in.length - used);
        c->in.length -= used;
    }
    if (c->out.length && !c->waiting) flush(c);
}

static void accept_all(int listener, bool with_tls) {
    int fd, one = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        if ((uint32_t)fd >= connection_capacity) {
            uint32_t capacity = connection_capacity ? connection_capacity : 1024;
            while (capacity <= (uint32_t)fd) capacity *= 2;
            connections = realloc(connections, capacity * sizeof *connections);
            memset(connections + connection_capacity, 0, (capacity - connection_capacity) * sizeof *connections);
            connection_capacity = capacity;
        }
        Connection *c = &connections[fd];
        c->fd = fd;
        c->open = true;
        c->waiting = c->close_after = c->want_write = false;
        c->in.length = c->out.length = c->written = 0;
        c->tls = NULL;
        if (with_tls) {
            c->tls = SSL_new(tls_context);
            SSL_set_fd(c->tls, fd);
            SSL_set_accept_state(c->tls);
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct epoll_event e = {.events = EPOLLIN, .data.u32 = (uint32_t)fd};
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &e);
        stats.opened++;
        if (++stats.open > stats.max_open) stats.max_open = stats.open;
    }
}

static void parse_mix(char *text) {
    for (char *item = strtok(text, ","); item && outcome_count < 34; item = strtok(NULL, ",")) {
        char *colon = strrchr(item, ':');
        if (!colon) {
            fprintf(stderr, "stub: --mix CODE:SHARE,...\n");
            exit(64);
        }
        *colon = 0;
        if (!strcmp(item, "0")) continue;
        Outcome *o = &outcomes[outcome_count++];
        snprintf(o->name, sizeof o->name, "%s", item);
        o->share = atof(colon + 1);
        o->drop = !strcmp(item, "drop");
        o->hang = !strcmp(item, "hang");
        if (!strncmp(item, "http", 4)) o->http = atoi(item + 4);
        else o->errcode = atoi(item);
    }
}

static void parse_refusal(const char *text) {
    if (sscanf(text, "%lu:%d:%d", &refused_first, &refusal.errcode, &refusal.retry_after) != 3) {
        fprintf(stderr, "stub: --refuse-first N:CODE:SECONDS\n");
        exit(64);
    }
}

static void begin_tls(char *files) {
    char *key = strchr(files, ':');
    if (key) *key++ = 0;
    tls_context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_min_proto_version(tls_context, TLS1_3_VERSION);
    // What is written again after EAGAIN may lie elsewhere by then.
    SSL_CTX_set_mode(tls_context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (!key || SSL_CTX_use_certificate_file(tls_context, files, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls_context, key, SSL_FILETYPE_PEM) != 1) {
        fprintf(stderr, "stub: --tls CERTIFICATE:KEY, of PEM files\n");
        exit(64);
    }
}

// Listens on the loopback address, and puts the port's number there.
static int listen_on(int *port, uint32_t name) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)*port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4096)) {
        perror("stub");
        exit(69);
    }
    socklen_t length = sizeof address;
    getsockname(listener, (struct sockaddr *)&address, &length);
    *port = ntohs(address.sin_port);
    struct epoll_event e = {.events = EPOLLIN, .data.u32 = name};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &e);
    return listener;
}

int main(int argc, char **argv) {
    int port = 0, tls_port = 0;
    outcomes[outcome_count++] = (Outcome){.name = "0"};
    for (int i = 1; i + 1 < argc; i += 2) {
        char *option = argv[i], *value = argv[i + 1];
        if (!strcmp(option, "--port")) port = atoi(value);
        else if (!strcmp(option, "--latency")) {
            if (sscanf(value, "lognormal:%lf:%lf", &latency_ms, &latency_sigma) != 2) latency_ms = atof(value);
        } else if (!strcmp(option, "--mix")) parse_mix(value);
        else if (!strcmp(option, "--resp-bytes")) resp_bytes = strtoul(value, NULL, 10);
        else if (!strcmp(option, "--refuse-first")) parse_refusal(value);
        else if (!strcmp(option, "--tls")) begin_tls(value);
        else if (!strcmp(option, "--seed")) random_state ^= strtoull(value, NULL, 10) * 0xBF58476D1CE4E5B9u;
        else {
            fprintf(stderr, "stub: unknown option %s\n", option);
            return 64;
        }
    }
    for (int i = 0; i < 32; i++) needs_escape[i] = 1;
    needs_escape['"'] = needs_escape['\\'] = 1;
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    int listener = listen_on(&port, PLAIN), tls_listener = tls_context ? listen_on(&tls_port, TLS) : -1;
    printf("port %d\n", port);
    if (tls_context) printf("tls-port %d\n", tls_port);
    fflush(stdout);

    struct epoll_event events[512];
    while (!stop_requested) {
        struct timespec wait = {0, 200000000};
        if (timer_count) {
            uint64_t now = now_ns(), left = timers[0].due > now ? timers[0].due - now : 0;
            if (left < 200000000) wait.tv_nsec = (long)left;
        }
        int count = epoll_pwait2(epoll_fd, events, 512, &wait, NULL);
        for (int i = 0; i < count; i++) {
            if (events[i].data.u32 >= TLS) {
                bool with_tls = events[i].data.u32 == TLS;
                accept_all(with_tls ? tls_listener : listener, with_tls);
                continue;
            }
            Connection *c = &connections[events[i].data.u32];
            if (!c->open) continue;
            if (events[i].events & EPOLLOUT) flush(c);
            if (!c->open || !(events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))) continue;
            reserve(&c->in, 16384);
            ssize_t n = receive(c, c->in.data + c->in.length, c->in.capacity - c->in.length);
            if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
                close_connection(c);
                continue;
            }
            if (n > 0) {
                c->in.length += (size_t)n;
                serve(c);
            }
        }
        for (uint64_t now = timer_count ? now_ns() : 0; timer_count && timers[0].due <= now;) {
            Timer t = timer_pop();
            Connection *c = &connections[t.connection];
            if (!c->open || c->generation != t.generation) continue;
            finish_call(c);
            flush(c);
            if (c->open && c->in.length) serve(c);
        }
    }
    Buffer out = {0};
    write_stats(&out);
    fwrite(out.data, 1, out.length, stdout);
    return 0;
}
