package main

import "github.com/go-zookeeper/zk"

func sessions() []test {
	return []test{
		{"go/ephemeral", ephemeral},
		{"go/reattach", reattach},
	}
}

func ephemeral(b *bed) {
	watcher, _ := b.open()
	conn, _ := b.open()
	path := b.path()
	_, err := conn.Create(path, nil, zk.FlagEphemeral, anybody)
	must("an ephemeral node", err)
	_, err = watcher.Sync(path)
	must("a sync", err)
	there, _, events, err := watcher.ExistsW(path)
	must("a watch", err)
	equal("it is there", true, there)
	conn.Close()
	next("gone with its session", events, zk.EventNodeDeleted, path)
	_, _, err = conn.Get(path)
	equal("a request of a closed session is refused", true, err == zk.ErrClosing || err == zk.ErrConnectionClosed)
}

func reattach(b *bed) {
	conn, events := b.open()
	other, _ := b.open()
	path := b.path()
	create(conn, path, "")
	_, err := conn.Create(path+"/mine", nil, zk.FlagEphemeral, anybody)
	must("an ephemeral node", err)
	_, _, data, err := conn.GetW(path)
	must("a watch", err)
	_, _, later, err := conn.ExistsW(path + "/later")
	must("a watch", err)
	_, _, children, err := conn.ChildrenW(path)
	must("a watch", err)
	session, member := conn.SessionID(), conn.Server()
	b.kill(member)
	await(events, zk.StateDisconnected)
	await(events, zk.StateHasSession)
	equal("the session", session, conn.SessionID())
	equal("at another member", true, conn.Server() != member)
	_, stat, err := conn.Exists(path + "/mine")
	must("a look", err)
	equal("its node", session, stat.EphemeralOwner)
	again("a write", func() error { _, err := other.Set(path, nil, -1); return err })
	next("a write", data, zk.EventNodeDataChanged, path)
	create(other, path+"/later", "")
	next("a creation", later, zk.EventNodeCreated, path+"/later")
	next("a child", children, zk.EventNodeChildrenChanged, path)
	b.start(member)
}

// again does what a client does whose connection broke under a request that can be repeated.
func again(what string, request func() error) {
	eventually(what+" goes through", func() bool {
		err := request()
		if err != zk.ErrConnectionClosed {
			must(what, err)
		}
		return err == nil
	})
}
