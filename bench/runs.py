"""The runs: each sets up a server and a contender, measures, checks that every
sum is right, and returns its figures."""

import contextlib
import dataclasses
import json
import os
import shutil
import signal
import subprocess
import time

from rig import (STREAM, Bare, BenchError, Ordermq, Redis, cpu_usecs, csv_file,
                 ends, memory_kib, wait_for)


@dataclasses.dataclass(frozen=True)
class Setup:
    """What a run is about. ledger: events that are in the ledger before;
    ghost: entries pending for a consumer of another host."""

    groups: tuple = ("points", "push")
    instances: int = 2
    batch: int = 256
    users: int = 100000
    aof: str = "no"
    tcp: bool = False
    timed: bool = False
    ledger: int = 0
    ghost: int = 0


SUM_LUA = """
local points, weighted = 0, 0
local rows = redis.call('HGETALL', KEYS[1])
for n = 1, #rows, 2 do
  points = points + rows[n + 1]
  weighted = weighted + rows[n] * rows[n + 1]
end
return {string.format('%.0f', points), string.format('%.0f', weighted)}
"""

FILL_LUA = """
local value = '1000001\\t1234\\t12\\t1/100+0\\t1700000000000-0\\t1700000000000'
for n = ARGV[1], ARGV[2] do
  redis.call('HSET', KEYS[1], string.format('OLD%011d:paid', n), value)
end
"""


def key(group, what):
    return f"{{{STREAM}}}:{group}:{what}"


@contextlib.contextmanager
def stage(rig, contender, setup):
    """A server with a contender on it, both gone at the end."""
    shutil.rmtree(rig.path("latency"), ignore_errors=True)
    os.mkdir(rig.path("latency"))
    with contextlib.suppress(FileNotFoundError):
        os.unlink(rig.path("push.jsonl"))
    redis = Redis(rig, setup.aof, setup.tcp)
    if contender == "ordermq":
        it = Ordermq(rig, redis, setup)
    else:
        it = Bare(rig, redis, setup, contender)
    try:
        fill_ledger(redis, setup.ledger)
        make_ghost(rig, redis, setup)
        it.start()
        yield redis, it
        it.stop()
    finally:
        redis.erase()


def fill_ledger(redis, count):
    for first in range(1, count + 1, 10000):
        redis.call("EVAL", FILL_LUA, 1, key("points", "ledger"), first,
                   min(count, first + 9999))


def make_ghost(rig, redis, setup):
    """Entries pending for a consumer that is alive on another host."""
    if setup.ghost == 0:
        return
    publish_bare(rig, redis, setup, setup.ghost)
    for group in setup.groups:
        redis.ensure_group(group)
        redis.call("HSET", key(group, "owners"), f"{group}-1@elsewhere",
                   "elsewhere 1 9999999999999 elsewhere pid 1")
        for _ in range(0, setup.ghost, 10000):
            redis.call("EVAL", "redis.call('XREADGROUP', 'GROUP', ARGV[1], "
                       "ARGV[2], 'COUNT', 10000, 'STREAMS', KEYS[1], '>')", 1,
                       STREAM, group, f"{group}-1@elsewhere")


def publish_bare(rig, redis, setup, count, first=0):
    rig.bare("publish", "--redis", redis.address(), "--count", count,
             "--first", first, "--users", setup.users, "--batch", 1000)


class Meter:
    """What everything cost between start and now."""

    def __init__(self, redis, it):
        self.redis, self.it = redis, it
        self.begin = time.monotonic()
        self.costs = self.read()

    def read(self):
        return (self.redis.cpu_usecs(),
                sum(cpu_usecs(pid) for pid in self.it.pids()),
                sum(cpu_usecs(pid) for pid in self.it.supervisors()))

    def take(self):
        """Seconds, and the CPU microseconds of redis-server, the workers and
        the supervisor."""
        seconds = time.monotonic() - self.begin
        return (seconds, *(after - before for after, before in
                           zip(self.read(), self.costs)))


