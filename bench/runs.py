"""The runs that tell what an order costs: each sets up a server and a
contender, measures, checks every sum, and returns its figures."""

import contextlib
import dataclasses
import json
import os
import shutil
import signal
import time

from checks import applied, check_sums, is_done
from contenders import Bare, Ordermq, csv_file
from rig import STREAM, BenchError, Redis, cpu_usecs, key, memory_kib, wait_for


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


GHOST_LIFE_MSECS = 500000  # a lease that ends later is no true one
FILL_LUA = """
local value = '1000001\\t1234\\t12\\t1/100+0\\t1700000000000-0\\t1700000000000'
for n = ARGV[1], ARGV[2] do
  redis.call('HSET', KEYS[1], string.format('OLD%011d:paid', n), value)
end
"""


# What a run has left, but the ledger; of that the events that it has added.
CLEAR_LUA = """
redis.call('DEL', unpack(KEYS, 2))
for n = 0, ARGV[1] - 1 do
  redis.call('HDEL', KEYS[1], string.format('OR%011d:paid', n))
end
"""


def make(rig, redis, contender, setup):
    if contender == "ordermq":
        return Ordermq(rig, redis, setup)
    return Bare(rig, redis, setup, contender)


@contextlib.contextmanager
def stage(rig, contender, setup):
    """A server with a contender on it, both gone at the end."""
    shutil.rmtree(rig.path("latency"), ignore_errors=True)
    os.mkdir(rig.path("latency"))
    with contextlib.suppress(FileNotFoundError):
        os.unlink(rig.path("push.jsonl"))
    redis = Redis(rig, setup.aof, setup.tcp)
    it = make(rig, redis, contender, setup)
    try:
        make_ghost(rig, redis, setup)
        it.start()
        yield redis, it
        it.stop()
    finally:
        redis.erase()


def kept(rig, what, fill):
    """A server that takes long to fill: it is filled once, for all rounds."""
    if what not in rig.kept:
        rig.kept[what] = Redis(rig)
        fill(rig.kept[what])
    return rig.kept[what]


def clear(redis, group, events=0, keep_stream=False):
    """Take away what a run has left on a server that is kept."""
    if keep_stream:
        redis.call("XGROUP", "DESTROY", STREAM, group)
    left = [key(group, what) for what in
            ("balance", "owners", "tries", "books", "start", "done", "dead")]
    redis.call("EVAL", CLEAR_LUA, 1 + len(left) + (not keep_stream),
               key(group, "ledger"), *left,
               *([] if keep_stream else [STREAM]), events)


def fill_ledger(redis, count):
    for first in range(1, count + 1, 10000):
        redis.call("EVAL", FILL_LUA, 1, key("points", "ledger"), first,
                   min(count, first + 9999))


def make_ghost(rig, redis, setup):
    """Entries pending for a consumer of another host, alive for minutes yet."""
    if setup.ghost == 0:
        return
    expiry = int(1000 * time.time()) + GHOST_LIFE_MSECS
    publish_bare(rig, redis, setup, setup.ghost)
    for group in setup.groups:
        redis.ensure_group(group)
        redis.call("HSET", key(group, "owners"), f"{group}-1@elsewhere",
                   f"elsewhere 1 {expiry} elsewhere pid 1")
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
        wait_for("the orders", lambda: is_done(redis, setup, count), 120)
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
            wait_for("the backlog", lambda n=n: is_done(
                redis, setup, (n + 1) * count), 120, 0.002)
            total = [a + b for a, b in zip(total, meter.take())]
        check_sums(rig, redis, it, setup, rounds * count)
    return costs(total, rounds * count, len(setup.groups))


def drain_beside(rig, contender, setup, count):
    """drain() with a ledger that is large already."""
    redis = kept(rig, f"ledger of {setup.ledger}",
                 lambda redis: fill_ledger(redis, setup.ledger))
    it = make(rig, redis, contender, setup)
    it.start()
    signal_all(it.pids(), signal.SIGSTOP)
    publish_bare(rig, redis, setup, count)
    meter = Meter(redis, it)
    signal_all(it.pids(), signal.SIGCONT)
    wait_for("the backlog", lambda: is_done(redis, setup, count), 120, 0.002)
    taken = meter.take()
    check_sums(rig, redis, it, setup, count)
    it.stop()
    clear(redis, setup.groups[0], count)
    return costs(taken, count, len(setup.groups))


