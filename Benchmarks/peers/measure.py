#!/usr/bin/env python3
"""Measures relays side by side: same broker, same stub, same requests, interleaved rounds. See ../README.md."""

import argparse
import dataclasses
import json
import os
import pathlib
import signal
import statistics
import sys
import tempfile

from rounds import run
from scenarios import DEFAULTS, FEATURES, PEERS, SCENARIOS, SHAPES

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent

@dataclasses.dataclass
class Relay:
    name: str
    command: str
    # What a success reply is: `exact`, resp_data as it is, or `wrapped`, the whole answer.
    mode: str = "exact"
    scenarios: str = "ABCDEF"
    # Of the backlog: slow ones get less.
    share: float = 1
    template: str | None = None
    # Parts of the template, and what stands there instead.
    changes: tuple = ()
    # Its own heap allocations are counted, which slows it down.
    counts: bool = False


def wxrelay(suffix, **more):
    command = "{wxrelay} run --config {config}"
    return Relay(f"wxrelay{suffix}", command, template=HERE / "wxrelay.yaml.in", **more)


COMMON = (
    " --bootstrap {bootstrap} --topic {topic} --reply-topic {reply_topic} --group {group} --api {api}"
    " --in-flight {in_flight} --linger {linger} --fetch-wait {fetch_wait}"
)
BUILT_IN = [
    Relay("limit", "{build}/limit" + COMMON),
    Relay("limit-minimal", "{build}/limit --headers minimal" + COMMON),
    wxrelay(""),
    wxrelay("-counted", counts=True),
    # What a feature costs, beside the row without it.
    *(wxrelay(f"-{name}", scenarios="A", changes=feature["changes"]) for name, feature in FEATURES.items()),
    Relay("mqbridge", "{python} {here}/mqbridge_relay.py" + COMMON, mode="wrapped", scenarios="ABCEF"),
    Relay("python", "{python} {here}/python_relay.py" + COMMON),
    Relay("faststream", "{python} {here}/faststream_relay.py" + COMMON, share=0.25),
]
# What they lose is told, and is not ours to mend. They are measured in the first round only: what tells them from the others is no
# question of some hundredths.
OTHERS = ["mqbridge", "python", "faststream"]
DEFAULT = ["limit", "wxrelay", *(f"wxrelay-{name}" for name in FEATURES), *OTHERS]


# --- the report


def spread(values, digits=0):
    form = f"{{:,.{digits}f}}"
    if not values:
        return "–"
    low, middle, high = min(values), statistics.median(values), max(values)
    return (
        form.format(middle) if len(values) == 1 else f"{form.format(middle)} ({form.format(low)}–{form.format(high)})"
    )


COLUMNS = {  # kind: what each column is called, its field, digits
    "backlog": [
        ("messages/s", "per_second", 0),
        ("core use", "busy", 2),
        ("start CPU ms", "start_cpu_ms", 0),
        ("peak RSS MiB", "peak_mib", 0),
        ("own allocations", "allocations", 2),
    ],
    "open": [
        ("added p50 ms", "p50", 1),
        ("p99", "p99", 1),
        ("p99.9", "p999", 1),
        ("peak RSS MiB", "peak_mib", 0),
    ],
    "start": [("start to join ms", "join_ms", 0)],
    "instructions": [],
    "copies": [("copies", "copies", 2), ("peak RSS MiB", "peak_mib", 0), ("check's bound MiB", "bound_mib", 0)],
    "idle": [("RSS MiB", "idle_mib", 0), ("threads", "threads", 0), ("start to first reply s", "start_s", 2)],
}
# Of a shape's cases, behind the first two of a backlog.
SHAPE_COLUMNS = [
    ("peak RSS MiB", "peak_mib", 0),
    ("check's bound MiB", "bound_mib", 0),
    ("connections", "connections", 0),
]


def report(runs, options):
    return "\n".join(line for name in options.scenario for line in table(name, runs, options))


