"""What a relay is measured in: processes, their CPU time and memory, a fresh broker and a fresh stub for every run."""

import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

from confluent_kafka.admin import AdminClient, NewTopic

REQUESTS, REPLIES, FLOOR = "requests", "replies", "floor"
TICK = os.sysconf("SC_CLK_TCK")


def start(command, core, **more):
    def pin():
        if core is not None:
            os.sched_setaffinity(0, {core})

    return subprocess.Popen(command, preexec_fn=pin, start_new_session=True, **more)


def stop(process, seconds=15):
    if process is None or process.poll() is not None:
        return process and process.returncode
    process.send_signal(signal.SIGTERM)
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return "killed"


def alive(process):
    if process.poll() is not None:
        raise RuntimeError(f"the relay ended with {process.returncode}")
    return True


def family(pid):
    """The process and all that it started, as far as they live."""
    found, queue = [], [pid]
    while queue:
        process = queue.pop()
        found.append(process)
        try:
            for task in os.listdir(f"/proc/{process}/task"):
                queue += map(int, pathlib.Path(f"/proc/{process}/task/{task}/children").read_text().split())
        except OSError:
            pass  # it has ended meanwhile
    return found


def cpu_us(pid):
    """CPU time (user and system) of the process, its living descendants, and the ended ones that were waited for."""
    total = 0
    for process in family(pid):
        try:
            fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
            ticks, ended = sum(map(int, fields[11:13])) * 1e6 / TICK, sum(map(int, fields[13:15])) * 1e6 / TICK
            # The scheduler's own sum is in nanoseconds but forgets threads that ended; the ticks, in steps of 10 ms,
            # remember them.
            fine = 0
            for task in os.listdir(f"/proc/{process}/task"):
                fine += int(pathlib.Path(f"/proc/{process}/task/{task}/schedstat").read_text().split()[0]) / 1e3
            total += ended + (fine if abs(fine - ticks) < 25e3 else ticks)
        except OSError:
            pass  # it has ended meanwhile
    return total


def status(pid, field):
    """The sum of a field of /proc/…/status over the process and its descendants: KiB, or a count."""
    total = 0
    for process in family(pid):
        try:
            for line in pathlib.Path(f"/proc/{process}/status").read_text().splitlines():
                if line.startswith(field + ":"):
                    total += int(line.split()[1])
        except OSError:
            pass  # it has ended meanwhile
    return total


def memory_mib(pid, field):
    return status(pid, field) / 1024


def connectable(address):
    host, port = address.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), 0.2).close()
        return True
    except OSError:
        return False


def wait_for(condition, seconds, what, step=0.01):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(step)
    raise TimeoutError(f"waited {seconds} s for {what}")


def make_certificate(scratch):
    """A certificate for the loopback address that is its own authority, and its key: two files."""
    files = f"{scratch}/stub.pem", f"{scratch}/stub.key"
    if not os.path.exists(files[0]):
        command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=stub"
        command = [*command.split(), "-addext", "subjectAltName=IP:127.0.0.1", "-out", files[0], "-keyout", files[1]]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return files


class Surroundings:
    """A broker with empty topics and a stub of WeChat, for one run."""

    def __init__(self, options, scenario, scratch):
        self.processes = []
        self.options = options
        # As many of replies as of requests, unless the scenario says otherwise: fewer make larger batches.
        self.partitions = {REQUESTS: scenario["partitions"]}
        self.partitions |= dict.fromkeys((REPLIES, FLOOR), scenario.get("reply_partitions", scenario["partitions"]))
        if options.broker == "mock":
            self.bootstrap = self.start_mock_broker(scenario.get("told"))
        else:
            self.bootstrap = self.start_noida(scratch) if options.broker.startswith("noida:") else options.broker
            self.make_topics()
        self.start_stub(scenario, scratch)

    def start_stub(self, scenario, scratch):
        command = [f"{self.options.build}/stub", "--latency", scenario["latency"], "--seed", "7"]
        if scenario.get("mix"):
            command += ["--mix", scenario["mix"]]
        if scenario.get("refused_first"):
            # A code of nobody's, which the relay is told to retry: so many of a known one would be an outage.
            command += ["--refuse-first", f"{scenario['refused_first']}:-600001:{scenario['retry_after']}"]
        if scenario.get("answer_bytes"):
            command += ["--resp-bytes", str(scenario["answer_bytes"])]
        if scenario.get("tls"):
            command += ["--tls", ":".join(make_certificate(scratch))]
        stub = self.spawn(command, stdout=subprocess.PIPE, text=True)
        self.stub = http.client.HTTPConnection("127.0.0.1", int(stub.stdout.readline().split()[1]), timeout=5)
        self.api = f"http://127.0.0.1:{self.stub.port}"
        if scenario.get("tls"):
            self.api = f"https://127.0.0.1:{stub.stdout.readline().split()[1]}"

    def start_mock_broker(self, told):
        command = [f"{self.options.build}/mockbroker"]
        for topic, partitions in self.partitions.items():
            command += ["--topic", f"{topic}:{partitions}"]
        if told:
            command += ["--tell", told]
        self.broker = self.spawn(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        return self.broker.stdout.readline().split()[1]

    def start_noida(self, scratch):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        binary, data = self.options.broker[len("noida:") :], f"{scratch}/noida-{port}"
        command = [binary, "start", "--only", "kafka", "--kafka-port", str(port), "--data-dir", data]
        self.spawn(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        address = f"127.0.0.1:{port}"
        wait_for(lambda: connectable(address), 10, "the broker")
        return address

    def make_topics(self):
        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        if not self.options.broker.startswith("noida:"):
            for deletion in admin.delete_topics([REQUESTS, REPLIES, FLOOR]).values():
                deletion.exception()  # there may be none
            time.sleep(1)
        topics = [NewTopic(name, partitions, 1) for name, partitions in self.partitions.items()]
        for creation in admin.create_topics(topics).values():
            creation.result()

    def spawn(self, command, **more):
        self.processes.append(start(command, self.options.harness_core, **more))
        return self.processes[-1]

    def stub_stats(self):
        """Its counters; all of them come over one connection, which is none of the relay's."""
        self.stub.request("GET", "/stats")
        return json.load(self.stub.getresponse())

    def close(self):
        for process in reversed(self.processes):
            stop(process, 3)
