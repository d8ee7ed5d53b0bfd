// The practical lower bound: the smallest program that still does a relay's whole job on librdkafka, HTTP/1.1, epoll.
//
//   limit --bootstrap HOST:PORT --topic T --reply-topic R --group G --api http://HOST:PORT [--in-flight N]
//         [--linger MS] [--fetch-wait MS] [--headers contract|minimal] [-X property=value]...
//
// One application thread: consumer queue -> one request on each of N keep-alive connections -> errcode and resp_data
// taken from the answer (resp_data unescaped) -> reply with an idempotent producer, acks=all -> on the delivery report
// the offset is complete -> the lowest incomplete offset of each partition is committed once a second. Transient
// outcomes are retried with full-jitter backoff. It has no rate limits, ordering, token refresh, configuration, metrics
// or rebalance handling beyond librdkafka's own.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <librdkafka/rdkafka.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { WINDOW = 1 << 17, MAX_PARTITIONS = 1024, MAX_ATTEMPTS = 6 };
typedef struct Call { // one request record, from its arrival to the delivery report of its answer
    rd_kafka_message_t *message;
    const void *id;
    size_t id_length;
    uint64_t arrived, due;
    int attempts;
    struct Call *next;
} Call;
typedef struct {
    int fd;
    Call *call;
    char *in;
    size_t length, capacity;
    uint32_t next_idle;
} Connection;
typedef struct {
    int64_t base, top, committed;
    bool known;
    uint64_t *done;
} Partition;

static Connection *connections;
static uint32_t connection_count, connection_limit = 64, first_idle = UINT32_MAX;
static Partition partitions[MAX_PARTITIONS];
static Call *free_calls, **retries;
static size_t retry_count, retry_capacity;
static int epoll_fd;
static rd_kafka_t *consumer, *producer;
static rd_kafka_queue_t *consumer_queue, *producer_queue;
static rd_kafka_topic_t *reply_topic;
static struct sockaddr_in api_address;
static char head[1024];
static size_t head_length;
static const char *topic;
static bool contract_headers = true;
static rd_kafka_message_t *fetched[512];
static size_t fetched_next, fetched_count;
static uint64_t answered, failed, retried;
static volatile sig_atomic_t stop_requested;
static void on_signal(int number) {
    (void)number;
    stop_requested = 1;
}
static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
static void die(const char *what) {
    fprintf(stderr, "limit: %s\n", what);
    exit(1);
}

// --- completion window
static void admit(Partition *p, int64_t offset) {
    if (!p->known) {
        p->known = true;
        p->base = p->committed = offset;
        p->done = calloc(WINDOW / 64, sizeof *p->done);
    }
    p->top = offset + 1;
    if (p->top - p->base > WINDOW) die("window full");
}
static void complete(Partition *p, int64_t offset) {
    p->done[offset % WINDOW / 64] |= 1ull << (offset % 64);
    while (p->base < p->top && (p->done[p->base % WINDOW / 64] >> (p->base % 64) & 1)) {
        p->done[p->base % WINDOW / 64] &= ~(1ull << (p->base % 64));
        p->base++;
    }
}
static void commit(bool wait) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(4);
    for (int i = 0; i < MAX_PARTITIONS; i++)
        if (partitions[i].known && partitions[i].base > partitions[i].committed)
            rd_kafka_topic_partition_list_add(list, topic, i)->offset = partitions[i].committed = partitions[i].base;
    if (list->cnt) rd_kafka_commit(consumer, list, !wait);
    rd_kafka_topic_partition_list_destroy(list);
}

// --- retries: a heap by due time
static void retry_push(Call *call) {
    if (retry_count == retry_capacity)
        retries = realloc(retries, (retry_capacity = retry_capacity ? retry_capacity * 2 : 256) * sizeof *retries);
    size_t i = retry_count++;
    for (; i > 0 && retries[(i - 1) / 2]->due > call->due; i = (i - 1) / 2) retries[i] = retries[(i - 1) / 2];
    retries[i] = call;
}
static Call *retry_pop(void) {
    Call *top = retries[0], *last = retries[--retry_count];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < retry_count; i = child) {
        if (child + 1 < retry_count && retries[child + 1]->due < retries[child]->due) child++;
        if (retries[child]->due >= last->due) break;
        retries[i] = retries[child];
    }
    retries[i] = last;
    return top;
}
static void retry_later(Call *call) {
    double limit = 200e6 * (double)(1u << (call->attempts - 1));
    call->due = now_ns() + (uint64_t)((double)rand() / RAND_MAX * (limit < 30e9 ? limit : 30e9));
    retried++;
    retry_push(call);
}

