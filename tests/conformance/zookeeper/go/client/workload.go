package main

import (
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-zookeeper/zk"
)

const (
	workers          = 4
	additionsPerHold = 3
	workloadSession  = 30 * time.Second
	pause            = 100 * time.Millisecond
)

// A worker takes a lock and passes it on, and counts under it. It reports what was acknowledged; who runs the program
// judges.
type worker struct {
	number int
	root   string
	conn   *zk.Conn
}

var began = time.Now()

// say prints one line at once.
var printing sync.Mutex

func say(format string, arguments ...any) {
	printing.Lock()
	defer printing.Unlock()
	fmt.Printf(format+"\n", arguments...)
}

func nowUs() int64 { return time.Since(began).Microseconds() }

// workload runs the workers until a line comes.
func workload(b *bed) {
	root := fmt.Sprintf("/go-faults-%d", os.Getpid())
	all := make([]*worker, workers)
	for number := range all {
		conn, events, err := zk.Connect(b.members, workloadSession, zk.WithLogInfo(false))
		must("a session", err)
		await(events, zk.StateHasSession)
		all[number] = &worker{number, root, conn}
	}
	create(all[0].conn, root, "")
	create(all[0].conn, root+"/alive", "")
	create(all[0].conn, root+"/counter", "0")
	for _, own := range all {
		own.begin()
	}
	var stopped atomic.Bool
	var running sync.WaitGroup
	for _, own := range all {
		running.Go(func() { own.work(&stopped) })
	}
	_, _ = b.input.ReadString('\n')
	stopped.Store(true)
	running.Wait()
	for _, own := range all {
		own.conclude()
	}
	data := retried(func() ([]byte, error) { data, _, err := all[0].conn.Get(root + "/counter"); return data, err })
	say("final %s", data)
}

func (w *worker) alive() string { return fmt.Sprintf("%s/alive/%d", w.root, w.number) }

func (w *worker) begin() {
	_, err := w.conn.Sync(w.root)
	must("a sync", err)
	_, err = w.conn.Create(w.alive(), nil, zk.FlagEphemeral, anybody)
	must("an ephemeral node", err)
	say("session %d %d", w.number, w.conn.SessionID())
}

func (w *worker) work(stopped *atomic.Bool) {
	for !stopped.Load() {
		session := w.conn.SessionID()
		lock := zk.NewLock(w.conn, w.root+"/lock", anybody)
		err := lock.Lock()
		if err == nil {
			err = w.hold(session)
			if unlocked := lock.Unlock(); err == nil {
				err = unlocked
			}
		}
		if err != nil {
			say("trouble %d %v", w.number, err)
			w.tidy()
		}
	}
}

// hold counts under the lock. It is proved from when it was acquired to when the last acknowledged write was sent.
func (w *worker) hold(session int64) error {
	from := nowUs()
	until := from
	if w.conn.SessionID() != session {
		return zk.ErrSessionExpired
	}
	defer func() { say("hold %d %d %d %d", w.number, session, from, until) }()
	for range additionsPerHold {
		sent, err := w.add()
		if err != nil {
			return err
		}
		if w.conn.SessionID() != session {
			return zk.ErrSessionExpired
		}
		until = sent
	}
	return nil
}

// add counts one more, guarded by the version; it returns when the write was sent.
func (w *worker) add() (int64, error) {
	data, stat, err := w.conn.Get(w.root + "/counter")
	if err != nil {
		return 0, err
	}
	value, err := strconv.Atoi(string(data))
	if err != nil {
		return 0, err
	}
	sent := nowUs()
	_, err = w.conn.Set(w.root+"/counter", []byte(strconv.Itoa(value+1)), stat.Version)
	switch err {
	case nil:
		say("added %d %d", w.number, value+1)
	case zk.ErrBadVersion:
		say("refused %d %d", w.number, value+1)
	default:
		say("unsure %d %d", w.number, value+1)
	}
	return sent, err
}

// tidy deletes the session's own nodes below the lock: this client's lock leaves its node when its connection breaks,
// and would wait for itself.
func (w *worker) tidy() {
	children := retried(func() ([]string, error) {
		children, _, err := w.conn.Children(w.root + "/lock")
		if err == zk.ErrNoNode {
			return nil, nil
		}
		return children, err
	})
	for _, child := range children {
		path := w.root + "/lock/" + child
		retried(func() (bool, error) {
			there, stat, err := w.conn.Exists(path)
			if err != nil || !there || stat.EphemeralOwner != w.conn.SessionID() {
				return there, err
			}
			err = w.conn.Delete(path, -1)
			if err == zk.ErrNoNode {
				err = nil
			}
			return true, err
		})
	}
}

func (w *worker) conclude() {
	retried(func() (string, error) { return w.conn.Sync(w.root) })
	stat := retried(func() (*zk.Stat, error) { _, stat, err := w.conn.Exists(w.alive()); return stat, err })
	say("ephemeral %d %d %d", w.number, w.conn.SessionID(), stat.EphemeralOwner)
}

// retried repeats a request until it is answered; who runs the program sets the bound.
func retried[T any](request func() (T, error)) T {
	for {
		result, err := request()
		if err == nil {
			return result
		}
		time.Sleep(pause)
	}
}
