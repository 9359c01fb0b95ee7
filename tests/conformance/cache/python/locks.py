"""Locks with scripts: redis-py's own."""

import threading
import time

from bed import check, equal, eventually, later, refused, together
from redis.exceptions import LockError, LockNotOwnedError


NOT_HELD = "Cannot release a lock that's not owned or is already unlocked."


def lock(bed):
    """One holder at a time; what the holder counts is right."""
    r = bed.client()
    inside = []

    def count(_):
        mine = bed.client()
        for _ in range(10):
            with mine.lock("lock", timeout=30, sleep=0.005, blocking_timeout=60):
                inside.append(1)
                check_alone = len(inside)
                now = int(mine.get("n") or 0)
                time.sleep(0.001)
                mine.set("n", now + 1)
                inside.pop()
                if check_alone != 1:
                    raise AssertionError("two holders")

    together(6, count)
    equal("6 holders, 10 times each, one at a time", "60", r.get("n"))
    equal("nobody holds it", 0, r.exists("lock"))


def lock_ends(bed):
    """A lock's time, its owner, and who waits."""
    first, second = (bed.client().lock("lock", timeout=it, sleep=0.01) for it in (2, 100))
    check("acquire", first.acquire())
    check("another does not get it", not second.acquire(blocking=False))
    check("it is locked", second.locked() and not second.owned() and first.owned())
    check("another gets it when its time is over", second.acquire(blocking_timeout=20))
    refused(
        "a release by who lost it",
        LockNotOwnedError,
        "Cannot release a lock that's no longer owned",
        first.release,
    )
    check("extend", second.extend(100, replace_ttl=True))
    check("its time", bed.client().pttl("lock") > 90_000)
    check("reacquire", second.reacquire())
    second.release()
    refused("a second release", LockError, NOT_HELD, second.release)
    third = bed.client().lock("lock", timeout=50, thread_local=False)
    third.acquire()
    waker = later(0.1, third.release)
    check("who waits gets it", first.acquire(blocking_timeout=20))
    waker.join()


def lock_killed(bed):
    """A lock that is held is still held after `kill -9` of the server."""
    held = bed.client().lock("lock", timeout=600)
    check("acquire", held.acquire())
    bed.kill()
    bed.start()
    other = bed.client().lock("lock", timeout=600)
    eventually("it is held", lambda: tries(other))
    check("by its holder", held.owned())
    held.release()
    check("then by another", other.acquire(blocking_timeout=20))


def tries(other):
    """Whether the other is answered, with no."""
    return other.acquire(blocking=False) is False


# How many may pass in a window, and the window.
LIMIT, WINDOW_MS = 20, 60_000
BUCKET = """
local window = tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then return 0 end
redis.call('ZADD', KEYS[1], now, ARGV[3])
redis.call('PEXPIRE', KEYS[1], window)
return 1
"""


def sliding_window(bed):
    """A rate limit as applications write it: a sorted set in a script."""
    passed, guard = [], threading.Lock()

    def run(index):
        r = bed.client()
        limit = r.register_script(BUCKET)
        for number in range(10):
            if limit(keys=["limit"], args=[LIMIT, WINDOW_MS, f"{index}:{number}"]):
                with guard:
                    passed.append((index, number))

    together(8, run)
    equal("80 at once, 20 pass", LIMIT, len(passed))
    equal("they are those in the window", LIMIT, bed.client().zcard("limit"))


TESTS = {
    "redis-py/lock": lock,
    "redis-py/lock-ends": lock_ends,
    "redis-py/lock-killed": lock_killed,
    "redis-py/sliding-window": sliding_window,
}
