"""One run: one relay in one scenario, in surroundings of its own."""

import contextlib
import os
import pathlib
import queue
import re
import shlex
import statistics
import subprocess
import sys
import threading
import time

from driver import Driver, identity
from surroundings import (
    FLOOR,
    REPLIES,
    REQUESTS,
    Surroundings,
    alive,
    cpu_us,
    memory_mib,
    start,
    status,
    stop,
    wait_for,
)

COUNT_INSTRUCTIONS = "valgrind -q --tool=callgrind --separate-threads=yes --callgrind-out-file={scratch}/instructions.%p "


def run(relay, scenario, options, scratch):
    """Measures, and judges: `sound` when every request has one right answer and its offset is committed."""
    surroundings = Surroundings(options, scenario, scratch)
    run = None
    try:
        with open(pathlib.Path(scratch, f"{relay.name}.log"), "wb") as log:
            run = Run(relay, scenario, options, scratch, surroundings, log)
            if scenario["kind"] == "start":
                return run.starts()
            n = {"open": run.open_loop, "idle": run.idle}.get(scenario["kind"], run.backlog)()
            result = run.result
            result["peak_mib"] = memory_mib(run.process.pid, "VmHWM")
            result["stub"] = surroundings.stub_stats()
            # One of them is the driver's own.
            result["connections"] = result["stub"]["connections_opened"] - 1
            result.update(run.bound())
            result["exit"] = stop(run.process)
            if run.counts_instructions:
                result["instructions"] = run.instructions() / n
        result.update(n=n, **run.driver.verify(n, relay.mode))
        result["committed"] = run.driver.committed(surroundings, f"bench-{relay.name}")
        result["expected_failures"] = result["stub"]["outcomes"].get("-504002", 0)
        result["sound"] = (
            not any(result[field] for field in ("missing", "duplicates", "wrong", "uncorrelated"))
            and result["committed"] == n
            and result["failed"] == result["expected_failures"]
            and result["exit"] == 0
        )
        return result
    finally:
        if run:
            stop(run.process, 3)
        surroundings.close()