// --- replies
static void reply(Call *call, bool ok, int errcode, const char *value, size_t length) {
    rd_kafka_headers_t *h = rd_kafka_headers_new(contract_headers ? 10 : 2);
    rd_kafka_header_add(h, "wxrelay-status", 14, ok ? "ok" : "failed", -1);
    rd_kafka_header_add(h, "wxrelay-correlation-id", 22, call->id, (ssize_t)call->id_length);
    if (contract_headers) {
        char text[64];
        rd_kafka_header_add(h, "wxrelay-errcode", 15, text, snprintf(text, sizeof text, "%d", errcode));
        rd_kafka_header_add(h, "wxrelay-class", 13, ok ? "success" : "function_failed", -1);
        rd_kafka_header_add(h, "wxrelay-attempts", 16, text, snprintf(text, sizeof text, "%d", call->attempts));
        rd_kafka_header_add(h, "wxrelay-duration-ms", 19, text,
            snprintf(text, sizeof text, "%lu", (now_ns() - call->arrived) / 1000000));
        rd_kafka_header_add(h, "wxrelay-source", 14, text,
            snprintf(text, sizeof text, "%s/%d/%ld", topic, call->message->partition, call->message->offset));
        rd_kafka_header_add(h, "wxrelay-function", 16, "bench", 5);
        rd_kafka_header_add(h, "wxrelay-env", 11, "bench-env", 9);
        rd_kafka_header_add(h, "content-type", 12, "application/json", 16);
    }
    if (ok) answered++;
    else failed++;
    rd_kafka_resp_err_t e = rd_kafka_producev(producer, RD_KAFKA_V_RKT(reply_topic),
        RD_KAFKA_V_KEY(call->id, call->id_length), RD_KAFKA_V_VALUE((void *)value, length), RD_KAFKA_V_HEADERS(h),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_OPAQUE(call), RD_KAFKA_V_END);
    if (e) die(rd_kafka_err2str(e));
}
static void delivery_reports(void) {
    for (rd_kafka_event_t *event; (event = rd_kafka_queue_poll(producer_queue, 0)); rd_kafka_event_destroy(event)) {
        if (rd_kafka_event_type(event) != RD_KAFKA_EVENT_DR) continue;
        for (const rd_kafka_message_t *m; (m = rd_kafka_event_message_next(event));) {
            Call *call = m->_private;
            if (m->err) die(rd_kafka_err2str(m->err));
            complete(&partitions[call->message->partition], call->message->offset);
            rd_kafka_message_destroy(call->message);
            call->next = free_calls;
            free_calls = call;
        }
    }
}

