#!/usr/bin/env python3
"""The same relay with FastStream, the asyncio framework many Python back ends use for Kafka.

Written as its documentation suggests: a subscriber with `max_workers`, a shared HTTP session, a publisher. With several
workers FastStream commits a message before it is handled (at-most-once across a crash): less than the others promise.
"""

import argparse
import asyncio
import json
import logging
import random

import aiohttp
from faststream import AckPolicy, FastStream
from faststream.confluent import KafkaBroker, KafkaMessage

TRANSIENT = {-1, -1000, -501002, -501004}
MAX_ATTEMPTS = 6

p = argparse.ArgumentParser()
p.add_argument("--bootstrap", required=True)
p.add_argument("--topic", default="requests")
p.add_argument("--reply-topic", default="replies")
p.add_argument("--group", default="faststream-relay")
p.add_argument("--api", required=True)
p.add_argument("--in-flight", type=int, default=64)
p.add_argument("--linger", default="5")
p.add_argument("--fetch-wait", default="500")
o = p.parse_args()

broker = KafkaBroker(
    o.bootstrap,
    linger_ms=int(o.linger),
    enable_idempotence=True,
    acks="all",
    logger=None,
    allow_auto_create_topics=False,
    graceful_timeout=10,
)
app = FastStream(broker, logger=None)
url = f"{o.api}/tcb/invokecloudfunction?access_token=FASTSTREAM&env=bench-env&name=bench"
session = None


@app.on_startup
async def connect():
    global session
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=o.in_flight),
        headers={"Content-Type": "application/json"},
        timeout=aiohttp.ClientTimeout(total=10),
    )


@app.after_shutdown
async def disconnect():
    await session.close()


@broker.subscriber(
    o.topic,
    group_id=o.group,
    auto_offset_reset="earliest",
    max_workers=o.in_flight,
    fetch_max_wait_ms=int(o.fetch_wait),
    ack_policy=AckPolicy.ACK_FIRST,
)
async def relay(message: KafkaMessage):
    identity = message.headers.get("correlation-id", message.message_id)
    identity = identity if isinstance(identity, str) else identity.decode()
    for attempt in range(1, MAX_ATTEMPTS + 1):
        errcode, errmsg, data = -1, "", None
        try:
            async with session.post(url, data=message.body) as response:
                if response.status == 200:
                    answer = json.loads(await response.read())
                    errcode, errmsg, data = answer["errcode"], answer.get("errmsg", ""), answer.get("resp_data")
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError, KeyError) as error:
            errmsg = repr(error)
        if errcode == 0 or errcode not in TRANSIENT:
            break
        await asyncio.sleep(random.uniform(0, min(30.0, 0.2 * 2 ** (attempt - 1))))
    ok = errcode == 0 and isinstance(data, str)
    value = (
        data.encode()
        if ok
        else json.dumps({"status": "failed", "correlationId": identity, "errcode": errcode, "errmsg": errmsg}).encode()
    )
    await broker.publish(
        value,
        topic=o.reply_topic,
        key=identity.encode(),
        no_confirm=True,
        headers={
            "wxrelay-status": "ok" if ok else "failed",
            "wxrelay-correlation-id": identity,
            "wxrelay-errcode": str(errcode),
            "wxrelay-attempts": str(attempt),
            "wxrelay-source": f"{o.topic}/{message.raw_message.partition()}/{message.raw_message.offset()}",
            "wxrelay-function": "bench",
            "wxrelay-env": "bench-env",
            "content-type": "application/json",
        },
    )


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    try:
        import uvloop

        uvloop.install()
    except ImportError:
        pass
    asyncio.run(app.run())
