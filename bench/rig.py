"""What a run of the benchmark is made of: a private redis-server, ordermq or
bare workers on it, and how their cost is taken. Everything lives in one
temporary directory and ends with it."""

import contextlib
import glob
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

STREAM = "ordermq"


class BenchError(Exception):
    """A run that failed, or whose sums are wrong."""


def wait_for(what, question, seconds=60, pause=0.01):
    """Ask until the answer is true, and return it."""
    end = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > end:
            raise BenchError(f"{what}: not within {seconds} s")
        time.sleep(pause)


def cpu_usecs(pid):
    """CPU time of all threads of a process, in microseconds."""
    total = 0
    for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            with open(path, encoding="ascii") as file:
                total += int(file.read().split()[0])
    return total / 1000


def memory_kib(pid):
    """Resident memory of a process, and what of it is its own."""
    rss = private = 0
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        for line in file:
            name, _, rest = line.partition(":")
            if name == "Rss":
                rss = int(rest.split()[0])
            elif name.startswith("Private_"):
                private += int(rest.split()[0])
    return rss, private


class Rig:
    """The temporary directory, where the programs are, and every process that
    was started: close() ends them all."""

    def __init__(self, build):
        self.build = os.path.abspath(build)
        self.dir = tempfile.mkdtemp(prefix="ordermq-bench-")
        self.children = []

    def path(self, name):
        return os.path.join(self.dir, name)

    def program(self, name):
        return os.path.join(self.build, name)

    def spawn(self, args, **more):
        """A child that dies with us at the latest in close()."""
        child = subprocess.Popen(args, stdin=subprocess.DEVNULL, **more)
        self.children.append(child)
        return child

    def run(self, args):
        """The output of a program that must succeed."""
        done = subprocess.run(args, stdin=subprocess.DEVNULL, check=False,
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise BenchError(f"{args[0]}: status {done.returncode}: "
                             f"{done.stderr.strip()}")
        return done.stdout

    def cost_of(self, args):
        """The CPU microseconds of a program that must succeed."""
        with open(self.path("log"), "ab") as log:
            child = self.spawn(args, stdout=log, stderr=log)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if self.end(child) != 0:
            raise BenchError(f"{args[0]}: status {child.returncode}: "
                             f"{self.log_tail()}")
        return 1e6 * (usage.ru_utime + usage.ru_stime)

    def log_tail(self, name="log"):
        with open(self.path(name), encoding="utf-8", errors="replace") as log:
            return log.read()[-500:]

    def bare(self, verb, *args):
        return self.run([self.program("bench/bare"), verb,
                         *(str(arg) for arg in args)])

    def end(self, child, how=signal.SIGTERM, seconds=30):
        """End a child and take its status."""
        if child.poll() is None:
            child.send_signal(signal.SIGCONT)
            child.send_signal(how)
            try:
                child.wait(seconds)
            except subprocess.TimeoutExpired as late:
                child.kill()
                child.wait()
                raise BenchError(f"{child.args[0]} did not end") from late
        if child in self.children:
            self.children.remove(child)
        return child.returncode

    def close(self):
        for child in reversed(self.children):
            if child.poll() is None:
                child.kill()
                child.wait()
        self.children = []
        shutil.rmtree(self.dir, ignore_errors=True)


class Redis:
    """A redis-server of our own, and one connection to it."""

    def __init__(self, rig, aof="no", tcp=False):
        self.rig, self.aof, self.tcp = rig, aof, tcp
        self.socket = rig.path("redis.sock")
        self.port = self.free_port() if tcp else 0
        self.child = self.link = None
        self.start()

    @staticmethod
    def free_port():
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    def start(self):
        args = ["redis-server", "--bind", "127.0.0.1", "--port",
                str(self.port), "--unixsocket", self.socket,
                "--dir", self.rig.dir, "--save", ""]
        if self.aof == "no":
            args += ["--appendonly", "no"]
        else:
            args += ["--appendonly", "yes", "--appendfsync", self.aof]
        with open(self.rig.path("redis.log"), "ab") as log:
            self.child = self.rig.spawn(args, stdout=log, stderr=log)
        wait_for("redis-server", self.answers, pause=0.002)

    def answers(self):
        if self.child.poll() is not None:
            raise BenchError("redis-server ended: " +
                             self.rig.log_tail("redis.log"))
        try:
            if self.link is None:
                link = socket.socket(socket.AF_UNIX)
                link.settimeout(60)
                try:
                    link.connect(self.socket)
                except OSError:
                    link.close()
                    raise
                self.link = link.makefile("rwb")
                link.close()
            return self.call("PING") == "PONG"
        except (OSError, BenchError):
            self.hang_up()
            return False

    def hang_up(self):
        if self.link is not None:
            with contextlib.suppress(OSError):
                self.link.close()
        self.link = None

    def stop(self, how=signal.SIGTERM):
        self.hang_up()
        self.rig.end(self.child, how)

    def erase(self):
        """Stop, and leave nothing of the data."""
        self.stop(signal.SIGKILL)
        shutil.rmtree(self.rig.path("appendonlydir"), ignore_errors=True)

    def address(self):
        """For bench/bare."""
        return f"127.0.0.1:{self.port}" if self.tcp else self.socket

    def url(self):
        """For ordermq."""
        return (f"redis://127.0.0.1:{self.port}" if self.tcp
                else f"unix://{self.socket}")

    def call(self, *words):
        parts = [b"*%d\r\n" % len(words)]
        for word in words:
            data = word if isinstance(word, bytes) else str(word).encode()
            parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
        self.link.write(b"".join(parts))
        self.link.flush()
        return self.reply()

    def reply(self):
        line = self.link.readline()
        if not line.endswith(b"\r\n"):
            raise BenchError("redis: connection closed")
        kind, rest = line[:1], line[1:-2].decode()
        if kind == b"-":
            raise BenchError("redis: " + rest)
        if kind == b":":
            return int(rest)
        if kind == b"$":
            if rest == "-1":
                return None
            return self.link.read(int(rest) + 2)[:-2].decode()
        if kind == b"*":
            return [self.reply() for _ in range(max(0, int(rest)))]
        return rest

    def info(self, section):
        lines = self.call("INFO", section).splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def cpu_usecs(self):
        """Of the server with all its threads, as it counts itself."""
        info = self.info("cpu")
        return 1e6 * (float(info["used_cpu_sys"]) +
                      float(info["used_cpu_user"]))

    def ensure_group(self, name):
        """A group from the first entry on, if it is not there yet."""
        try:
            self.call("XGROUP", "CREATE", STREAM, name, "0", "MKSTREAM")
        except BenchError as error:
            if "BUSYGROUP" not in str(error):
                raise

    def groups(self):
        """What XINFO GROUPS says, by the group's name."""
        rows = [dict(zip(row[::2], row[1::2]))
                for row in self.call("XINFO", "GROUPS", STREAM)]
        return {row["name"]: row for row in rows}


def ends(rows, groups, count):
    """Have all groups read and acknowledged so many entries?"""
    return all(name in rows and rows[name]["entries-read"] == count and
               rows[name]["pending"] == 0 for name in groups)


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
        self.daemon = None
        self.instances = []

    def log(self):
        return self.rig.path("push.jsonl")

    def programs(self):
        if "noop" in self.setup.groups:
            return self.rig.program("bench/noop")
        return self.rig.program("bench/timed" if self.setup.timed
                                else "consumers")

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
                [self.rig.program("supervisor/ordermqd"), "-c",
                 self.rig.path("ordermq.conf"), "-X", "bench"],
                stdout=log, stderr=log, env=env)
        wait_for("ordermqd", self.is_ready)

    def ctl(self, *args):
        return [self.rig.program("supervisor/ordermqctl"), "-c",
                self.rig.path("ordermq.conf"), *args]

    def status(self):
        done = subprocess.run(self.ctl("status", "--json"), check=False,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              text=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def is_ready(self):
        if self.daemon.poll() is not None:
            raise BenchError("ordermqd ended: " + self.rig.log_tail())
        self.instances = [row for row in self.status()
                          if row["kind"] == "instance"]
        wanted = len(self.setup.groups) * self.setup.instances
        return wanted == sum(row["state"] == "ready"
                             for row in self.instances)

    def pids(self):
        return [row["pid"] for row in self.instances]

    def supervisors(self):
        return [self.daemon.pid]

    def publisher(self, count, batch):
        return [self.rig.program("producers/ordermq-order"), "-c",
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
        self.daemon = None
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