def check_sums(rig, redis, it, setup, count):
    """Is each order of a run there once, with all its effects?"""
    want = json.loads(rig.bare("sums", "--count", count, "--first",
                               setup.ghost, "--users", setup.users))
    wrong = []

    def same(what, is_now, expected):
        if int(is_now or 0) != int(expected):
            wrong.append(f"{what} {is_now}, expected {expected}")

    total = setup.ghost + count
    same("entries", redis.call("XLEN", STREAM), total)
    for name, group in redis.groups().items():
        same(f"{name}: delivered", group["entries-read"], total)
        same(f"{name}: pending", group["pending"], setup.ghost)
        if isinstance(it, Ordermq) or it.others == "settle":
            same(f"{name}: applied",
                 redis.call("HGET", key(name, "books"), "applied"), count)
    if "points" in setup.groups:
        points, weighted = redis.call("EVAL", SUM_LUA, 1,
                                      key("points", "balance"))
        same("points", points, want["points"])
        same("points by account", weighted, want["weighted"])
        if isinstance(it, Ordermq) or it.points == "ledger":
            same("ledger", redis.call("HLEN", key("points", "ledger")),
                 setup.ledger + count)
    if "push" in setup.groups:
        with open(it.log(), "rb") as log:
            lines = sum(block.count(b"\n") for block in
                        iter(lambda: log.read(1 << 20), b""))
        same("notifications", lines, count)
    if wrong:
        raise BenchError("wrong sums: " + "; ".join(wrong))


def traffic(redis, count):
    """Commands and bytes an order, as the server counted them."""
    calls = {}
    for name, line in redis.info("commandstats").items():
        if name.startswith("cmdstat_"):
            fields = dict(part.split("=") for part in line.split(","))
            calls[name[8:]] = int(fields["calls"]) / count
    stats = redis.info("stats")
    return {"calls_per_order": {name: round(number, 4) for name, number
                                in sorted(calls.items()) if number >= 0.001},
            "bytes_in_per_order":
                round(int(stats["total_net_input_bytes"]) / count, 1),
            "bytes_out_per_order":
                round(int(stats["total_net_output_bytes"]) / count, 1)}


def costs(taken, count, groups):
    seconds, server, workers, supervisor = taken
    return {"orders_per_s": count / seconds,
            "redis_us_per_order": server / count,
            "worker_us_per_delivery": workers / count / groups,
            "supervisor_us_per_order": supervisor / count,
            "total_us_per_order": (server + workers + supervisor) / count}


def pipeline(rig, contender, setup, count, window=512, tamper=False):
    """Publish count orders as fast as it goes while all groups work."""
    if contender == "ordermq":
        csv_file(rig, setup, count)
    with stage(rig, contender, setup) as (redis, it):
        args = it.publisher(count, window)
        redis.call("CONFIG", "RESETSTAT")
        meter = Meter(redis, it)
        producer_usecs = rig.cost_of(args)
        published = time.monotonic() - meter.begin
        wait_for("the orders", lambda: ends(redis.groups(), setup.groups,
                                            count), 120)
        figures = costs(meter.take(), count, len(setup.groups))
        figures.update(traffic(redis, count))
        memory = [memory_kib(pid) for pid in it.pids()]
        if tamper:
            redis.call("HINCRBY", key("points", "balance"), 1000000, 1)
        check_sums(rig, redis, it, setup, count)
    figures.update({
        "producer_us_per_order": producer_usecs / count,
        "published_per_s": count / published,
        "rss_kib": max(rss for rss, _ in memory),
        "private_kib": max(private for _, private in memory)})
    figures["total_us_per_order"] += figures["producer_us_per_order"]
    return figures


def signal_all(pids, how):
    for pid in pids:
        os.kill(pid, how)


def drain(rig, contender, setup, count, rounds=1):
    """Have the groups work off a backlog of count entries, several times;
    while it is laid the workers stand still."""
    with stage(rig, contender, setup) as (redis, it):
        total = [0.0] * 4
        for n in range(rounds):
            signal_all(it.pids(), signal.SIGSTOP)
            publish_bare(rig, redis, setup, count, setup.ghost + n * count)
            meter = Meter(redis, it)
            signal_all(it.pids(), signal.SIGCONT)
            wait_for("the backlog", lambda n=n: is_drained(
                redis, setup, setup.ghost + (n + 1) * count), 120, 0.002)
            total = [a + b for a, b in zip(total, meter.take())]
        check_sums(rig, redis, it, setup, rounds * count)
    return costs(total, rounds * count, len(setup.groups))


def is_drained(redis, setup, total):
    rows = redis.groups()
    return all(rows[name]["entries-read"] == total and
               rows[name]["pending"] == setup.ghost for name in setup.groups)


