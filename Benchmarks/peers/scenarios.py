"""What is measured: the scenarios. See ../README.md for what each one would find."""

# What a scenario does not say. Numbers of requests, keys and partitions are the command line's unless it says them.
DEFAULTS = dict(linger=5, fetch_wait=500, latency="0", in_flight=64)

# Relays side by side.
PEERS = {
    "A": dict(title="backlog, function 0 ms, 64 in flight", kind="backlog"),
    "B": dict(title="backlog, function 50 ms, 1,000 in flight", kind="backlog", latency="50", in_flight=1000),
    "C": dict(
        title="open loop, function 20 ms, 500 requests/s",
        kind="open",
        latency="20",
        in_flight=256,
        linger=0,
        fetch_wait=1,
        rate=500,
    ),
    "D": dict(
        title="backlog with errors and retries, function 5 ms, 256 in flight",
        kind="backlog",
        latency="5",
        in_flight=256,
        mix="-1:0.03,http500:0.01,-504002:0.02",
        share=0.5,
    ),
    "E": dict(title="idle", kind="idle"),
    "F": dict(
        title="start, until the broker has the request to join the group",
        kind="start",
        must=("join_ms", 100),
        told="JoinGroup",
    ),
}


# What a user may switch on: the template's change, and what of the cost without it may come to that.
FEATURES = {
    "keys": dict(changes=(("ordering: none", "ordering: key"),), must=("ratio", 1.05)),
    "limits": dict(
        changes=(("base-url:", "limits: {rate: 1000000/s, burst: 1000000}\n    base-url:"),), must=("ratio", 1.02)
    ),
    "dead-letter": dict(changes=(("reply: {", "dead-letter: {topic: floor}\n    reply: {"),), must=("ratio", 1.01)),
}

# wxrelay beside itself: `cases` are what differs, and the first one is what the others are compared with. `must`, the
# scenario's or a case's own, names a figure of every other case and the most that it may be: it is told, and fails nothing.
SHAPES = {
    "G": dict(
        title="HTTPS: TLS 1.3, connections kept",
        kind="backlog",
        must=("more_us", 4),
        cases={
            "plain": {},
            "TLS": dict(tls=True, changes=(("base-url:", "tls: {ca-file: @scratch@/stub.pem}\n    base-url:"),)),
        },
    ),
    "H": dict(
        title="2 shards, on 2 cores that broker, stub and driver use too",
        kind="backlog",
        must=("ratio", 1.3),
        n=80_000,
        both_cores=True,
        cases={"1 shard": {}, "2 shards": dict(changes=(("group:", "shards: 2\ngroup:"),))},
    ),
    "I": dict(
        title="1,000 partitions of requests, 64 of replies",
        kind="backlog",
        must=("ratio", 1.3),
        n=200_000,
        keys=100_000,
        reply_partitions=64,
        cases={"16 partitions": {}, "1,000 partitions": dict(partitions=1000)},
    ),
    "J": dict(
        title="100,000 keys in order",
        kind="backlog",
        must=("ratio", 1.3),
        n=200_000,
        partitions=64,
        changes=(("ordering: none", "ordering: key"),),
        cases={"1,000 keys": dict(keys=1000), "100,000 keys": dict(keys=100_000)},
    ),
    "K": dict(
        title="10,000 in flight, 10,000 requests/s either way",
        kind="backlog",
        must=("ratio", 1.3),
        n=100_000,
        # 64 KiB are kept free for each call's answer.
        changes=(("bytes: 128MiB", "bytes: 1GiB"),),
        cases={
            "100 in flight, 10 ms": dict(in_flight=100, latency="10"),
            "10,000 in flight, 1 s": dict(in_flight=10_000, latency="1000"),
        },
    ),
    "L": dict(
        title="backlog of 1,000,000 in 256 partitions",
        kind="backlog",
        must=("ratio", 1.3),
        # The mock broker keeps 5 MiB a partition: many of them, and evenly filled.
        partitions=256,
        keys=100_000,
        cases={"100,000": dict(n=100_000), "1,000,000": dict(n=1_000_000)},
    ),
    "M": dict(
        title="100,000 requests that wait for a retry, while 100,000 others pass",
        kind="backlog",
        must=("ratio", 1.3),
        partitions=256,
        keys=100_000,
        reply_partitions=64,
        # None of them falls due while the others are measured, which takes two to six seconds.
        retry_after=25,
        changes=(("memory:", "errcodes: {-600001: transient}\nmemory:"),),
        cases={
            "1,000 wait": dict(n=101_000, refused_first=1000),
            "100,000 wait": dict(n=200_000, refused_first=100_000),
        },
    ),
    "N": dict(
        title="bytes copied by its own code for a byte of a payload, of 4 KiB at once and more",
        kind="copies",
        # One, and something for the relay's own tables, which are copied when they grow.
        must=("copies", 1.05),
        partitions=256,
        keys=1_000_000,
        counts=True,
        changes=(("kafka:", "kafka:\n  message.max.bytes: 4000000"),),
        cases={
            "64 KiB to the function": dict(n=2000, request_bytes=64 << 10, answer_bytes=16),
            "64 KiB back": dict(n=2000, answer_bytes=64 << 10),
            "1 MiB to the function": dict(n=100, request_bytes=1 << 20, answer_bytes=16),
            "1 MiB back": dict(n=100, answer_bytes=1 << 20),
        },
    ),
    "O": dict(
        title="instructions of the shard's thread that a feature costs",
        kind="instructions",
        n=20_000,
        cases={"none": {}} | FEATURES,
    ),
}

SCENARIOS = PEERS | SHAPES
