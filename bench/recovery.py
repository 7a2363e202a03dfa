"""The runs that tell how long trouble lasts, and what keeping watch costs."""

import contextlib
import dataclasses
import os
import signal
import subprocess
import time

from checks import applied, check_sums, is_done
from rig import STREAM, BenchError, Redis, wait_for
from runs import Meter, publish_bare, signal_all, stage


def kill_instance(rig, setup, count):
    """kill -9 of an instance of points at saturation: the longest pause of the
    group's acknowledgements after it, and the time until what the instance held
    is done."""
    with stage(rig, "ordermq", setup) as (redis, it):
        producer = it.publish(count)
        wait_for("orders", lambda: applied(redis, "points") > count / 10,
                 pause=0.002)
        victim = [row for row in it.instances if row["group"] == "points"][0]
        os.kill(victim["pid"], signal.SIGKILL)
        killed = time.monotonic()
        name = f"{victim['name']}@bench"
        held = [row[0] for row in redis.call(
            "XPENDING", STREAM, "points", "-", "+", 1024, name)]
        pause, done = watch(redis, held, killed, count)
        if rig.end(producer) not in (0, 128 + signal.SIGTERM):
            raise BenchError(f"ordermq-order: status {producer.returncode}")
        total = redis.call("XLEN", STREAM)
        wait_for("the rest", lambda: is_done(redis, setup, total), 120)
        check_sums(rig, redis, it, setup, total)
    return {"held": len(held), "ack_pause_ms": 1000 * pause,
            "held_done_ms": 1000 * done}


def watch(redis, held, killed, count):
    """For a second, and until nothing of held is pending: the longest pause of
    the acknowledgements, and when that was."""
    last, moved, pause, done = applied(redis, "points"), killed, 0, None
    now = killed
    while done is None or now - killed < 1:
        now, seen = time.monotonic(), applied(redis, "points")
        if done is None and not is_held(redis, held):
            done = now - killed
        if seen >= count:
            break
        pause = max(pause, now - moved)
        if seen != last:
            moved, last = now, seen
        if now - killed > 30:
            raise BenchError("what the killed instance held is not done")
        time.sleep(0.002)
    if done is None:
        raise BenchError("all is acknowledged but what the killed one held")
    return pause, done


def is_held(redis, ids):
    """Is one of these entries pending still?"""
    if not ids:
        return False
    rows = redis.call("XPENDING", STREAM, "points", ids[0], ids[-1], 4096)
    return not set(ids).isdisjoint(row[0] for row in rows)


def restart_redis(rig, setup, count):
    """Redis stops and starts again under a backlog: from its first answer to
    the first acknowledgement."""
    setup = dataclasses.replace(setup, aof="everysec")
    with stage(rig, "ordermq", setup) as (redis, it):
        signal_all(it.pids(), signal.SIGSTOP)
        publish_bare(rig, redis, setup, count)
        signal_all(it.pids(), signal.SIGCONT)
        wait_for("orders", lambda: applied(redis, "points") > 0, pause=0.002)
        redis.stop()
        stopped = time.monotonic()
        redis.start()
        back = time.monotonic()
        before = applied(redis, "points")
        if before >= count:
            raise BenchError("the backlog was done before the restart")
        wait_for("an acknowledgement",
                 lambda: applied(redis, "points") > before, 60, 0.002)
        first = time.monotonic()
        wait_for("the rest", lambda: is_done(redis, setup, count), 120)
        check_sums(rig, redis, it, setup, count, repeats=True)
    return {"redis_away_ms": 1000 * (back - stopped),
            "first_ack_ms": 1000 * (first - back)}


def upkeep(rig, setup, count, seconds):
    """What heartbeats, boards, keeper and status cost: an idle set's CPU and its
    server's, and at full load that of ordermqd with the keeper and of a status
    every second, in percent of a core."""
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
        wait_for("the orders", lambda: is_done(redis, setup, count), 120)
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