def deep(rig, contender, setup, backlog, part):
    """What a part of a backlog costs that is too deep to be worked off: from
    the first acknowledgement on."""
    redis = Redis(rig, setup.aof, setup.tcp)
    it = (Ordermq(rig, redis, setup) if contender == "ordermq"
          else Bare(rig, redis, setup, contender))
    group = setup.groups[0]

    def settled():
        return int(redis.call("HGET", key(group, "books"), "applied") or 0)

    try:
        publish_bare(rig, redis, setup, backlog)
        used = int(redis.info("memory")["used_memory"])
        it.start()
        wait_for("the first", lambda: settled() > part / 10, 60, 0.002)
        first, meter = settled(), Meter(redis, it)
        wait_for("the part", lambda: settled() > part, 120, 0.002)
        taken, last = meter.take(), settled()
        signal_all(it.pids(), signal.SIGSTOP)
        time.sleep(0.05)
        row = redis.groups()[group]
        if row["entries-read"] - row["pending"] != settled():
            raise BenchError("wrong sums: acknowledged is not applied")
        signal_all(it.pids(), signal.SIGCONT)
        it.stop()
    finally:
        redis.erase()
    figures = costs(taken, last - first, len(setup.groups))
    figures["bytes_per_entry"] = used / backlog
    return figures


def latency(rig, contender, setup, rate, seconds):
    """From the moment an order is due until its acknowledgement is answered,
    at a rate; 0: at saturation."""
    setup = dataclasses.replace(setup, timed=True)
    count = int((rate or 100000) * seconds)
    with stage(rig, contender, setup) as (redis, it):
        meter = Meter(redis, it)
        rig.bare("publish", "--redis", redis.address(), "--count", count,
                 "--users", setup.users, "--batch", 512,
                 *(["--rate", rate] if rate else ["--overlap"]))
        wait_for("the orders", lambda: ends(redis.groups(), setup.groups,
                                            count), 120)
        figures = costs(meter.take(), count, len(setup.groups))
        check_sums(rig, redis, it, setup, count)
    files = [rig.path("latency/" + name)
             for name in os.listdir(rig.path("latency"))]
    seen = json.loads(rig.bare("latency", *files))
    if seen.pop("count") != count * len(setup.groups):
        raise BenchError("wrong sums: not every entry was timed")
    figures.update({name + "_us": usecs for name, usecs in seen.items()})
    return figures


def publishing(rig, contender, setup, count, window):
    """Nothing but publishing: ordermq-order from a CSV file, or XADD alone."""
    redis = Redis(rig, setup.aof, setup.tcp)
    it = (Ordermq(rig, redis, setup) if contender == "ordermq"
          else Bare(rig, redis, setup, contender))
    if contender == "ordermq":
        it.configure()
        args = it.publisher(count, window)
    else:
        args = [arg for arg in it.publisher(count, window)
                if arg != "--overlap"]
    try:
        server, begin = redis.cpu_usecs(), time.monotonic()
        producer_usecs = rig.cost_of(args)
        seconds = time.monotonic() - begin
        server = redis.cpu_usecs() - server
        if redis.call("XLEN", STREAM) != count:
            raise BenchError("wrong sums: not every order is in the stream")
    finally:
        redis.erase()
    return {"published_per_s": count / seconds,
            "redis_us_per_order": server / count,
            "producer_us_per_order": producer_usecs / count}


def kill_instance(rig, setup, count):
    """kill -9 of an instance of points at saturation: the longest pause of the
    group's acknowledgements after it, and the time until what the instance held
    is done."""
    with stage(rig, "ordermq", setup) as (redis, it):
        def applied():
            return int(redis.call("HGET", key("points", "books"), "applied")
                       or 0)

        producer = it.publish(count)
        wait_for("orders", lambda: applied() > count / 10, pause=0.002)
        victim = [row for row in it.instances if row["group"] == "points"][0]
        os.kill(victim["pid"], signal.SIGKILL)
        killed = time.monotonic()
        name = f"{victim['name']}@bench"
        held = [row[0] for row in redis.call(
            "XPENDING", STREAM, "points", "-", "+", 1024, name)]
        last, moved, pause, done = applied(), killed, 0, None
        while done is None or time.monotonic() - killed < 1:
            now, seen = time.monotonic(), applied()
            if seen != last:
                pause, moved, last = max(pause, now - moved), now, seen
            if done is None and not is_held(redis, held):
                done = now - killed
            if seen >= count:
                break
            if now - killed > 30:
                raise BenchError("what the killed instance held is not done")
            time.sleep(0.002)
        if rig.end(producer) not in (0, 128 + signal.SIGTERM):
            raise BenchError(f"ordermq-order: status {producer.returncode}")
        wait_for("the rest", lambda: is_idle(redis, setup.groups), 120)
        check_all_settled(redis, setup)
    return {"held": len(held), "ack_pause_ms": 1000 * pause,
            "held_done_ms": 1000 * (done or 0)}


