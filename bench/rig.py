"""What a run of the benchmark stands on: a temporary directory, a private
redis-server in it, and how the cost of a process is taken. Everything ends with
the directory."""

import contextlib
import itertools
import glob
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


def key(group, what):
    """The name of a key of a group: ordermq(7)."""
    return f"{{{STREAM}}}:{group}:{what}"


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
        self.kept = {}  # servers that took long to fill, by what is in them

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

    numbers = itertools.count()

    def __init__(self, rig, aof="no", tcp=False):
        self.rig, self.aof, self.tcp = rig, aof, tcp
        self.socket = rig.path(f"redis-{next(self.numbers)}.sock")
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
