"""Who does the job in a run: ordermq, or bare workers."""

import json
import os
import subprocess

from rig import STREAM, BenchError, wait_for


class Bare:
    """Workers without any guarantee: bench/bare work. effects: the settling
    of the group points, and that of the others."""

    effects = {"bare": ("ledger", "settle"), "lua1": ("xack-hincrby", "xack")}

    def __init__(self, rig, redis, setup, kind):
        self.rig, self.redis, self.setup = rig, redis, setup
        self.points, self.others = self.effects[kind]
        self.workers = []

    def log(self):
        return self.rig.path("push.jsonl")

    def start(self):
        for group in self.setup.groups:
            self.redis.ensure_group(group)
        for group in self.setup.groups:
            for slot in range(1, self.setup.instances + 1):
                self.workers.append(self.start_one(group, slot))
        names = len(self.workers)
        wait_for("bare workers", lambda: names <= sum(
            self.redis.call("HLEN", f"{{{STREAM}}}:{group}:owners")
            for group in self.setup.groups))

    def start_one(self, group, slot):
        args = [self.rig.program("bench/bare"), "work", "--redis",
                self.redis.address(), "--group", group, "--consumer",
                f"{group}-{slot}@bench", "--batch", str(self.setup.batch),
                "--effect", self.points if group == "points" else self.others]
        if group == "push":
            args += ["--log", self.log()]
        if self.setup.timed:
            args += ["--latency", self.rig.path(f"latency/{group}-{slot}")]
        with open(self.rig.path("log"), "ab") as log:
            return self.rig.spawn(args, stderr=log)

    def pids(self):
        for worker in self.workers:
            if worker.poll() is not None:
                raise BenchError("a bare worker ended: " +
                                 self.rig.log_tail())
        return [worker.pid for worker in self.workers]

    def supervisors(self):
        return []

    def publisher(self, count, batch):
        return [self.rig.program("bench/bare"), "publish", "--redis",
                self.redis.address(), "--count", str(count), "--batch",
                str(batch), "--overlap", "--users", str(self.setup.users)]

    def stop(self):
        for worker in self.workers:
            self.rig.end(worker)
        self.workers = []


class Ordermq:
    """ordermq as it is shipped: ordermqd and what it starts."""

    def __init__(self, rig, redis, setup):
        self.rig, self.redis, self.setup = rig, redis, setup
        self.daemon, self.keeper = None, []
        self.instances = []

    def log(self):
        return self.rig.path("push.jsonl")

    def programs(self):
        if "noop" in self.setup.groups:
            return self.rig.program("bench/noop")
        return self.rig.program("bench/timed" if self.setup.timed
                                else "bin")

    def configure(self):
        groups = []
        for name in self.setup.groups:
            more = (f' push = {{ file = "{self.log()}"; }};'
                    if name == "push" else "")
            groups.append(
                f'  {{ name = "{name}"; program = "{name}"; start = "0";'
                f' instances = {self.setup.instances};'
                f' batch = {self.setup.batch};{more} }}')
        with open(self.rig.path("ordermq.conf"), "w", encoding="utf-8") as f:
            f.write(f'redis = {{ url = "{self.redis.url()}"; }};\n'
                    'groups = (\n' + ",\n".join(groups) + "\n);\n"
                    f'supervisor = {{ control = "{self.rig.dir}/control.sock";'
                    f' programs = "{self.programs()}"; }};\n'
                    'log = { to = "stderr"; level = "warning"; };\n')

    def start(self):
        self.configure()
        env = dict(os.environ, BENCH_LATENCY_DIR=self.rig.path("latency"))
        with open(self.rig.path("log"), "ab") as log:
            self.daemon = self.rig.spawn(
                [self.rig.program("bin/ordermqd"), "-c",
                 self.rig.path("ordermq.conf"), "-X", "bench"],
                stdout=log, stderr=log, env=env)
        wait_for("ordermqd", self.is_ready)

    def ctl(self, *args):
        return [self.rig.program("bin/ordermqctl"), "-c",
                self.rig.path("ordermq.conf"), *args]

    def status(self):
        done = subprocess.run(self.ctl("status", "--json"), check=False,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              text=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def is_ready(self):
        if self.daemon.poll() is not None:
            raise BenchError("ordermqd ended: " + self.rig.log_tail())
        rows = self.status()
        self.instances = [row for row in rows if row["kind"] == "instance"]
        self.keeper = [row["pid"] for row in rows
                       if row["kind"] == "keeper" and row["pid"]]
        wanted = len(self.setup.groups) * self.setup.instances
        return wanted == sum(row["state"] == "ready"
                             for row in self.instances)

    def pids(self):
        return [row["pid"] for row in self.instances]

    def supervisors(self):
        return [self.daemon.pid, *self.keeper]

    def publisher(self, count, batch):
        return [self.rig.program("bin/ordermq-order"), "-c",
                self.rig.path("ordermq.conf"), "--quiet", "--batch",
                str(batch), "--csv", csv_file(self.rig, self.setup, count)]

    def publish(self, count):
        """A child that publishes at full speed."""
        args = self.publisher(count, 512)
        with open(self.rig.path("log"), "ab") as log:
            return self.rig.spawn(args, stdout=log, stderr=log)

    def stop(self):
        if self.daemon is not None and self.rig.end(self.daemon) != 0:
            raise BenchError("ordermqd did not end in order")
        self.daemon, self.keeper = None, []
        self.instances = []


def csv_file(rig, setup, count):
    """The orders as a file, made once."""
    path = rig.path(f"orders-{count}-{setup.users}.csv")
    if not os.path.exists(path):
        with open(path + ".new", "w", encoding="ascii") as out:
            subprocess.run([rig.program("bench/bare"), "csv", "--count",
                            str(count), "--users", str(setup.users)],
                           stdout=out, check=True)
        os.rename(path + ".new", path)
    return path
