package main

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-zookeeper/zk"
)

func basics() []test {
	return []test{
		{"go/nodes", nodes},
		{"go/create-modes", modes},
		{"go/rights", rights},
		{"go/multi", multi},
		{"go/Lock", lock},
		{"go/four-letter-words", words},
	}
}

var anybody = zk.WorldACL(zk.PermAll)

func create(conn *zk.Conn, path, data string) string {
	made, err := conn.Create(path, []byte(data), zk.FlagPersistent, anybody)
	must(path, err)
	return made
}

func nodes(b *bed) {
	conn, _ := b.open()
	path := b.path()
	equal("its path", path, create(conn, path, "1"))
	_, err := conn.Create(path, nil, 0, anybody)
	refused("a second", zk.ErrNodeExists, err)
	_, err = conn.Create(path+"/a/b", nil, 0, anybody)
	refused("one without a parent", zk.ErrNoNode, err)
	stat, err := conn.Set(path, []byte("22"), 0)
	must("a write", err)
	equal("its version", int32(1), stat.Version)
	_, err = conn.Set(path, []byte("3"), 0)
	refused("a stale write", zk.ErrBadVersion, err)
	data, stat, err := conn.Get(path)
	must("a read", err)
	equal("what is read", "22", string(data))
	equal("its length", int32(2), stat.DataLength)
	create(conn, path+"/a", "")
	children, stat, err := conn.Children(path)
	must("children", err)
	equal("children", []string{"a"}, children)
	equal("their number", int32(1), stat.NumChildren)
	refused("deleting a parent", zk.ErrNotEmpty, conn.Delete(path, -1))
	must("a deletion", conn.Delete(path+"/a", 0))
	there, _, err := conn.Exists(path + "/a")
	must("a look", err)
	equal("it is gone", false, there)
	synced, err := conn.Sync(path)
	must("a sync", err)
	equal("its path", path, synced)
	large := strings.Repeat("x", 900_000)
	_, err = conn.Set(path, []byte(large), -1)
	must("much data", err)
	data, _, err = conn.Get(path)
	must("much data", err)
	equal("comes back", len(large), len(data))
}

func modes(b *bed) {
	conn, _ := b.open()
	path := b.path()
	create(conn, path, "")
	for number, flag := range []int32{zk.FlagPersistent, zk.FlagEphemeral, zk.FlagSequence, zk.FlagEphemeralSequential} {
		made, err := conn.Create(path+"/n", nil, flag, anybody)
		if number == 1 {
			refused("the same name, ephemeral", zk.ErrNodeExists, err)
			made, err = conn.Create(path+"/e", nil, flag, anybody)
		}
		must("a node", err)
		expected := []string{"/n", "/e", "/n0000000002", "/n0000000003"}[number]
		equal("the name", path+expected, made)
	}
	made, err := conn.CreateContainer(path+"/container", nil, zk.FlagContainer, anybody)
	must("a container", err)
	equal("its path", path+"/container", made)
	made, err = conn.CreateTTL(path+"/ttl", nil, zk.FlagTTL, anybody, time.Minute)
	must("a time to live", err)
	equal("its path", path+"/ttl", made)
	made, err = conn.CreateTTL(path+"/ttl-", nil, zk.FlagPersistentSequentialWithTTL, anybody, time.Minute)
	must("one with a number", err)
	equal("its path", path+"/ttl-0000000006", made)
	made, err = conn.CreateProtectedEphemeralSequential(path+"/p-", nil, anybody)
	must("a protected one", err)
	equal("its name", true, strings.HasPrefix(made, path+"/_c_") && strings.HasSuffix(made, "-p-0000000007"))
	_, stat, err := conn.Exists(made)
	must("a look", err)
	equal("its owner", conn.SessionID(), stat.EphemeralOwner)
	_, err = conn.Create(made+"/c", nil, 0, anybody)
	refused("a child of it", zk.ErrNoChildrenForEphemerals, err)
}

