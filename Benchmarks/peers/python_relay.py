#!/usr/bin/env python3
"""What a competent user writes by hand today: confluent-kafka + aiohttp + asyncio, one process.

Consumes in a thread, calls with a semaphore, retries by errcode with full-jitter backoff, replies with an idempotent
producer, and commits the lowest incomplete offset of each partition once a second.
"""

import argparse
import asyncio
import collections
import json
import random
import signal
import threading
import time

import aiohttp
from confluent_kafka import Consumer, Producer, TopicPartition

TRANSIENT = {-1, -1000, -501002, -501004}
REFRESH = {40001, 40014, 41001, 42001}
MAX_ATTEMPTS = 6
# Admitted and not yet complete, over all partitions, in multiples of the in-flight limit: bounds memory, and the
# garbage collector's work.
WINDOW = 4


class Window:
    """Completed offsets of one partition, and the lowest incomplete one."""

    def __init__(self, base):
        self.base = self.committed = base
        self.done = set()

    def complete(self, offset):
        self.done.add(offset)
        while self.base in self.done:
            self.done.remove(self.base)
            self.base += 1


class Relay:
    def __init__(self, options):
        self.o = options
        extra = dict(p.split("=", 1) for p in options.X)
        self.consumer = Consumer(
            {
                "bootstrap.servers": options.bootstrap,
                "receive.message.max.bytes": 1000000000,
                "group.id": options.group,
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "partition.assignment.strategy": "cooperative-sticky",
                "fetch.wait.max.ms": options.fetch_wait,
                **extra,
            }
        )
        self.producer = Producer(
            {
                "bootstrap.servers": options.bootstrap,
                "enable.idempotence": True,
                "linger.ms": options.linger,
                "queue.buffering.max.messages": 1_000_000,
            }
        )
        self.windows = {}
        self.commits = collections.deque()
        self.calls = asyncio.Semaphore(options.in_flight)
        self.room = threading.Semaphore(max(500, WINDOW * options.in_flight))
        self.stopping = threading.Event()
        self.stopped = asyncio.Event()
        self.loop = asyncio.get_running_loop()
        self.tasks = set()
        self.counts = collections.Counter()
        self.token = None
        self.token_lock = asyncio.Lock()

    def consume(self):
        """A thread of its own, since poll blocks.

        The commits are made here too: confluent-kafka 2.16 lets one thread at a time into a consumer, and a commit from
        another thread starves behind a busy poll loop.
        """
        while not self.stopping.is_set():
            while self.commits:
                self.consumer.commit(offsets=self.commits.popleft(), asynchronous=True)
            first = self.consumer.poll(0.1)
            if first is None:
                continue
            messages = [first, *self.consumer.consume(499, 0)]
            for _ in messages:
                self.room.acquire()
            self.loop.call_soon_threadsafe(self.admit, messages)

    def admit(self, messages):
        now = time.monotonic()
        for m in messages:
            if m.error():
                self.room.release()
                continue
            window = self.windows.get(m.partition())
            if window is None:
                self.windows[m.partition()] = Window(m.offset())
            task = self.loop.create_task(self.relay(m, now))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def access_token(self, old=None):
        async with self.token_lock:
            if self.token is None or self.token == old:
                body = {"grant_type": "client_credential", "appid": "bench", "secret": "bench", "force_refresh": False}
                async with self.session.post(self.o.api + "/cgi-bin/stable_token", json=body) as response:
                    self.token = (await response.json(content_type=None))["access_token"]
            return self.token

    async def relay(self, message, arrived):
        value = message.value()
        headers = dict(message.headers() or ())
        identity = (
            headers.get("correlation-id") or f"{message.topic()}-{message.partition()}-{message.offset()}".encode()
        )
        attempts = 0
        while True:
            attempts += 1
            errcode, errmsg, data = -1, "", None
            async with self.calls:
                try:
                    token = self.token or await self.access_token()
                    url = f"{self.o.api}/tcb/invokecloudfunction?access_token={token}&env=bench-env&name=bench"
                    async with self.session.post(url, data=value) as response:
                        if response.status == 200:
                            answer = json.loads(await response.read())
                            errcode, errmsg, data = answer["errcode"], answer.get("errmsg", ""), answer.get("resp_data")
                        else:
                            errmsg = f"HTTP {response.status}"
                except (aiohttp.ClientError, asyncio.TimeoutError, ValueError, KeyError) as error:
                    errmsg = repr(error)
            if errcode == 0 and isinstance(data, str):
                return self.reply(message, identity, arrived, attempts, errcode, "success", data.encode())
            if errcode in REFRESH and attempts < MAX_ATTEMPTS:
                await self.access_token(old=token)
                continue
            if errcode not in TRANSIENT or attempts >= MAX_ATTEMPTS:
                failure = {
                    "status": "failed",
                    "correlationId": identity.decode(errors="replace"),
                    "errcode": errcode,
                    "errmsg": errmsg,
                    "attempts": attempts,
                    "reason": "attempts_exhausted" if errcode in TRANSIENT else "permanent",
                }
                return self.reply(message, identity, arrived, attempts, errcode, "failed", json.dumps(failure).encode())
            self.counts["retries"] += 1
            await asyncio.sleep(random.uniform(0, min(30.0, 0.2 * 2 ** (attempts - 1))))

    def reply(self, message, identity, arrived, attempts, errcode, kind, value):
        partition, offset = message.partition(), message.offset()

        def delivered(error, _):
            if error is not None:
                raise SystemExit(f"delivery failed: {error}")
            self.windows[partition].complete(offset)
            self.room.release()

        self.counts[kind] += 1
        self.producer.produce(
            self.o.reply_topic,
            value=value,
            key=identity,
            on_delivery=delivered,
            headers=[
                ("wxrelay-status", "ok" if kind == "success" else "failed"),
                ("wxrelay-correlation-id", identity),
                ("wxrelay-errcode", str(errcode)),
                ("wxrelay-class", kind),
                ("wxrelay-attempts", str(attempts)),
                ("wxrelay-duration-ms", str(int((time.monotonic() - arrived) * 1000))),
                ("wxrelay-source", f"{message.topic()}/{partition}/{offset}"),
                ("wxrelay-function", "bench"),
                ("wxrelay-env", "bench-env"),
                ("content-type", "application/json"),
            ],
        )

    async def reports(self):
        while True:
            self.producer.poll(0)
            await asyncio.sleep(0.005)

    def committable(self):
        offsets = []
        for partition, window in self.windows.items():
            if window.base > window.committed:
                window.committed = window.base
                offsets.append(TopicPartition(self.o.topic, partition, window.base))
        return offsets

    async def run(self):
        for s in (signal.SIGTERM, signal.SIGINT):
            self.loop.add_signal_handler(s, self.stopped.set)
        connector = aiohttp.TCPConnector(limit=self.o.in_flight, limit_per_host=self.o.in_flight)
        async with aiohttp.ClientSession(
            connector=connector, headers={"Content-Type": "application/json"}, timeout=aiohttp.ClientTimeout(total=10)
        ) as self.session:
            self.consumer.subscribe([self.o.topic])
            thread = threading.Thread(target=self.consume, daemon=True)
            thread.start()
            reports = asyncio.create_task(self.reports())
            while not self.stopped.is_set():
                try:
                    await asyncio.wait_for(self.stopped.wait(), 1)
                except asyncio.TimeoutError:
                    if offsets := self.committable():
                        self.commits.append(offsets)
            self.stopping.set()
            await asyncio.to_thread(thread.join)
            if self.tasks:
                await asyncio.wait(self.tasks, timeout=10)
            reports.cancel()
            self.producer.flush(5)
            for offsets in (*self.commits, self.committable()):
                if offsets:
                    self.consumer.commit(offsets=offsets, asynchronous=False)
            self.consumer.close()


async def main():
    p = argparse.ArgumentParser()
    p.add_argument("--bootstrap", required=True)
    p.add_argument("--topic", default="requests")
    p.add_argument("--reply-topic", default="replies")
    p.add_argument("--group", default="python-relay")
    p.add_argument("--api", required=True)
    p.add_argument("--in-flight", type=int, default=64)
    p.add_argument("--linger", default="5")
    p.add_argument("--fetch-wait", default="500")
    p.add_argument("-X", action="append", default=[], metavar="PROPERTY=VALUE")
    await Relay(p.parse_args()).run()


if __name__ == "__main__":
    try:
        import uvloop

        uvloop.install()
    except ImportError:
        pass
    asyncio.run(main())
