"""Queue and LockingQueue."""

from bed import PATIENCE_S, check, equal, refused, together


def queue(bed):
    """By priority, then by age; each item to one."""
    one, two, path = bed.client(), bed.client(), bed.path()
    mine, other = one.Queue(path), two.Queue(path)
    equal("empty", None, mine.get())
    for item, priority in ((b"c", 100), (b"a", 10), (b"d", 100), (b"b", 50)):
        mine.put(item, priority)
    two.sync(path)
    equal("their number", 4, len(other))
    equal("in order", [b"a", b"b", b"c", b"d"], [other.get() for _ in range(4)])
    for number in range(20):
        mine.put(str(number).encode())

    def work(_index):
        own = bed.client()
        own.sync(path)
        items = own.Queue(path)
        return [items.get() for _ in range(10)]

    taken = sorted(item for part in together(2, work) for item in part)
    equal("each once", sorted(str(number).encode() for number in range(20)), taken)


def locking_queue(bed):
    """An item is held, and then consumed or given back."""
    one, two, path = bed.client(), bed.client(), bed.path()
    mine, other = one.LockingQueue(path), two.LockingQueue(path)
    mine.put_all([b"a", b"b"], priority=5)
    mine.put(b"first", priority=1)
    two.sync(path)
    equal("the first", b"first", mine.get(PATIENCE_S))
    check("is held", mine.holds_lock())
    equal("it is got again until it is consumed", b"first", mine.get(PATIENCE_S))
    equal("the other gets the next", b"a", other.get(PATIENCE_S))
    check("consumed", mine.consume())
    check("given back", other.release())
    equal("who comes first gets it", b"a", mine.get(PATIENCE_S))
    mine.consume()
    equal("the last", b"b", other.get(PATIENCE_S))
    other.consume()
    equal("none in a time", None, mine.get(0.2))
    refused("priorities below zero", ValueError, lambda: mine.put(b"x", priority=-1))


TESTS = {"Queue": queue, "LockingQueue": locking_queue}
