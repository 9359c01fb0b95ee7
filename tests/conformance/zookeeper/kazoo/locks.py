"""Lock, ReadLock, WriteLock, Semaphore."""

from kazoo.exceptions import LockTimeout
from kazoo.recipe.lock import Semaphore

from bed import PATIENCE_S, check, equal, eventually, refused, together

# What is tried while another holds it: long enough for the attempt to reach the members, which decide.
ATTEMPT_S = 0.2


def lock(bed):
    """One holder; the others wait in order."""
    one, two, path = bed.client(), bed.client(), bed.path()
    mine, other = one.Lock(path, "ann"), two.Lock(path, "ben")
    check("acquired", mine.acquire(timeout=PATIENCE_S))
    check("not by another", not other.acquire(blocking=False))
    refused("within a time", LockTimeout, lambda: other.acquire(timeout=ATTEMPT_S))
    equal("who takes part", ["ann"], mine.contenders())
    mine.release()
    with other:
        check("held by the other", other.is_acquired)
    contend(bed, path + "-contended")


def contend(bed, path):
    counter = [0]
    inside = []
    most = []

    def work(_index):
        zk = bed.client()
        own = zk.Lock(path)
        for _turn in range(10):
            with own:
                inside.append(1)
                most.append(len(inside))
                counter[0] += 1
                inside.pop()

    together(4, work)
    equal("inside at once, of four", 1, max(most))
    equal("turns", 40, counter[0])


def lock_cancelled(bed):
    """Waiting is given up; nothing is left behind."""
    one, two, path = bed.client(), bed.client(), bed.path()
    mine, other = one.Lock(path, "ann"), two.Lock(path, "ben")
    mine.acquire(timeout=PATIENCE_S)
    refused("waiting for a time", LockTimeout, lambda: other.acquire(timeout=ATTEMPT_S))
    eventually("one contender is left", lambda: mine.contenders() == ["ann"])
    mine.release()


def read_write(bed):
    """Many readers or one writer."""
    one, two, path = bed.client(), bed.client(), bed.path()
    reading, also = one.ReadLock(path, "ann"), two.ReadLock(path, "ben")
    writing = two.WriteLock(path, "eve")
    check("one reads", reading.acquire(timeout=PATIENCE_S))
    check("two read", also.acquire(timeout=PATIENCE_S))
    check("nobody writes meanwhile", not writing.acquire(blocking=False))
    reading.release()
    also.release()
    check("after all readers a writer", writing.acquire(timeout=PATIENCE_S))
    return one, reading, writing


def read_lock(bed):
    """Readers among themselves, and against a writer."""
    _one, reading, writing = read_write(bed)
    check("nobody reads meanwhile", not reading.acquire(blocking=False))
    writing.release()
    check("after it they do", reading.acquire(timeout=PATIENCE_S))
    reading.release()


def write_lock(bed):
    """One writer at a time."""
    one, _reading, writing = read_write(bed)
    second = one.WriteLock(bed.path(), "ann")
    check("no second writer", not second.acquire(blocking=False))
    writing.release()
    check("after it the second", second.acquire(timeout=PATIENCE_S))
    second.release()


def semaphore(bed):
    """So many leases and no more; all must agree how many."""
    one, two, path = bed.client(), bed.client(), bed.path()
    first = one.Semaphore(path, "ann", max_leases=2)
    second = two.Semaphore(path, "ben", max_leases=2)
    third = two.Semaphore(path, "eve", max_leases=2)
    check("one", first.acquire(timeout=PATIENCE_S))
    check("two", second.acquire(timeout=PATIENCE_S))
    check("no third", not third.acquire(blocking=False))
    equal("who holds", ["ann", "ben"], sorted(first.lease_holders()))
    first.release()
    check("after a release", third.acquire(timeout=PATIENCE_S))
    refused("another number", ValueError, lambda: Semaphore(one, path, max_leases=3).acquire(timeout=PATIENCE_S))
    second.release()
    third.release()


TESTS = {
    "Lock": lock,
    "Lock-cancelled": lock_cancelled,
    "ReadLock": read_lock,
    "WriteLock": write_lock,
    "Semaphore": semaphore,
}