def is_held(redis, ids):
    """Is one of these entries pending still?"""
    if not ids:
        return False
    rows = redis.call("XPENDING", STREAM, "points", ids[0], ids[-1], 4096)
    return not set(ids).isdisjoint(row[0] for row in rows)


def is_idle(redis, groups):
    return ends(redis.groups(), groups, redis.call("XLEN", STREAM))


def check_all_settled(redis, setup):
    """For a run whose number of orders is not known before."""
    total = redis.call("XLEN", STREAM)
    for name in setup.groups:
        applied = int(redis.call("HGET", key(name, "books"), "applied") or 0)
        again = int(redis.call("HGET", key(name, "books"), "duplicate") or 0)
        if applied + again != total:
            raise BenchError(f"wrong sums: {name}: applied {applied} and "
                             f"duplicate {again} of {total}")
    if redis.call("HLEN", key("points", "ledger")) != total:
        raise BenchError("wrong sums: the ledger does not hold every order")


def restart_redis(rig, setup, count):
    """Redis stops and starts again under a backlog: from its first answer to
    the first acknowledgement."""
    setup = dataclasses.replace(setup, aof="everysec")
    with stage(rig, "ordermq", setup) as (redis, it):
        def applied():
            return int(redis.call("HGET", key("points", "books"), "applied")
                       or 0)

        signal_all(it.pids(), signal.SIGSTOP)
        publish_bare(rig, redis, setup, count)
        signal_all(it.pids(), signal.SIGCONT)
        wait_for("orders", lambda: applied() > 0, pause=0.002)
        redis.stop()
        stopped = time.monotonic()
        redis.start()
        back = time.monotonic()
        before = applied()
        if before >= count:
            raise BenchError("the backlog was done before the restart")
        wait_for("an acknowledgement", lambda: applied() > before, 60, 0.002)
        first = time.monotonic()
        wait_for("the rest", lambda: is_idle(redis, setup.groups), 120)
        check_all_settled(redis, setup)
    return {"redis_away_ms": 1000 * (back - stopped),
            "first_ack_ms": 1000 * (first - back)}


def upkeep(rig, setup, count, seconds):
    """What heartbeats, boards and status cost: an idle set's CPU, and at full
    load that of ordermqd and of a status every second, in percent of a core."""
    with redis_alone(rig) as redis:
        server = redis.cpu_usecs()
        time.sleep(seconds)
        server = redis.cpu_usecs() - server
    with stage(rig, "ordermq", setup) as (redis, it):
        meter = Meter(redis, it)
        time.sleep(seconds)
        idle_seconds, idle_server, idle_workers, _ = meter.take()
        heart = idle_server - server + idle_workers
        meter, asked = Meter(redis, it), 0.0
        producer = it.publish(count)
        while producer.poll() is None:
            asked += rig.cost_of(it.ctl("status", "--json"))
            with contextlib.suppress(subprocess.TimeoutExpired):
                producer.wait(1)
        load_seconds, _, _, supervisor = meter.take()
        if rig.end(producer) != 0:
            raise BenchError(f"ordermq-order: status {producer.returncode}")
        wait_for("the orders", lambda: ends(redis.groups(), setup.groups,
                                            count), 120)
        check_sums(rig, redis, it, setup, count)
    percents = {"heartbeat_percent": heart / idle_seconds / 1e4,
                "supervisor_percent": supervisor / load_seconds / 1e4,
                "status_percent": asked / load_seconds / 1e4}
    percents["upkeep_percent"] = sum(percents.values())
    return percents


@contextlib.contextmanager
def redis_alone(rig):
    redis = Redis(rig)
    try:
        yield redis
    finally:
        redis.erase()
