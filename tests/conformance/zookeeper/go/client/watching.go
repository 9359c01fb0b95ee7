package main

import "github.com/go-zookeeper/zk"

func watching() []test {
	return []test{
		{"go/watch-data", watchData},
		{"go/watch-exists", watchExists},
		{"go/watch-children", watchChildren},
		{"go/watch-of-others", watchOthers},
	}
}

func watchData(b *bed) {
	conn, _ := b.open()
	path := b.path()
	create(conn, path, "")
	_, _, events, err := conn.GetW(path)
	must("a watch", err)
	create(conn, path+"/c", "")
	_, err = conn.Set(path, []byte("x"), -1)
	must("a write", err)
	next("a write, not a child", events, zk.EventNodeDataChanged, path)
	must("a deletion", conn.Delete(path+"/c", -1))
	_, _, events, err = conn.GetW(path)
	must("a watch", err)
	must("a deletion", conn.Delete(path, -1))
	next("the deletion", events, zk.EventNodeDeleted, path)
	_, _, _, err = conn.GetW(path)
	refused("a watch on nothing", zk.ErrNoNode, err)
}

func watchExists(b *bed) {
	conn, _ := b.open()
	path := b.path()
	there, _, events, err := conn.ExistsW(path)
	must("a watch", err)
	equal("not there", false, there)
	create(conn, path, "")
	next("the creation", events, zk.EventNodeCreated, path)
	_, _, events, err = conn.ExistsW(path)
	must("a watch", err)
	_, err = conn.Set(path, []byte("x"), -1)
	must("a write", err)
	next("a write", events, zk.EventNodeDataChanged, path)
}

func watchChildren(b *bed) {
	conn, _ := b.open()
	path := b.path()
	create(conn, path, "")
	_, _, events, err := conn.ChildrenW(path)
	must("a watch", err)
	create(conn, path+"/c", "")
	next("a child", events, zk.EventNodeChildrenChanged, path)
	_, _, events, err = conn.ChildrenW(path)
	must("a watch", err)
	must("a deletion", conn.Delete(path+"/c", -1))
	next("none", events, zk.EventNodeChildrenChanged, path)
}

func watchOthers(b *bed) {
	writer, _ := b.open()
	path := b.path()
	create(writer, path, "")
	for _, member := range b.members {
		reader, _ := b.open(member)
		_, err := reader.Sync(path)
		must("a sync", err)
		_, _, events, err := reader.GetW(path)
		must("a watch", err)
		_, err = writer.Set(path, []byte(member), -1)
		must("a write", err)
		next("told on "+member, events, zk.EventNodeDataChanged, path)
		data, _, err := reader.Get(path)
		must("a read", err)
		equal("and shown", member, string(data))
	}
}