// --- JSON: the two members of the top-level object that matter
static char *string_end(char *p, char *end) { // p is after the opening quote; the result is at the closing one
    for (; p < end; p++) {
        if (*p == '"') return p;
        if (*p == '\\') p++;
    }
    return NULL;
}
static unsigned hex4(const char *p) {
    unsigned v = 0;
    for (int i = 0; i < 4; i++) v = v << 4 | (unsigned)(p[i] <= '9' ? p[i] - '0' : (p[i] | 32) - 'a' + 10);
    return v;
}
static size_t unescape(char *text, size_t length) {
    char *in = memchr(text, '\\', length), *end = text + length, *out = in;
    if (!in) return length;
    while (in < end) {
        char c = in[1];
        in += 2;
        switch (c) {
        case 'n': *out++ = '\n'; break;
        case 'r': *out++ = '\r'; break;
        case 't': *out++ = '\t'; break;
        case 'b': *out++ = '\b'; break;
        case 'f': *out++ = '\f'; break;
        case 'u': {
            unsigned v = hex4(in);
            in += 4;
            if (v >= 0xD800 && v < 0xDC00 && end - in >= 6) {
                v = 0x10000 + ((v - 0xD800) << 10) + (hex4(in + 2) - 0xDC00);
                in += 6;
            }
            if (v < 0x80) *out++ = (char)v;
            else if (v < 0x800) {
                *out++ = (char)(0xC0 | v >> 6);
                *out++ = (char)(0x80 | (v & 63));
            } else if (v < 0x10000) {
                *out++ = (char)(0xE0 | v >> 12);
                *out++ = (char)(0x80 | (v >> 6 & 63));
                *out++ = (char)(0x80 | (v & 63));
            } else {
                *out++ = (char)(0xF0 | v >> 18);
                *out++ = (char)(0x80 | (v >> 12 & 63));
                *out++ = (char)(0x80 | (v >> 6 & 63));
                *out++ = (char)(0x80 | (v & 63));
            }
            break;
        }
        default: *out++ = c;
        }
        char *next = in < end ? memchr(in, '\\', (size_t)(end - in)) : NULL;
        size_t span = (size_t)((next ? next : end) - in);
        memmove(out, in, span);
        out += span;
        in += span;
    }
    return (size_t)(out - text);
}
static bool parse(char *p, size_t length, int *errcode, char **data, size_t *data_length) {
    char *end = p + length;
    bool found = false;
    *data = NULL;
    if (!length || *p++ != '{') return false;
    while (p < end) {
        while (p < end && (*p == ' ' || *p == ',' || *p == '\n' || *p == '\r' || *p == '\t')) p++;
        if (p >= end || *p == '}') return found;
        if (*p++ != '"') return false;
        char *key = p, *key_end = string_end(p, end);
        if (!key_end) return false;
        for (p = key_end + 1; p < end && (*p == ' ' || *p == ':'); p++) {}
        if (p >= end) return false;
        if (*p == '"') {
            char *value = p + 1, *value_end = string_end(value, end);
            if (!value_end) return false;
            if (key_end - key == 9 && !memcmp(key, "resp_data", 9)) {
                *data = value;
                *data_length = (size_t)(value_end - value);
            }
            p = value_end + 1;
        } else if (*p == '{' || *p == '[') {
            int depth = 0;
            for (; p < end; p++) {
                if (*p == '"') {
                    p = string_end(p + 1, end);
                    if (!p) return false;
                } else if (*p == '{' || *p == '[') depth++;
                else if ((*p == '}' || *p == ']') && --depth == 0) {
                    p++;
                    break;
                }
            }
        } else {
            if (key_end - key == 7 && !memcmp(key, "errcode", 7)) {
                *errcode = atoi(p);
                found = true;
            }
            while (p < end && *p != ',' && *p != '}') p++;
        }
    }
    return found;
}

