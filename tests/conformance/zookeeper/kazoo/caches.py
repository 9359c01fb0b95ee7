"""Watchers that stay, and the cache of a tree."""

from kazoo.recipe.cache import TreeCache, TreeEvent
from kazoo.recipe.watchers import PatientChildrenWatch

from bed import PATIENCE_S, check, equal, eventually


def data_watch(bed):
    """A function that is told every state of a node, from none to none."""
    zk, path = bed.client(), bed.path()
    seen = []

    @zk.DataWatch(path)
    def watch(data, stat, event):
        seen.append((data, stat and stat.version, event and event.type))

    zk.create(path, b"1")
    eventually("created", lambda: (b"1", 0, "CREATED") in seen)
    zk.set(path, b"2")
    eventually("written", lambda: (b"2", 1, "CHANGED") in seen)
    zk.delete(path)
    eventually("deleted", lambda: seen[-1] == (None, None, "DELETED"))
    equal("at first there was none", (None, None, None), seen[0])
    until = []
    zk.create(path, b"1")

    @zk.DataWatch(path)
    def once(data, stat):
        until.append(data)
        return False

    zk.set(path, b"2")
    eventually("the first watch is told", lambda: seen[-1][0] == b"2")
    equal("one that returns False is told no more", [b"1"], until)


def children_watch(bed):
    """A function that is told every list of children."""
    zk, path = bed.client(), bed.path()
    zk.create(path)
    seen = []
    zk.ChildrenWatch(path, lambda children: seen.append(sorted(children)))
    zk.create(path + "/a")
    eventually("one", lambda: seen[-1] == ["a"])
    zk.create(path + "/b")
    eventually("two", lambda: seen[-1] == ["a", "b"])
    zk.delete(path + "/a")
    eventually("one again", lambda: seen[-1] == ["b"])
    equal("at first none", [], seen[0])
    with_events = []
    zk.ChildrenWatch(path, lambda children, event: with_events.append(event and event.type), send_event=True)
    zk.create(path + "/c")
    eventually("with what caused it", lambda: with_events == [None, "CHILD"])


def patient_children_watch(bed):
    """The list once it has been the same for a time."""
    zk, path = bed.client(), bed.path()
    zk.create(path)
    result = PatientChildrenWatch(zk, path, time_boundary=0.5).start()
    for name in "abc":
        zk.create(f"{path}/{name}")
    children, changed = result.get(timeout=PATIENCE_S)
    equal("all three", ["a", "b", "c"], sorted(children))
    check("no other yet", not changed.ready())
    zk.create(path + "/d")
    changed.get(timeout=PATIENCE_S)
    check("it is told of the next change", changed.ready())


def tree_cache(bed):
    """A copy of a tree that follows it."""
    zk, writer, path = bed.client(), bed.client(), bed.path()
    writer.create(path + "/a", b"1", makepath=True)
    zk.sync(path)
    cache, events = TreeCache(zk, path), []
    cache.listen(lambda event: events.append((event.event_type, event.event_data and event.event_data.path)))
    cache.start()
    eventually("filled", lambda: (TreeEvent.INITIALIZED, None) in events)
    equal("a node", b"1", cache.get_data(path + "/a").data)
    writer.create(path + "/a/b", b"2")
    eventually("a new one", lambda: (TreeEvent.NODE_ADDED, path + "/a/b") in events)
    writer.set(path + "/a/b", b"3")
    eventually("a write", lambda: (TreeEvent.NODE_UPDATED, path + "/a/b") in events)
    equal("its data", b"3", cache.get_data(path + "/a/b").data)
    equal("children", {"b"}, set(cache.get_children(path + "/a")))
    writer.delete(path + "/a/b")
    eventually("a deletion", lambda: (TreeEvent.NODE_REMOVED, path + "/a/b") in events)
    cache.close()


TESTS = {
    "DataWatch": data_watch,
    "ChildrenWatch": children_watch,
    "PatientChildrenWatch": patient_children_watch,
    "TreeCache": tree_cache,
}
