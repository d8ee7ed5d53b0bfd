#!/usr/bin/env python3
"""mq-bridge as a relay: Kafka -> HTTP request -> reply topic, by configuration alone (no Python code runs per message).

Its `request` output sends each message to an HTTP endpoint and forwards the HTTP answer to Kafka. What it can not do:
look into the answer. The reply is therefore the whole body ({"errcode":…,"resp_data":"…"}), an errcode ≠ 0 in an HTTP 200
counts as success, and nothing is retried for it; the token is fixed in the URL.
"""

import argparse
import signal
import threading

from mq_bridge import Route


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--bootstrap", required=True)
    p.add_argument("--topic", default="requests")
    p.add_argument("--reply-topic", default="replies")
    p.add_argument("--group", default="mqbridge")
    p.add_argument("--api", required=True)
    p.add_argument("--in-flight", type=int, default=64)
    p.add_argument("--linger", default="5")
    p.add_argument("--fetch-wait", default="500")
    # A batch is answered as a whole, so its slowest call sets its pace. Its own defaults (one batch of 512 at a time)
    # give 2,400 messages/s in scenario B and 100 ms of added latency in C; many small batches are the best found.
    p.add_argument("--batch", type=int, default=32, help="messages in a batch")
    p.add_argument("--concurrency", type=int, default=32, help="batches worked on at once")
    p.add_argument("-X", action="append", default=[], metavar="PROPERTY=VALUE")
    o = p.parse_args()
    extra = [x.split("=", 1) for x in o.X]
    route = Route.from_config(
        {
            "input": {
                "kafka": {
                    "url": o.bootstrap,
                    "topic": o.topic,
                    "group_id": o.group,
                    "consumer_options": [
                        ["auto.offset.reset", "earliest"],
                        ["fetch.wait.max.ms", o.fetch_wait],
                        *extra,
                    ],
                }
            },
            "output": {
                "request": {
                    "to": {
                        "http": {
                            "url": f"{o.api}/tcb/invokecloudfunction?access_token=MQBRIDGE&env=bench-env&name=bench",
                            "method": "POST",
                            "batch_concurrency": max(1, o.in_flight // o.concurrency),
                            "request_timeout_ms": 10000,
                            "custom_headers": {"Content-Type": "application/json"},
                        }
                    },
                    "forward_to": {
                        "kafka": {
                            "url": o.bootstrap,
                            "topic": o.reply_topic,
                            "create_topic": False,
                            "partition_key": "correlation-id",
                            "producer_options": [["linger.ms", o.linger]],
                        }
                    },
                }
            },
            "batch_size": o.batch,
            "concurrency": o.concurrency,
            "startup_timeout_ms": 30000,
        }
    )
    stop = threading.Event()
    for s in (signal.SIGTERM, signal.SIGINT):
        signal.signal(s, lambda *_: stop.set())
    route.start()
    while not stop.wait(1):
        pass
    route.stop()


if __name__ == "__main__":
    main()