// --- HTTP
static void connect_slot(Connection *c) {
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&api_address, sizeof api_address))
        die("cannot connect to the API");
    int one = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event e = {.events = EPOLLIN, .data.u32 = (uint32_t)(c - connections)};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &e);
}
static void send_call(Connection *c, Call *call) {
    char length[32];
    call->attempts++;
    c->call = call;
    c->length = 0;
    int n = snprintf(length, sizeof length, "%zu\r\n\r\n", call->message->len);
    struct iovec parts[3] = {{head, head_length}, {length, (size_t)n}, {call->message->payload, call->message->len}};
    size_t total = head_length + (size_t)n + call->message->len;
    ssize_t written = writev(c->fd, parts, 3);
    if (written !=
        (ssize_t)
            total) { // a request fits the socket's buffer, so this is an error or a very large body: finish it blocking
        if (written < 0) die("cannot write a request");
        fcntl(c->fd, F_SETFL, 0);
        size_t skip = (size_t)written;
        for (int i = 0; i < 3; i++) {
            if (skip >= parts[i].iov_len) {
                skip -= parts[i].iov_len;
                continue;
            }
            if (write(c->fd, (char *)parts[i].iov_base + skip, parts[i].iov_len - skip) < 0)
                die("cannot write a request");
            skip = 0;
        }
        fcntl(c->fd, F_SETFL, O_NONBLOCK);
    }
}
static Call *next_call(uint64_t now) {
    if (retry_count && retries[0]->due <= now) return retry_pop();
    if (fetched_next == fetched_count) {
        ssize_t n = rd_kafka_consume_batch_queue(consumer_queue, 0, fetched, sizeof fetched / sizeof *fetched);
        fetched_next = 0;
        fetched_count = n > 0 ? (size_t)n : 0;
    }
    while (fetched_next < fetched_count) {
        rd_kafka_message_t *m = fetched[fetched_next++];
        if (m->err) {
            rd_kafka_message_destroy(m);
            continue;
        }
        Call *call = free_calls ? free_calls : calloc(1, sizeof *call);
        if (free_calls) free_calls = call->next;
        call->message = m;
        call->attempts = 0;
        call->arrived = now;
        call->id = m->key;
        call->id_length = m->key_len;
        rd_kafka_headers_t *headers;
        if (!rd_kafka_message_headers(m, &headers))
            rd_kafka_header_get_last(headers, "correlation-id", &call->id, &call->id_length);
        admit(&partitions[m->partition], m->offset);
        return call;
    }
    return NULL;
}
static void fill(void) {
    uint64_t now = now_ns();
    while (first_idle != UINT32_MAX || connection_count < connection_limit) {
        Call *call = next_call(now);
        if (!call) return;
        Connection *c;
        if (first_idle != UINT32_MAX) {
            c = &connections[first_idle];
            first_idle = c->next_idle;
        } else {
            c = &connections[connection_count++];
            connect_slot(c);
        }
        send_call(c, call);
    }
}
static void release(Connection *c) {
    c->call = NULL;
    c->next_idle = first_idle;
    first_idle = (uint32_t)(c - connections);
}
static void on_readable(Connection *c) {
    if (c->capacity - c->length < 4096) c->in = realloc(c->in, c->capacity = c->capacity ? c->capacity * 2 : 8192);
    ssize_t n = read(c->fd, c->in + c->length, c->capacity - c->length);
    Call *call = c->call;
    if (n <= 0) {
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
        close(c->fd);
        connect_slot(c);
        if (!call) return;
        release(c);
        if (call->attempts < MAX_ATTEMPTS) retry_later(call);
        else reply(call, false, 0, "{\"status\":\"failed\",\"reason\":\"attempts_exhausted\"}", 49);
        return;
    }
    c->length += (size_t)n;
    if (!call) return;
    char *end = memmem(c->in, c->length, "\r\n\r\n", 4);
    if (!end) return;
    size_t body_length = 0, start = (size_t)(end + 4 - c->in);
    for (char *line = c->in; line < end; line = (char *)memchr(line, '\n', (size_t)(end + 2 - line)) + 1)
        if ((*line | 32) == 'c' && !strncasecmp(line, "content-length:", 15)) {
            body_length = strtoul(line + 15, NULL, 10);
            break;
        }
    if (c->length < start + body_length) return;
    int status = atoi(c->in + 9), errcode = 0;
    char *data;
    size_t data_length;
    bool parsed = status == 200 && parse(c->in + start, body_length, &errcode, &data, &data_length);
    if (parsed && errcode == 0 && data) {
        reply(call, true, 0, data, unescape(data, data_length));
    } else if (parsed && errcode <= -504000 && errcode > -505000) {
        char text[256];
        int length = snprintf(text, sizeof text,
            "{\"status\":\"failed\",\"class\":\"function_failed\",\"reason\":\"permanent\",\"errcode\":%d,\"attempts\":"
            "%d}",
            errcode, call->attempts);
        reply(call, false, errcode, text, (size_t)length);
    } else if (call->attempts < MAX_ATTEMPTS) {
        retry_later(call);
    } else {
        reply(call, false, errcode, "{\"status\":\"failed\",\"reason\":\"attempts_exhausted\"}", 49);
    }
    release(c);
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
    char error[512];
    if (rd_kafka_conf_set(conf, name, value, error, sizeof error) != RD_KAFKA_CONF_OK) die(error);
}

