#!/usr/bin/env python3
"""The benchmark of ordermq: see bench/README.md.

usage: bench.py [OPTION]...
  --build DIR    where ordermq is built (default .)
  --full         all cases, 7 rounds and more; takes half an hour
  --smoke        one small round: does the benchmark work?
  --case WORD    only cases whose name contains WORD (may be repeated)
  --rounds N     so many rounds
  --out DIR      where results.jsonl, results.txt and results.svg go
                 (default bench-results in the build directory)
  --tamper       change a balance behind the back of the last check, which
                 must notice
"""

import argparse
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
# pylint: disable=wrong-import-position
import recovery  # noqa: E402
import report  # noqa: E402
import runs  # noqa: E402
from rig import BenchError, Rig  # noqa: E402
from runs import Setup  # noqa: E402

ALL, PAIR, OURS = ("ordermq", "bare", "lua1"), ("ordermq", "bare"), ("ordermq",)
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
COUNT = 100000  # orders a run
MEMORY_FOR_DEEP_KIB = 8 * 1024 * 1024


class Case:
    """A name, who runs it, and how."""

    def __init__(self, name, contenders, run):
        self.name, self.contenders, self.run = name, contenders, run


def pipeline(name, count, setup=Setup(), contenders=PAIR):
    return Case(name, contenders, lambda rig, it:
                runs.pipeline(rig, it, setup, count))


def drain(name, count, setup, rounds=1, contenders=PAIR):
    return Case(name, contenders, lambda rig, it:
                runs.drain(rig, it, setup, count, rounds))


def beside(name, count, setup):
    return Case(name, PAIR, lambda rig, it:
                runs.drain_beside(rig, it, setup, count))


def deep(name, backlog, part):
    return Case(name, PAIR, lambda rig, it: runs.deep(
        rig, it, Setup(groups=("noop",)), backlog, part))


def latency(name, rate, seconds):
    return Case(name, PAIR, lambda rig, it:
                runs.latency(rig, it, Setup(), rate, seconds))


def publishing(name, count, window=128):
    return Case(name, PAIR, lambda rig, it:
                runs.publishing(rig, it, Setup(), count, window))


def sale(name, count):
    return Case(name, PAIR, lambda rig, it: runs.sale(rig, it, Setup(), count))


def essence(count):
    """What the goals are about, but growth."""
    return [
        pipeline("saturation", count, contenders=ALL),
        drain("drain noop", count, Setup(groups=("noop",)), contenders=ALL),
        latency("latency 1000/s", 1000, 2),
        publishing("publish csv", count),
        pipeline("8 instances a group", count, Setup(instances=8)),
        sale("seckill", 2 * count),
        Case("kill -9", OURS, lambda rig, _:
             recovery.kill_instance(rig, Setup(), 4 * count)),
        Case("restart of redis", OURS, lambda rig, _:
             recovery.restart_redis(rig, Setup(), count)),
        Case("upkeep", OURS, lambda rig, _:
             recovery.upkeep(rig, Setup(), count, 4)),
    ]


GROWTH = [("backlog of 1 million", "backlog of 10 thousand"),
          ("backlog of 10 million", "backlog of 10 thousand"),
          ("100 thousand pending elsewhere", "1 thousand pending elsewhere"),
          ("1 million pending elsewhere", "1 thousand pending elsewhere"),
          ("ledger of 1 million", "ledger of none"),
          ("ledger of 10 million", "ledger of none")]