def deep(rig, contender, setup, backlog, part):
    """What a part of a backlog costs that is too deep to be worked off: from
    the first acknowledgement on."""
    redis = kept(rig, f"backlog of {backlog}",
                 lambda redis: publish_bare(rig, redis, setup, backlog))
    used = int(redis.info("memory")["used_memory"])
    it = make(rig, redis, contender, setup)
    group = setup.groups[0]
    it.start()
    wait_for("the first", lambda: applied(redis, group) > part / 10,
             pause=0.002)
    first, meter = applied(redis, group), Meter(redis, it)
    wait_for("the part", lambda: applied(redis, group) > first + part,
             120, 0.002)
    taken, last = meter.take(), applied(redis, group)
    signal_all(it.pids(), signal.SIGSTOP)
    time.sleep(0.05)
    row = redis.groups()[group]
    if row["entries-read"] - row["pending"] != applied(redis, group):
        raise BenchError("wrong sums: acknowledged is not applied")
    signal_all(it.pids(), signal.SIGCONT)
    it.stop()
    clear(redis, group, keep_stream=True)
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
        wait_for("the orders", lambda: is_done(redis, setup, count), 120)
        figures = costs(meter.take(), count, len(setup.groups))
        check_sums(rig, redis, it, setup, count)
    files = [rig.path("latency/" + name)
             for name in os.listdir(rig.path("latency"))]
    if not files:
        raise BenchError("nothing was timed: with -flto the linker puts "
                         "nothing around in_flight_settle()")
    seen = json.loads(rig.bare("latency", *files))
    if seen.pop("count") != count * len(setup.groups):
        raise BenchError("wrong sums: not every entry was timed")
    figures.update({name + "_us": usecs for name, usecs in seen.items()})
    return figures


def publishing(rig, contender, setup, count, window):
    """Nothing but publishing: ordermq-order from a CSV file, or XADD alone."""
    redis = Redis(rig, setup.aof, setup.tcp)
    it = make(rig, redis, contender, setup)
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


def requests_file(rig, setup, count):
    """The requests of a flash sale as JSON Lines, made once."""
    path = rig.path(f"requests-{count}-{setup.users}.jsonl")
    if not os.path.exists(path):
        text = rig.bare("requests", "--count", count, "--users", setup.users)
        with open(path + ".new", "w", encoding="ascii") as out:
            out.write(text)
        os.rename(path + ".new", path)
    return path


def sale(rig, contender, setup, count):
    """A flash sale, one item for 20 requests: ordermq-seckill serve from a file
    of requests, or its script alone in a loop. As many are on the way."""
    redis = Redis(rig, setup.aof, setup.tcp)
    seckill = [rig.program("bin/ordermq-seckill"), "--redis",
               redis.url(), "--stream", STREAM]
    stock = count // 20
    requests = requests_file(rig, setup, count)
    if contender == "ordermq":
        args = ["sh", "-c", 'in=$1 out=$2; shift 2; exec "$@" <"$in" >"$out"',
                "sh", requests, rig.path("answers"), *seckill, "serve"]
    else:
        args = [rig.program("bench/bare"), "sale", "--redis",
                redis.address(), "--count", str(count), "--users",
                str(setup.users), "--batch", "2048"]
    try:
        rig.run([*seckill, "load", "bench", str(stock), "--amount", "100"])
        server, begin = redis.cpu_usecs(), time.monotonic()
        producer_usecs = rig.cost_of(args)
        seconds = time.monotonic() - begin
        server = redis.cpu_usecs() - server
        check_sale(rig, redis, contender, count, stock)
    finally:
        redis.erase()
    return {"decided_per_s": count / seconds,
            "redis_us_per_order": server / count,
            "producer_us_per_order": producer_usecs / count}


def check_sale(rig, redis, contender, count, stock):
    if redis.call("XLEN", STREAM) != stock or \
            redis.call("HLEN", key("seckill", "bench:buyers")) != stock:
        raise BenchError("wrong sums: not what there was is sold")
    if contender != "ordermq":
        return
    with open(rig.path("answers"), encoding="ascii") as file:
        results = [json.loads(line)["result"] for line in file]
    if len(results) != count or results.count("accepted") != stock:
        raise BenchError("wrong sums: not what was sold is answered")
