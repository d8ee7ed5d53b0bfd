"""The Kafka side of the driver: makes requests, reads replies, compares the two."""

import json
import time

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from surroundings import REPLIES, REQUESTS


def payload(i, size=0):
    """JSON with what makes escaping real: quotes, a backslash, a newline, Chinese text. About 300 bytes, or `size`."""
    text = (
        '{"orderId":"%016d","openid":"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o","event":"order.paid","amount":%d,"currency":"CNY",'
        '"note":"订单已支付，请尽快发货\\n谢谢","path":"pages\\\\order\\\\detail",'
        '"items":[{"sku":"A-%04d","count":%d},{"sku":"B-%04d","count":1}],'
        '"tags":["vip","new"],"createdAt":"2026-01-02T03:04:05.678Z"}'
        % (i, i * 7 % 100000, i % 9999, i % 5 + 1, i % 7777)
    ).encode()
    return text.ljust(size)


def identity(i):
    return b"c%015x" % i


class Driver:
    def __init__(self, surroundings, scenario, fetch_wait=100):
        self.partitions, self.keys = surroundings.partitions, scenario["keys"]
        self.request_bytes, self.answer_bytes = scenario.get("request_bytes", 0), scenario.get("answer_bytes")
        common = {
            "bootstrap.servers": surroundings.bootstrap,
            "log_level": 2,
            "receive.message.max.bytes": 1_000_000_000,
        }
        self.producer = Producer(
            {
                **common,
                "enable.idempotence": True,
                "linger.ms": 0 if fetch_wait == 1 else 20,
                "message.max.bytes": 4_000_000,
                "queue.buffering.max.messages": 2_000_000,
            }
        )
        self.consumer = Consumer(
            {
                **common,
                "group.id": "driver",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "fetch.wait.max.ms": fetch_wait,
            }
        )

    def send(self, i, topic=REQUESTS):
        key = b"key-%d" % (i * 2654435761 % self.keys)
        value = payload(i, self.request_bytes)
        self.producer.produce(topic, value, key=key, headers=[("correlation-id", identity(i))])

    def preload(self, n):
        for i in range(n):
            self.send(i)
            if i % 2000 == 0:
                self.producer.poll(0)
        if self.producer.flush(60):
            raise RuntimeError("the backlog could not be produced")
        if self.watermarks(REQUESTS) != n:
            raise RuntimeError("the broker has another number of requests than were produced")

    def watermarks(self, topic):
        """How many records the topic has got."""
        places = [TopicPartition(topic, p) for p in range(self.partitions[topic])]
        marks = [self.consumer.get_watermark_offsets(place, timeout=5) for place in places]
        if any(low for low, _ in marks):
            raise RuntimeError(f"the mock broker dropped {topic} (5 MiB a partition): fewer requests, more partitions")
        return sum(high for _, high in marks)

    def read(self, topic):
        self.consumer.assign([TopicPartition(topic, p, 0) for p in range(self.partitions[topic])])

    def verify(self, n, mode):
        """Reads every reply and compares it with its request."""
        total = self.watermarks(REPLIES)
        self.read(REPLIES)
        counts = dict(replies=0, wrong=0, failed=0, uncorrelated=0)
        seen, end = {}, time.monotonic() + 60 + n / 5000
        while counts["replies"] < total and time.monotonic() < end:
            for message in self.consumer.consume(2000, 0.5):
                if not message.error():
                    counts["replies"] += 1
                    self.judge(message, mode, seen, counts)
        missing = sum(i not in seen for i in range(n))
        return dict(counts, missing=missing, duplicates=sum(count - 1 for count in seen.values()))

    def committed(self, surroundings, group):
        """The sum of the group's committed offsets, or why there is none."""
        consumer = Consumer({"bootstrap.servers": surroundings.bootstrap, "group.id": group, "log_level": 2})
        try:
            places = [TopicPartition(REQUESTS, p) for p in range(self.partitions[REQUESTS])]
            marks = consumer.committed(places, timeout=5)
            return sum(max(0, mark.offset) for mark in marks)
        except KafkaException as error:  # a relay that never joined: no such group
            return str(error)
        finally:
            consumer.close()

    def judge(self, message, mode, seen, counts):
        """Counts one reply: whose it is, and whether it says what it should."""
        headers = dict(message.headers() or ())
        value = message.value()
        try:
            if mode == "wrapped":  # the answer's body as it came; the correlation id is lost, so the content tells
                value = json.loads(value)["resp_data"].encode()
                i = int(json.loads(value)["orderId"])
            else:
                i = int((headers.get("wxrelay-correlation-id") or message.key())[1:], 16)
        except (ValueError, KeyError, TypeError):
            counts["uncorrelated"] += 1
            return
        seen[i] = seen.get(i, 0) + 1
        if headers.get("wxrelay-status", b"ok") != b"ok":
            counts["failed"] += 1
            counts["wrong"] += json.loads(value).get("status") != "failed"
        else:
            counts["wrong"] += value != self.answer(i)

    def answer(self, i):
        """What the stub says: the payload, or what it was told to."""
        return payload(i) if self.answer_bytes is None else b"x" * self.answer_bytes
