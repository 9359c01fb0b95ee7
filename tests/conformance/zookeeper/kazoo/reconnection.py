"""Members die under kazoo."""

from kazoo.client import KazooState

from bed import check, equal, eventually, member


def reattach(bed):
    """The member dies; the session goes on at another, with its node, its lock and its watchers."""
    zk, other, path = bed.client(), bed.client(), bed.path()
    states, data, children = [], [], []
    zk.create(path, b"0")
    zk.create(path + "/mine", ephemeral=True)
    zk.DataWatch(path, lambda value, stat: data.append(value))
    zk.ChildrenWatch(path, lambda names: children.append(sorted(names)))
    lock = zk.Lock(path + "-lock", "ann")
    lock.acquire(timeout=20)
    zk.add_listener(states.append)
    session, where = zk.client_id, member(zk)
    bed.kill(where)
    eventually("suspended, then connected", lambda: states == [KazooState.SUSPENDED, KazooState.CONNECTED])
    equal("the session", session, zk.client_id)
    check("at another member", member(zk) != where)
    equal("its node", session[0], zk.exists(path + "/mine").ephemeralOwner)
    equal("its lock", ["ann"], lock.contenders())
    other.retry(other.set, path, b"1")
    eventually("a write is told", lambda: data[-1] == b"1")
    other.retry(other.create, path + "/new")
    eventually("a child is told", lambda: children[-1] == ["mine", "new"])
    bed.start(where)
    lock.release()


TESTS = {"reattach": reattach}