def growth(count):
    """What grows, and must not make an order dearer than it makes the bare
    loop's."""
    noop, points = Setup(groups=("noop",)), ("points",)
    return [
        drain("backlog of 10 thousand", 10000, noop, count // 10000),
        deep("backlog of 1 million", 1000000, count),
        deep("backlog of 10 million", 10000000, count),
        *(drain(f"{name} pending elsewhere", count,
                Setup(groups=points, ghost=number))
          for name, number in (("1 thousand", 1000), ("100 thousand", 100000),
                               ("1 million", 1000000))),
        *(beside(f"ledger of {name}", count,
                 Setup(groups=points, ledger=number))
          for name, number in (("none", 0), ("1 million", 1000000),
                               ("10 million", 10000000))),
    ]


def everything(count):
    """The essence, and how it depends on what may differ."""
    return essence(count) + [
        pipeline("everysec", count, Setup(aof="everysec"), ALL),
        pipeline("always", count // 2, Setup(aof="always"), ALL),
        pipeline("TCP", count, Setup(tcp=True), ALL),
        *(pipeline(f"{number} instance{'s' * (number > 1)} a group", count,
                   Setup(instances=number), ALL) for number in (1, 2, 4)),
        *(pipeline(f"batch {batch}", count, Setup(batch=batch), ALL)
          for batch in (16, 64, 128, 256, 512, 1024)),
        drain("drain points", count, Setup(groups=("points",)),
              contenders=ALL),
        latency("latency 20000/s", 20000, 3),
        latency("latency 50000/s", 50000, 3),
        latency("latency 100000/s", 100000, 3),
        latency("latency at saturation", 0, 3),
        publishing("publish csv, 512 in one go", count, 512),
    ] + growth(count)


def skipped(case):
    """Why a case is left out here, or None."""
    if case.name == "backlog of 10 million" or \
            case.name == "ledger of 10 million":
        with open("/proc/meminfo", encoding="ascii") as file:
            free = [int(line.split()[1]) for line in file
                    if line.startswith("MemAvailable")][0]
        if free < MEMORY_FOR_DEEP_KIB:
            return f"needs 8 GiB of memory, {free >> 20} GiB are free"
    return None


def machine(rig):
    """Where and with what all this was measured."""
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        names = [line.split(":", 1)[1].strip() for line in file
                 if line.startswith("model name")]
    redis = subprocess.run(["redis-server", "--version"], check=True,
                           capture_output=True, text=True).stdout
    ours = rig.run([rig.program("bin/ordermqd"), "--version"])
    return {"kind": "machine", "cpu": names[0] if names else "unknown",
            "cores": os.cpu_count(), "kernel": platform.release(),
            "load": os.getloadavg()[0],
            "redis": redis.split("v=")[1].split()[0],
            "ordermq": ours.split()[-1],
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "command": " ".join(sys.argv)}


class Log:
    """results.jsonl: one JSON object a line, as it comes."""

    def __init__(self, path):
        self.file = open(path, "w", encoding="utf-8")

    def put(self, row):
        self.file.write(json.dumps(row) + "\n")
        self.file.flush()


def run_all(rig, cases, rounds, log, results):
    """Round by round, and in a round one contender beside the other: what the
    machine does meanwhile strikes all of them. Every other round the other way
    about, so that none is always first."""
    for number in range(1, rounds + 1):
        for case in cases:
            order = case.contenders[::1 if number % 2 else -1]
            for contender in order:
                say(f"round {number} of {rounds}: {case.name}: {contender}")
                figures = case.run(rig, contender)
                results.add(case.name, contender, figures)
                log.put({"kind": "run", "case": case.name, "contender":
                         contender, "round": number, "checked": True,
                         "load": os.getloadavg()[0], **figures})


def say(text):
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{text}")
        sys.stderr.flush()


def finish(out, results, facts, log, small):
    """The tables, the goals and the plot. So few orders as in a smoke test say
    nothing about the goals."""
    say("\r")
    rows = [] if small else report.goals(results, GROWTH)
    for row in rows:
        log.put(row)
    head = (f"ordermq {facts['ordermq']}, Redis {facts['redis']}, "
            f"{facts['cores']} x {facts['cpu']}, load {facts['load']:.1f}\n"
            "median (from-to); bare: the same commands with nothing around "
            "them; lua1: XACK and HINCRBY alone\n\n")
    text = (head + report.table(results) + "\n" +
            report.calls_table(results, "saturation"))
    if rows:
        text += "\n" + report.goals_table(rows) + "\n"
    with open(os.path.join(out, "results.txt"), "w", encoding="utf-8") as file:
        file.write(text)
    with open(os.path.join(out, "results.svg"), "w", encoding="utf-8") as file:
        file.write(report.plot(results, facts))
    print(text)
    print(f"{out}: results.jsonl, results.txt, results.svg")


def chosen(options):
    """The cases and how many rounds of them."""
    if options.smoke:
        return [pipeline("saturation", 3000, Setup(users=200), ALL),
                latency("latency 1000/s", 1000, 0.2)], 1
    cases = everything(COUNT) if options.full else essence(COUNT)
    if options.case:
        cases = [case for case in everything(COUNT)
                 if any(word in case.name for word in options.case)]
    return cases, 7 if options.full else 3


def parse():
    parser = argparse.ArgumentParser(
        usage=__doc__.split("\n\n", 1)[1].split("usage: ")[1], add_help=False)
    parser.add_argument("--build", default=".")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--tamper", action="store_true")
    parser.add_argument("--case", action="append")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--out")
    return parser.parse_args()


def bench(options, rig):
    out = options.out or os.path.join(options.build, "bench-results")
    os.makedirs(out, exist_ok=True)
    log = Log(os.path.join(out, "results.jsonl"))
    facts, results = machine(rig), report.Results()
    log.put(facts)
    if options.tamper:
        runs.pipeline(rig, "ordermq", Setup(users=200), 1000, tamper=True)
        return
    cases, rounds = chosen(options)
    for case in cases:
        why = skipped(case)
        if why:
            print(f"skipped: {case.name}: {why}")
            log.put({"kind": "skipped", "case": case.name, "why": why})
    run_all(rig, [case for case in cases if not skipped(case)],
            options.rounds or rounds, log, results)
    finish(out, results, facts, log, options.smoke)


def stop(number, _):
    sys.exit(128 + number)


def main():
    options = parse()
    for number in SIGNALS:
        signal.signal(number, stop)
    if shutil.which("redis-server") is None:
        sys.exit("bench: no redis-server")
    rig = Rig(options.build)
    try:
        bench(options, rig)
    except BenchError as error:
        say("\r")
        sys.exit(f"bench: {error}")
    finally:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        rig.close()


if __name__ == "__main__":
    main()
