"""Parties and the partitioning of sets among them."""

from kazoo.recipe.partitioner import PartitionState

from bed import check, equal, eventually


def party(bed):
    """Who is there."""
    one, two, path = bed.client(), bed.client(), bed.path()
    mine, other = one.Party(path, "ann"), two.Party(path, "ben")
    mine.join()
    other.join()
    one.sync(path)
    equal("both", ["ann", "ben"], sorted(mine))
    equal("their number", 2, len(mine))
    other.leave()
    one.sync(path)
    equal("one is left", ["ann"], list(mine))
    two.stop()
    mine.leave()
    equal("none", [], list(mine))


def shallow_party(bed):
    """The same, of names alone."""
    one, two, path = bed.client(), bed.client(), bed.path()
    mine, other = one.ShallowParty(path, "ann"), two.ShallowParty(path, "ben")
    mine.join()
    other.join()
    one.sync(path)
    equal("both", ["ann", "ben"], sorted(mine))
    two.stop()
    eventually("one goes with its session", lambda: list(mine) == ["ann"])


def partitioner(bed):
    """Each item is one member's; a member that leaves leaves its items to the others."""
    path, items = bed.path(), tuple("abcdef")
    clients = [bed.client(), bed.client()]
    mine, other = (
        zk.SetPartitioner(path, items, identifier=name, time_boundary=0.2)
        for zk, name in zip(clients, ("ann", "ben"))
    )
    eventually("both have their parts", lambda: turn(mine) & turn(other) and len(mine_of(mine)) == 3)
    equal("all items", sorted(items), sorted(mine_of(mine) + mine_of(other)))
    other.finish()
    eventually("one has all", lambda: turn(mine) and sorted(mine_of(mine)) == sorted(items))
    check("and has not failed", not mine.failed)
    mine.finish()


def turn(own):
    """What a program does in its loop; whether it has its part."""
    if own.state == PartitionState.RELEASE:
        own.release_set()
    elif own.state == PartitionState.ALLOCATING:
        own.wait_for_acquire(0.05)
    return own.state == PartitionState.ACQUIRED


def mine_of(own):
    """Its part."""
    return list(own) if own.state == PartitionState.ACQUIRED else []


TESTS = {
    "Party": party,
    "ShallowParty": shallow_party,
    "SetPartitioner": partitioner,
}