int main(int argc, char **argv) {
    const char *bootstrap = "127.0.0.1:9092", *replies = "replies", *group = "limit", *api = "http://127.0.0.1:8080",
               *linger = "5", *fetch_wait = "500";
    rd_kafka_conf_t *cc = rd_kafka_conf_new(), *pc = rd_kafka_conf_new();
    topic = "requests";
    for (int i = 1; i + 1 < argc; i += 2) {
        char *o = argv[i], *v = argv[i + 1];
        if (!strcmp(o, "--bootstrap")) bootstrap = v;
        else if (!strcmp(o, "--topic")) topic = v;
        else if (!strcmp(o, "--reply-topic")) replies = v;
        else if (!strcmp(o, "--group")) group = v;
        else if (!strcmp(o, "--api")) api = v;
        else if (!strcmp(o, "--in-flight")) connection_limit = (uint32_t)atoi(v);
        else if (!strcmp(o, "--linger")) linger = v;
        else if (!strcmp(o, "--fetch-wait")) fetch_wait = v;
        else if (!strcmp(o, "--headers")) contract_headers = strcmp(v, "minimal") != 0;
        else if (!strcmp(o, "-X") && strchr(v, '=')) {
            char *e = strchr(v, '=');
            *e = 0;
            set(cc, v, e + 1);
        } else die(o);
    }
    const char *host = strstr(api, "//") ? strstr(api, "//") + 2 : api, *colon = strchr(host, ':');
    if (!colon) die("--api http://ADDRESS:PORT");
    char address[64];
    snprintf(address, sizeof address, "%.*s", (int)(colon - host), host);
    api_address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(colon + 1))};
    inet_pton(AF_INET, address, &api_address.sin_addr);
    head_length = (size_t)snprintf(head, sizeof head,
        "POST /tcb/invokecloudfunction?access_token=LIMIT_0123456789abcdef0123456789abcdef&env=bench-env&name=bench "
        "HTTP/1.1\r\n"
        "Host: %s\r\nContent-Type: application/json\r\nContent-Length: ",
        host);
    connections = calloc(connection_limit, sizeof *connections);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);

    set(cc, "bootstrap.servers", bootstrap);
    set(cc, "receive.message.max.bytes", "1000000000"); // noida's fetch answers are not bounded
    set(cc, "group.id", group);
    set(cc, "enable.auto.commit", "false");
    set(cc, "enable.auto.offset.store", "false");
    set(cc, "auto.offset.reset", "earliest");
    set(cc, "partition.assignment.strategy", "cooperative-sticky");
    set(cc, "fetch.wait.max.ms", fetch_wait);
    set(pc, "bootstrap.servers", bootstrap);
    set(pc, "enable.idempotence", "true");
    set(pc, "linger.ms", linger);
    rd_kafka_conf_set_events(pc, RD_KAFKA_EVENT_DR);
    char error[512];
    if (!(consumer = rd_kafka_new(RD_KAFKA_CONSUMER, cc, error, sizeof error)) ||
        !(producer = rd_kafka_new(RD_KAFKA_PRODUCER, pc, error, sizeof error)))
        die(error);
    rd_kafka_poll_set_consumer(consumer);
    consumer_queue = rd_kafka_queue_get_consumer(consumer);
    producer_queue = rd_kafka_queue_get_main(producer);
    reply_topic = rd_kafka_topic_new(producer, replies, NULL);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    int wake[2];
    if (pipe2(wake, O_NONBLOCK | O_CLOEXEC)) die("pipe");
    rd_kafka_queue_io_event_enable(consumer_queue, wake[1], "1", 1);
    rd_kafka_queue_io_event_enable(producer_queue, wake[1], "1", 1);
    struct epoll_event e = {.events = EPOLLIN, .data.u32 = UINT32_MAX};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, wake[0], &e);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t failure = rd_kafka_subscribe(consumer, list);
    if (failure) die(rd_kafka_err2str(failure));
    rd_kafka_topic_partition_list_destroy(list);

    struct epoll_event events[256];
    uint64_t next_commit = now_ns() + 1000000000u;
    while (!stop_requested) {
        uint64_t now = now_ns();
        int timeout = now < next_commit ? (int)((next_commit - now) / 1000000 + 1) : 0;
        if (retry_count) {
            int left = retries[0]->due > now ? (int)((retries[0]->due - now) / 1000000 + 1) : 0;
            if (left < timeout) timeout = left;
        }
        int count = epoll_wait(epoll_fd, events, 256, timeout);
        bool woken = false;
        for (int i = 0; i < count; i++) {
            if (events[i].data.u32 == UINT32_MAX) {
                char drain[256];
                while (read(wake[0], drain, sizeof drain) > 0) {}
                woken = true;
            } else on_readable(&connections[events[i].data.u32]);
        }
        if (woken) delivery_reports();
        fill();
        if (now >= next_commit) {
            commit(false);
            next_commit = now + 1000000000u;
        }
    }
    rd_kafka_flush(producer, 5000);
    delivery_reports();
    commit(true);
    fprintf(stderr, "limit: answered %lu, failed %lu, retried %lu\n", answered, failed, retried);
    rd_kafka_consumer_close(consumer);
    _exit(0); // the handles hold nothing that is still needed
}