func rights(b *bed) {
	ann, _ := b.open()
	ben, _ := b.open()
	path := b.path()
	must("a name", ann.AddAuth("digest", []byte("ann:one")))
	_, err := ann.Create(path, []byte("x"), 0, zk.AuthACL(zk.PermAll))
	must("a guarded node", err)
	acl, _, err := ann.GetACL(path)
	must("its rights", err)
	equal("are a digest's", zk.DigestACL(zk.PermAll, "ann", "one"), acl)
	_, err = ben.Sync(path)
	must("a sync", err)
	_, _, err = ben.Get(path)
	refused("another's read", zk.ErrNoAuth, err)
	_, err = ann.SetACL(path, []zk.ACL{{Perms: zk.PermRead, Scheme: "ip", ID: "127.0.0.1"}}, 0)
	must("by address", err)
	_, err = ben.Sync(path)
	must("a sync", err)
	data, _, err := ben.Get(path)
	must("a read", err)
	equal("by address", "x", string(data))
	_, err = ben.Create(path+"-bad", nil, 0, []zk.ACL{{Perms: zk.PermAll, Scheme: "none", ID: "x"}})
	refused("a scheme that is none", zk.ErrInvalidACL, err)
}

func multi(b *bed) {
	conn, _ := b.open()
	path := b.path()
	results, err := conn.Multi(
		&zk.CreateRequest{Path: path, Data: []byte("1"), Acl: anybody},
		&zk.CreateRequest{Path: path + "/s-", Acl: anybody, Flags: zk.FlagSequence},
		&zk.SetDataRequest{Path: path, Data: []byte("2"), Version: 0},
		&zk.CheckVersionRequest{Path: path, Version: 1},
	)
	must("a transaction", err)
	equal("the path of a numbered node", path+"/s-0000000000", results[1].String)
	equal("the version of a write", int32(1), results[2].Stat.Version)
	_, err = conn.Multi(
		&zk.DeleteRequest{Path: path + "/s-0000000000", Version: -1},
		&zk.CheckVersionRequest{Path: path, Version: 7},
	)
	refused("one with a wrong check", zk.ErrBadVersion, err)
	there, _, err := conn.Exists(path + "/s-0000000000")
	must("a look", err)
	equal("nothing of it was done", true, there)
}

func lock(b *bed) {
	path := b.path()
	mine, _ := b.open()
	own := zk.NewLock(mine, path+"/deep/lock", anybody)
	must("the lock, with its parents", own.Lock())
	refused("once more", zk.ErrDeadlock, own.Lock())
	must("given back", own.Unlock())
	refused("once more", zk.ErrNotLocked, own.Unlock())
	var inside, most atomic.Int32
	counter := 0
	var workers sync.WaitGroup
	errs := make(chan error, 4)
	for range 4 {
		conn, _ := b.open()
		workers.Go(func() {
			lock := zk.NewLock(conn, path+"/contended", anybody)
			for range 10 {
				if err := lock.LockWithData([]byte("worker")); err != nil {
					errs <- err
					return
				}
				if now := inside.Add(1); now > most.Load() {
					most.Store(now)
				}
				counter++
				inside.Add(-1)
				if err := lock.Unlock(); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	workers.Wait()
	close(errs)
	must("four contend", <-errs)
	equal("inside at once", int32(1), most.Load())
	equal("turns", 40, counter)
}

func words(b *bed) {
	for _, good := range zk.FLWRuok(b.members, patience) {
		equal("ruok", true, good)
	}
	conn, _ := b.open(b.members[0])
	clients, _ := zk.FLWCons(b.members[:1], patience)
	must("cons", clients[0].Error)
	found := false
	for _, client := range clients[0].Clients {
		found = found || client.SessionID == conn.SessionID()
	}
	equal(fmt.Sprintf("cons lists the session, among %d", len(clients[0].Clients)), true, found)
}