def table(name, runs, options):
    scenario = SCENARIOS[name]
    musts = {title: own.get("must", scenario.get("must")) for title, _, own in rows_of(name, options)}
    rows = [r for r in runs if r["scenario"] == name]
    kind = scenario["kind"]
    columns = COLUMNS[kind]
    base = options.base if name in PEERS else next(iter(musts))
    if name in SHAPES and kind == "backlog":
        columns = columns[:2] + SHAPE_COLUMNS
    units = {"idle": "CPU µs/s", "start": "CPU µs", "instructions": "instructions/message"}
    unit = units.get(kind, "CPU µs/message")
    must = ["must"] if any(musts.values()) else []
    times = "once" if kind == "instructions" else f"median (min–max) of {options.rounds} rounds"
    # Counting costs more than what is counted.
    cost = [] if kind == "copies" else [unit, f"× {base}"]
    head = ["relay" if name in PEERS else "", *cost, *(title for title, _, _ in columns), *must, "sound"]
    lines = [
        f"**{name}: {scenario['title']}** ({times})",
        "",
        "| " + " | ".join(head) + " |",
        "|" + "---|" * len(head),
    ]
    for title in musts:
        own = [r for r in rows if r["relay"] == title]
        if not own:
            continue
        good = [r for r in own if "error" not in r]
        cells = [title]
        if cost:
            digits = (0, 3) if kind == "instructions" else (1, 2)
            cells += [spread([cost_of(r) for r in good], digits[0]), spread(ratios(rows, title, base), digits[1])]
        cells += [spread([r[field] for r in good if field in r], digits) for _, field, digits in columns]
        if must and name in PEERS and title != "wxrelay":
            cells.append("–")
        elif must:
            cells.append(verdict(musts[title], title, base, rows))
        cells.append("; ".join(sorted({describe(r) for r in own if not r.get("sound")})) or "yes")
        lines.append("| " + " | ".join(cells) + " |")
    if kind == "open":
        half = spread([r["floor_p50"] for r in rows if "floor_p50" in r], 2)
        most = spread([r["floor_p99"] for r in rows if "floor_p99" in r], 2)
        lines += ["", f"One way through the broker alone: p50 {half} ms, p99 {most} ms; a message takes it twice."]
    return lines + [""]


def verdict(must, title, base, rows):
    """What a row must be, and whether its median is, and its memory."""
    if must is None:
        return "–"
    field, most = must
    good = [r for r in rows if r["relay"] == title and "error" not in r]
    if field == "ratio":
        values, text = ratios(rows, title, base), f"× {most}"
    elif field == "more_us":
        values, text = differences(rows, title, base), f"+{most} µs"
    else:
        values, text = [r[field] for r in good], f"{most}"
    if title == base and field in ("ratio", "more_us"):
        return "–"
    if field == "more_us":
        text += ", as many connections"
        most_open = max((r["connections"] for r in rows if r["relay"] == base and "error" not in r), default=0)
        if any(r["connections"] > most_open for r in good):
            return f"{text}: MISSED"
    held = values and statistics.median(values) <= most
    within = all(r["peak_mib"] <= r["bound_mib"] for r in good if "bound_mib" in r)
    return f"{text}: {'held' if held else 'MISSED'}" + ("" if within else ", memory MISSED")


def ratios(rows, relay, base):
    """A relay's cost by the base's of the same round."""
    return [own / other for own, other in pairs(rows, relay, base) if other > 0]


def differences(rows, relay, base):
    """What a relay's cost is above the base's of the same round."""
    return [own - other for own, other in pairs(rows, relay, base)]


def pairs(rows, relay, base):
    by_round = {r["round"]: r for r in rows if r["relay"] == base and "error" not in r}
    own = [r for r in rows if r["relay"] == relay and "error" not in r and r["round"] in by_round]
    return [(cost_of(r), cost_of(by_round[r["round"]])) for r in own]


def cost_of(r):
    """Instructions where they were counted, which makes all else slower; otherwise CPU."""
    return r.get("instructions", r["cpu_us"])


def describe(r):
    """What is not sound about a run."""
    if "error" in r:
        return r["error"]
    found = [f"{k} {r[k]}" for k in ("missing", "duplicates", "wrong", "uncorrelated") if r[k]]
    if r["committed"] != r["n"]:
        found.append(f"committed {r['committed']} of {r['n']}")
    if r["failed"] != r["expected_failures"]:
        found.append(f"failed {r['failed']}, expected {r['expected_failures']}")
    if r["exit"] != 0:
        found.append(f"ended with {r['exit']}")
    return ", ".join(found)


# --- the command


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    names = ", ".join(relay.name for relay in BUILT_IN)
    p.add_argument("--relay", action="append", default=[], metavar="NAME", help=f"one of {names}; most by default")
    p.add_argument("--scenario", default="".join(PEERS), help=f"letters of scenarios, {''.join(SCENARIOS)}, or all")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("-n", type=int, default=40000, help="requests of a backlog")
    p.add_argument("--seconds", type=float, default=8, help="length of the open loop, and of idleness")
    p.add_argument("--keys", type=int, default=1000)
    p.add_argument("--partitions", type=int, default=16)
    broker = "mock, noida:BINARY, or HOST:PORT of a Kafka cluster, whose topics are deleted and made anew"
    p.add_argument("--broker", default="mock", help=broker)
    p.add_argument("--build", default=str(ROOT / ".build/bench"), help="where the Makefile put the C programs")
    p.add_argument("--wxrelay", default=str(ROOT / ".build/release/wxrelay"), help="the binary")
    p.add_argument("--base", default="limit", help="the relay that the ratios refer to")
    p.add_argument("--shape-of", default="wxrelay", choices=names.split(", "), help=f"the relay of {''.join(SHAPES)}")
    p.add_argument("--limit-s", type=float, default=120, help="longest drain, and 1 s more for each 5,000 requests")
    gate = "fail when the median CPU ratio to the base is above"
    p.add_argument("--at-most", action="append", default=[], metavar="RELAY:SCENARIO:RATIO", help=gate)
    gate = "fail when the median of its own heap allocations for a message is above"
    p.add_argument("--allocations-at-most", action="append", default=[], metavar="RELAY:SCENARIO:NUMBER", help=gate)
    p.add_argument("--json", metavar="FILE")
    o = p.parse_args()
    if o.scenario == "all":
        o.scenario = "".join(SCENARIOS)
    known = {relay.name: relay for relay in BUILT_IN}
    unknown = [name for name in o.relay if name not in known] + [name for name in o.scenario if name not in SCENARIOS]
    if unknown:
        p.error(f"unknown: {', '.join(unknown)}")
    if o.broker != "mock":
        # Only the mock broker tells when it is asked to let somebody join.
        o.scenario = "".join(name for name in o.scenario if "told" not in SCENARIOS[name])
    o.relays = [known[name] for name in o.relay or DEFAULT]
    o.shaped = known[o.shape_of]
    o.places = dict(here=HERE, build=o.build, python=sys.executable, wxrelay=o.wxrelay)
    cores = sorted(os.sched_getaffinity(0))
    o.harness_core, o.relay_core = (cores[0], cores[1]) if len(cores) > 1 else (None, None)
    return o


