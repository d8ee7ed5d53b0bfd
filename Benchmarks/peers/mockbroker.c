// A Kafka broker for benchmarks: librdkafka's own mock cluster in a process of its own.
//   mockbroker [--topic NAME:PARTITIONS]... [--tell REQUEST]
// Prints "bootstrap HOST:PORT" and serves until SIGTERM. Of each request of the kind REQUEST, such as JoinGroup, it prints
// "REQUEST NANOSECONDS", when it came, by CLOCK_MONOTONIC; that makes it slower, since it logs every request.
// Keep in mind: everything is in memory; each partition keeps about 5 MiB (older batches are dropped); a fetch that
// finds nothing is answered only after its fetch.wait.max.ms, even when a record comes earlier; one thread serves all.
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stop_requested;
static void on_signal(int number) {
    (void)number;
    stop_requested = 1;
}

static const char *told;
static void on_log(const rd_kafka_t *handle, int level, const char *facility, const char *text) {
    (void)handle, (void)level, (void)facility;
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    const char *received = strstr(text, "Received ");
    if (!received || strncmp(received + 9, told, strlen(told))) return;
    printf("%s %lld\n", told, t.tv_sec * 1000000000ll + t.tv_nsec);
    fflush(stdout);
}

int main(int argc, char **argv) {
    char error[512];
    for (int i = 1; i + 1 < argc; i += 2)
        if (!strcmp(argv[i], "--tell")) told = argv[i + 1];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "client.id", "mockbroker", error, sizeof error);
    rd_kafka_conf_set(conf, "log_level", told ? "7" : "3", error, sizeof error);
    if (told) {
        rd_kafka_conf_set(conf, "debug", "mock", error, sizeof error);
        rd_kafka_conf_set_log_cb(conf, on_log);
    }
    rd_kafka_t *handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
    if (!handle) {
        fprintf(stderr, "mockbroker: %s\n", error);
        return 1;
    }
    rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(handle, 1);
    if (!cluster) {
        fprintf(stderr, "mockbroker: no cluster\n");
        return 1;
    }
    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--tell")) continue;
        if (strcmp(argv[i], "--topic") != 0) {
            fprintf(stderr, "mockbroker: unknown option %s\n", argv[i]);
            return 64;
        }
        char *colon = strrchr(argv[i + 1], ':');
        int partitions = colon ? atoi(colon + 1) : 4;
        if (colon) *colon = 0;
        rd_kafka_resp_err_t e = rd_kafka_mock_topic_create(cluster, argv[i + 1], partitions, 1);
        if (e) {
            fprintf(stderr, "mockbroker: topic %s: %s\n", argv[i + 1], rd_kafka_err2str(e));
            return 1;
        }
    }
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    printf("bootstrap %s\n", rd_kafka_mock_cluster_bootstraps(cluster));
    fflush(stdout);
    while (!stop_requested) usleep(50000);
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(handle);
    return 0;
}
