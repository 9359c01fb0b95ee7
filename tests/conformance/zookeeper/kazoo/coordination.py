"""Barriers, counters, elections and leases."""

import datetime
import threading

from bed import PATIENCE_S, check, equal, eventually, together

ATTEMPT_S = 0.2


def barrier(bed):
    """All wait until it is removed."""
    one, two, path = bed.client(), bed.client(), bed.path()
    mine, other = one.Barrier(path), two.Barrier(path)
    mine.create()
    two.sync(path)
    check("closed", not other.wait(ATTEMPT_S))
    passed = []
    thread = threading.Thread(target=lambda: passed.append(other.wait(PATIENCE_S)), daemon=True)
    thread.start()
    check("removed", mine.remove())
    thread.join(PATIENCE_S)
    equal("passed", [True], passed)
    check("there is none any more", not mine.remove())


def double_barrier(bed):
    """All enter together and leave together."""
    path, count = bed.path(), 3
    before, leaving = [], []
    # A party that is slow to look would wait for ever for one that entered and left meanwhile: kazoo does not see it.
    entered = threading.Barrier(count, timeout=PATIENCE_S)

    def work(index):
        zk = bed.client()
        own = zk.DoubleBarrier(path, count, identifier=f"party {index}")
        before.append(index)
        own.enter()
        seen = len(before)
        entered.wait()
        leaving.append(index)
        own.leave()
        return seen, len(leaving)

    equal("entered after all had come, left when all left", [(count, count)] * count, together(count, work))


def counter(bed):
    """Nothing is lost of what several add."""
    path = bed.path()

    def work(_index):
        own = bed.client().Counter(path)
        for _turn in range(10):
            own += 1
            own -= 3
            own += 4

    together(3, work)
    zk = bed.client()
    zk.sync(path)
    equal("the sum", 60, zk.Counter(path).value)
    parts = zk.Counter(path + "-float", default=1.5)
    parts += 1.0
    equal("with parts", 2.5, parts.value)
    equal("before and after", (1.5, 2.5), (parts.pre_value, parts.post_value))
    curator = zk.Counter(path + "-curator", support_curator=True)
    curator += 7
    equal("in Curator's way of writing", (7, b"\0\0\0\7"), (curator.value, zk.get(path + "-curator")[0]))


def election(bed):
    """One leads at a time; contenders are known; a candidacy can be given up."""
    path = bed.path()
    leading, most, led = [], [], []

    def work(index):
        zk = bed.client()
        own = zk.Election(path, f"candidate {index}")

        def lead():
            leading.append(index)
            most.append(len(leading))
            led.append(index)
            leading.pop()

        own.run(lead)

    together(3, work)
    equal("each led once", [0, 1, 2], sorted(led))
    equal("one at a time", 1, max(most))
    given_up(bed, path)


def given_up(bed, path):
    one, two = bed.client(), bed.client()
    leader, other = one.Election(path, "leader"), two.Election(path, "other")
    go = threading.Event()
    threads = [
        threading.Thread(target=leader.run, args=(go.wait, PATIENCE_S), daemon=True),
        threading.Thread(target=other.run, args=(lambda: None,), daemon=True),
    ]
    threads[0].start()
    eventually("the leader", lambda: leader.contenders() == ["leader"])
    threads[1].start()
    eventually("both in order", lambda: leader.contenders() == ["leader", "other"])
    other.cancel()
    threads[1].join(PATIENCE_S)
    check("a candidacy is given up", not threads[1].is_alive())
    go.set()
    threads[0].join(PATIENCE_S)
    check("the leader is done", not threads[0].is_alive())


def lease(bed):
    """For a time; renewed by its holder; taken by another when it ran out."""
    one, two, path = bed.client(), bed.client(), bed.path()
    long, now = datetime.timedelta(seconds=60), datetime.datetime(2030, 1, 1)
    check("obtained", one.NonBlockingLease(path, long, identifier="ann", utcnow=lambda: now))
    two.sync(path)
    check("not by another", not two.NonBlockingLease(path, long, identifier="ben", utcnow=lambda: now))
    check("renewed", one.NonBlockingLease(path, long, identifier="ann", utcnow=lambda: now))
    later = now + 2 * long
    check("by another when it ran out", two.NonBlockingLease(path, long, identifier="ben", utcnow=lambda: later))


def multi_lease(bed):
    """Several at once, not more."""
    zk, path = bed.client(), bed.path()
    long, now = datetime.timedelta(seconds=60), datetime.datetime(2030, 1, 1)
    obtained = [
        bool(zk.MultiNonBlockingLease(2, path, long, identifier=name, utcnow=lambda: now))
        for name in ("ann", "ben", "eve")
    ]
    equal("two of three", [True, True, False], obtained)


TESTS = {
    "Barrier": barrier,
    "DoubleBarrier": double_barrier,
    "Counter": counter,
    "Election": election,
    "NonBlockingLease": lease,
    "MultiNonBlockingLease": multi_lease,
}