class Run:
    def __init__(self, relay, scenario, options, scratch, surroundings, log):
        self.relay, self.scenario, self.options, self.scratch = relay, scenario, options, scratch
        self.surroundings, self.log = surroundings, log
        self.driver = Driver(surroundings, scenario, fetch_wait=1 if scenario["kind"] == "open" else 100)
        self.counts = relay.counts or scenario.get("counts")
        self.counts_instructions = scenario["kind"] == "instructions"
        self.counts_file = pathlib.Path(scratch, "counts")
        self.config = pathlib.Path(scratch, f"{relay.name}.config")
        self.process = None
        self.began = None
        self.copied_at_start = 0
        self.result = {}

    def launch(self):
        core = None if self.scenario.get("both_cores") else self.options.relay_core
        command, environment = self.command(), os.environ | self.counting()
        self.began = time.monotonic()
        self.process = start(command, core, env=environment, stdout=self.log, stderr=self.log)

    def counting(self):
        """What makes a relay count its allocations and copies, in a file; that costs time, so its CPU is none to compare."""
        if not self.counts:
            return {}
        library = pathlib.Path(self.options.build, "counts.so").resolve(strict=True)
        self.counts_file.unlink(missing_ok=True)
        return dict(LD_PRELOAD=str(library), COUNTS=str(self.counts_file))

    def counted(self):
        """Allocations, and bytes copied."""
        if not (self.counts and self.counts_file.exists()):
            return 0, 0
        content = self.counts_file.read_bytes()
        return tuple(int.from_bytes(content[at : at + 8], sys.byteorder) for at in (0, 8))

    def instructions(self):
        """User instructions of the thread that has the most, which is the one that relays. The relay must have ended."""
        profiles = pathlib.Path(self.scratch).glob(f"instructions.{self.process.pid}-*")
        return max(int(re.search(r"^totals: (\d+)", file.read_text(), re.MULTILINE)[1]) for file in profiles)

    def bound(self):
        """What `wxrelay check` says that its memory will be at most."""
        if not self.relay.template:
            return {}
        command = [self.options.places["wxrelay"], "check", "--connect", "--config", self.config]
        told = subprocess.run(command, capture_output=True, text=True).stdout
        found = re.search(r"memory: at most ([\d.]+)(MiB|GiB) ", told)
        if not found:
            raise RuntimeError(f"check tells no bound of the memory: {told}")
        return dict(bound_mib=float(found[1]) * (1024 if found[2] == "GiB" else 1))

    def command(self):
        values = dict(
            bootstrap=self.surroundings.bootstrap,
            topic=REQUESTS,
            reply_topic=REPLIES,
            group=f"bench-{self.relay.name}",
            api=self.surroundings.api,
            in_flight=self.scenario["in_flight"],
            linger=self.scenario["linger"],
            fetch_wait=self.scenario["fetch_wait"],
            scratch=self.scratch,
            **self.options.places,
        )
        if self.relay.template:
            text = pathlib.Path(self.relay.template).read_text()
            for old, new in (*self.relay.changes, *self.scenario.get("changes", ())):
                if old not in text:
                    raise ValueError(f"{self.relay.template} has no {old}")
                text = text.replace(old, new)
            for name, value in values.items():
                text = text.replace("@" + name + "@", str(value))
            values["config"] = self.config
            self.config.write_text(text)
        command = self.relay.command
        if self.counts_instructions:
            command = COUNT_INSTRUCTIONS + command
            # valgrind does not read Swift's debugging information.
            values["wxrelay"] = pathlib.Path(self.scratch, "stripped")
            subprocess.run(["strip", "-g", "-o", values["wxrelay"], self.options.places["wxrelay"]], check=True)
        return [part.format(**values) for part in shlex.split(command)]

    def replies(self):
        return self.driver.watermarks(REPLIES)

    def cpu(self):
        return cpu_us(self.process.pid)

    # --- start

    def starts(self):
        """Launches it some times, each time until the broker has a request to join the group."""
        self.told = queue.SimpleQueue()
        threading.Thread(target=self.listen, daemon=True).start()
        taken, cpu = [], []
        for _ in range(5):
            self.launch()
            taken.append((self.asked_to_join() - self.began) * 1e3)
            cpu.append(self.cpu())
            self.process.kill()
            self.process.wait()
        return dict(cpu_us=statistics.median(cpu), join_ms=statistics.median(taken), n=0, sound=True)

    def asked_to_join(self):
        """When the broker had its request to join."""
        while time.monotonic() - self.began < 60:
            alive(self.process)
            with contextlib.suppress(queue.Empty):
                moment = self.told.get(timeout=0.1)
                # One of the launch before may come late.
                if moment > self.began:
                    return moment
        raise TimeoutError("waited 60 s for the request to join")

    def listen(self):
        """Notes when the broker has had a request to join, for as long as it runs."""
        for told in self.surroundings.broker.stdout:
            self.told.put(int(told.split()[1]) / 1e9)

    # --- backlog

    def backlog(self):
        """All requests are there before the relay starts.

        Those that are refused at first are let by before the measuring begins, and wait until the others are measured.
        """
        n = int(self.scenario["n"] * self.scenario.get("share", 1) * self.relay.share)
        refused = self.scenario.get("refused_first", 0)
        self.driver.preload(n)
        self.launch()
        before, first = self.cpu_before_call(refused)
        allocations_before, _ = self.counted()
        wait_for(lambda: alive(self.process) and self.replies(), 60, "the first reply", 0.002)
        self.result["start_s"] = time.monotonic() - self.began
        count = self.wait_for_replies(n, n - refused)
        seconds, cpu = time.monotonic() - first, self.cpu() - before
        if self.counts:
            allocations, copied = self.counted()
            size = max(self.scenario.get("request_bytes", 0), self.scenario.get("answer_bytes", 0))
            self.result["allocations"] = (allocations - allocations_before) / max(1, count)
            if size:
                self.result["copies"] = (copied - self.copied_at_start) / max(1, count) / size
        self.result.update(
            cpu_us=cpu / max(1, count), per_second=count / seconds, start_cpu_ms=before / 1000, busy=cpu / 1e6 / seconds
        )
        if refused:
            # A retry is a call as well, and is no message: all that were made must be first ones.
            if (calls := self.surroundings.stub_stats()["calls"]) > n:
                raise RuntimeError(f"{calls - n} retries fell due while the others were measured")
            self.wait_for_replies(n, n)
        return n

    def wait_for_replies(self, calls, replies):
        """Waits until there are so many, and counts; the broker is not asked before so many calls were made."""
        count, end = 0, time.monotonic() + self.options.limit_s + calls / 5000
        while count < replies and time.monotonic() < end:
            alive(self.process)
            time.sleep(0.02)
            if self.surroundings.stub_stats()["calls"] >= calls:
                count = self.replies()
        return count or self.replies()

    def cpu_before_call(self, number):
        """CPU time until 150 ms before the first call, and the time of that call; or right behind a later one.

        What the start costs (interpreter, imports, joining the group) is kept apart; the 150 ms, while the group is
        still forming, are for fetching the backlog, which counts.
        """
        history = []
        _, copied = self.counted()
        while self.surroundings.stub_stats()["calls"] <= number:
            alive(self.process)
            history.append((time.monotonic(), self.cpu()))
            self.copied_at_start = copied
            if history[-1][0] - self.began > 60:
                raise TimeoutError(f"waited 60 s for call {number + 1}")
            time.sleep(0.02)
            _, copied = self.counted()
        reached = time.monotonic()
        if number:
            return self.cpu(), reached
        return max([cpu for moment, cpu in history if moment < reached - 0.15], default=0), reached

    # --- open loop

    def open_loop(self):
        """A fixed rate whatever the relay does; the delay of a reply counts from the moment its request was due."""
        rate = self.scenario["rate"]
        warm, n = 100, 100 + int(rate * self.options.seconds)
        sent = {}
        floor = self.floor(rate)
        self.result["floor_p50"], self.result["floor_p99"] = quantile(floor, 0.5), quantile(floor, 0.99)
        self.launch()
        with Listener(self.driver, REPLIES, self.relay.mode) as arrived:
            self.pace(0, 1, 1, REQUESTS, sent)
            wait_for(lambda: alive(self.process) and arrived, 60, "the first reply", 0.002)
            self.result["start_s"] = time.monotonic() - self.began
            self.pace(1, warm, rate, REQUESTS, sent)
            time.sleep(1)
            before = self.cpu()
            self.pace(warm, n, rate, REQUESTS, sent)
            end = time.monotonic() + 10
            while len(arrived) < n and time.monotonic() < end:
                time.sleep(0.02)
            self.result["cpu_us"] = (self.cpu() - before) / (n - warm)
        stub = self.surroundings.stub_stats()["latency_us"]["mean"] / 1e3
        added = delays(warm, n, sent, arrived, stub)
        self.result.update(p50=quantile(added, 0.5), p99=quantile(added, 0.99), p999=quantile(added, 0.999))
        return n

    def floor(self, rate):
        """Delays of the way through the broker alone."""
        sent = {}
        with Listener(self.driver, FLOOR, "exact") as arrived:
            time.sleep(0.3)
            self.pace(0, 300, rate, FLOOR, sent)
            time.sleep(0.3)
        return delays(50, 300, sent, arrived)

    def pace(self, first, last, rate, topic, sent):
        begin = time.perf_counter()
        for step, i in enumerate(range(first, last)):
            due = begin + step / rate
            while (left := due - time.perf_counter()) > 0:
                time.sleep(left)
            sent[identity(i)] = due
            self.driver.send(i, topic)
            self.driver.producer.poll(0)

    # --- idle

    def idle(self):
        """One request, and then nothing."""
        self.driver.preload(1)
        self.launch()
        wait_for(lambda: alive(self.process) and self.replies(), 60, "the first reply")
        self.result["start_s"] = time.monotonic() - self.began
        time.sleep(2)
        before, moment = self.cpu(), time.monotonic()
        time.sleep(self.options.seconds)
        alive(self.process)
        self.result.update(
            cpu_us=(self.cpu() - before) / (time.monotonic() - moment),
            idle_mib=memory_mib(self.process.pid, "VmRSS"),
            threads=status(self.process.pid, "Threads"),
        )
        return 1


class Listener:
    """Notes when each record of a topic arrives, in a thread of its own, by its correlation id."""

    def __init__(self, driver, topic, mode):
        self.driver, self.topic, self.mode = driver, topic, mode
        self.arrived = {}
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.listen)

    def __enter__(self):
        self.thread.start()
        return self.arrived

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()

    def listen(self):
        self.driver.read(self.topic)
        while not self.done.is_set():
            message = self.driver.consumer.poll(0.2)
            if message is None or message.error():
                continue
            now = time.perf_counter()
            headers = dict(message.headers() or ())
            key = headers.get("wxrelay-correlation-id") or headers.get("correlation-id")
            if key is None and self.mode == "wrapped":
                key = identity(int(message.value().split(b'orderId\\":\\"', 1)[1][:16]))
            self.arrived.setdefault(key or message.key(), now)


def delays(first, last, sent, arrived, less=0.0):
    """Milliseconds from due to arrival, sorted, less what the function takes by itself."""
    identities = [identity(i) for i in range(first, last)]
    return sorted((arrived[i] - sent[i]) * 1e3 - less for i in identities if i in arrived)


def quantile(values, q):
    return values[min(len(values) - 1, int(q * len(values)))] if values else float("nan")
