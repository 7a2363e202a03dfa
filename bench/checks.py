"""Are the sums of a run right? A run whose sums are wrong is no figure."""

import json

from contenders import Ordermq
from rig import STREAM, BenchError, key

SUM_LUA = """
local points, weighted = 0, 0
local rows = redis.call('HGETALL', KEYS[1])
for n = 1, #rows, 2 do
  points = points + rows[n + 1]
  weighted = weighted + rows[n] * rows[n + 1]
end
return {string.format('%.0f', points), string.format('%.0f', weighted)}
"""

def is_done(redis, setup, count):
    """Have all groups read and acknowledged so many entries more than were
    there before?"""
    rows = redis.groups()
    return all(name in rows and
               rows[name]["entries-read"] == setup.ghost + count and
               rows[name]["pending"] == setup.ghost for name in setup.groups)


class Sums:
    """What is, and what must be; says all that differs."""

    def __init__(self):
        self.wrong = []

    def same(self, what, found, expected):
        if int(found or 0) != int(expected):
            self.wrong.append(f"{what} {found}, expected {expected}")

    def at_least(self, what, found, expected):
        if found < expected:
            self.wrong.append(f"{what} {found}, expected at least {expected}")

    def judge(self):
        if self.wrong:
            raise BenchError("wrong sums: " + "; ".join(self.wrong))


def check_sums(rig, redis, it, setup, count, repeats=False):
    """Is each of the first count orders there once, with all its effects?
    repeats: may push have notified of some again?"""
    sums = Sums()
    total = setup.ghost + count
    sums.same("entries", redis.call("XLEN", STREAM), total)
    for name, group in redis.groups().items():
        sums.same(f"{name}: delivered", group["entries-read"], total)
        sums.same(f"{name}: pending", group["pending"], setup.ghost)
        if isinstance(it, Ordermq) or it.others == "settle":
            sums.same(f"{name}: applied", applied(redis, name, repeats), count)
    if "points" in setup.groups:
        check_points(rig, redis, it, setup, count, sums)
    if "push" in setup.groups:
        with open(it.log(), "rb") as log:
            lines = sum(block.count(b"\n") for block in
                        iter(lambda: log.read(1 << 20), b""))
        (sums.at_least if repeats else sums.same)("notifications", lines, count)
    sums.judge()


def applied(redis, group, repeats=False):
    """What the group's books say; with repeats also what was settled again."""
    books = ("applied", "duplicate") if repeats else ("applied",)
    return sum(int(redis.call("HGET", key(group, "books"), book) or 0)
               for book in books)


def check_points(rig, redis, it, setup, count, sums):
    want = json.loads(rig.bare("sums", "--count", count, "--first",
                               setup.ghost, "--users", setup.users))
    points, weighted = redis.call("EVAL", SUM_LUA, 1, key("points", "balance"))
    sums.same("points", points, want["points"])
    sums.same("points by account", weighted, want["weighted"])
    if isinstance(it, Ordermq) or it.points == "ledger":
        sums.same("ledger", redis.call("HLEN", key("points", "ledger")),
                  setup.ledger + count)