def rows_of(name, o):
    """What is measured in a scenario: each row's name, the relay, and what is its own in it."""
    if name in SHAPES:
        return [(case, o.shaped, own) for case, own in SHAPES[name]["cases"].items()]
    return [(relay.name, relay, {}) for relay in o.relays if name in relay.scenarios]


def measure(o, scratch):
    runs = []
    given = dict(n=o.n, keys=o.keys, partitions=o.partitions)
    for round_number in range(o.rounds):
        for name in o.scenario:
            # Instructions differ by some thousandths from round to round.
            if round_number and SCENARIOS[name]["kind"] == "instructions":
                continue
            order = [row for row in rows_of(name, o) if round_number == 0 or row[1].name not in OTHERS]
            first = round_number % len(order)
            for title, relay, own in order[first:] + order[:first]:
                row = dict(round=round_number, scenario=name, relay=title)
                row.update(attempt(relay, DEFAULTS | given | SCENARIOS[name] | own, o, scratch))
                runs.append(row)
                print(line(row), file=sys.stderr, flush=True)
                if o.json:
                    setting = dict(broker=o.broker, n=o.n, partitions=o.partitions, keys=o.keys, runs=runs)
                    pathlib.Path(o.json).write_text(json.dumps(setting, indent=1))
    return runs


def attempt(relay, scenario, o, scratch):
    try:
        return run(relay, scenario, o, scratch)
    except Exception as error:  # whatever it is, the other runs go on and this one counts as unsound
        log = pathlib.Path(scratch, f"{relay.name}.log")
        if log.exists():
            print(log.read_text(errors="replace")[-1500:], file=sys.stderr)
        return dict(error=f"{type(error).__name__}: {error}")


def line(row):
    fields = ("cpu_us", "per_second", "busy", "p50", "p99", "p999", "start_s", "join_ms")
    fields += ("peak_mib", "idle_mib", "bound_mib", "connections", "allocations", "copies", "instructions")
    text = row.get("error") or " ".join(f"{k}={row[k]:.5g}" for k in fields if k in row)
    unsound = "" if row.get("sound") or "error" in row else "  UNSOUND: " + describe(row)
    return f"round {row['round'] + 1} {row['scenario']} {row['relay']:12} {text}{unsound}"


def main():
    o = arguments()
    if o.harness_core is not None:
        os.sched_setaffinity(0, {o.harness_core})
    # So that a run cut short still stops what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory() as scratch:
        runs = measure(o, scratch)
    print(report(runs, o))
    passed = True
    for r in runs:
        if r.get("sound"):
            continue
        is_ours = r["relay"] not in OTHERS
        passed &= not is_ours
        verdict = "FAIL" if is_ours else "not sound"
        print(f"{verdict}: {r['relay']} in {r['scenario']}, round {r['round'] + 1}: {describe(r)}")
    for gate in o.at_most:
        relay, name, most = gate.split(":")
        found = ratios([r for r in runs if r["scenario"] == name], relay, o.base)
        median = statistics.median(found) if found else float("inf")
        passed &= median <= float(most)
        verdict = "ok" if median <= float(most) else "FAIL"
        print(f"{verdict}: {relay} in {name}: {median:.2f} × {o.base}, at most {most}")
    for gate in o.allocations_at_most:
        relay, name, most = gate.split(":")
        found = [r["allocations"] for r in runs if (r["relay"], r["scenario"]) == (relay, name) and "allocations" in r]
        median = statistics.median(found) if found else float("inf")
        passed &= median <= float(most)
        verdict = "ok" if median <= float(most) else "FAIL"
        print(f"{verdict}: {relay} in {name}: {median:.2f} allocations for a message, at most {most}")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
