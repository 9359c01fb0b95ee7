// Command holders passes a lock of a LockService from one client to the next while somebody else does harm to the service, and
// judges at the end.
//
//	holders -locks A,B,C -store A,B,C [-locks-certificates DIR] [-store-certificates DIR]
//
// Each holder writes to a ConsensusGroup, together with its fencing token. Commands are read from the standard input, a line
// each: "mark" asks how long it takes from now until somebody holds the lock and has written, answered by a line "gap
// MILLISECONDS"; "stop" (or the end of the input) begins the judgement. It prints "ready" after the first write, at the end one
// line per verdict, and exits with 1 if one is bad:
//
//   - whoever was known to hold the lock had not lost it to a later holder;
//   - the store took no token after a newer one, everything that it acknowledged, and nothing that it refused;
//   - each holder of before that tried to write once more was refused.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/go-zookeeper/zk"
	"synod.dev/tests/conformance/driven"
)

const (
	// lockPath is the lock that all of them want.
	lockPath = "/locks/work"
	// sessionTimeout is what each of them asks for.
	sessionTimeout = 6 * time.Second
	// patience is how long the store may take for one answer; afterwards the outcome is unknown.
	patience = 5 * time.Second
)

func main() {
	locks := flag.String("locks", "", "the LockService's addresses, with commas between")
	locksFolder := flag.String("locks-certificates", "", "folder of ca.crt, tls.crt and tls.key for it, for TLS")
	store := flag.String("store", "", "the ConsensusGroup's client addresses, with commas between")
	storeFolder := flag.String("store-certificates", "", "folder of ca.crt, tls.crt and tls.key for it, for TLS")
	count := flag.Int("holders", 5, "how many want the lock")
	flag.Parse()
	keeper := connect(strings.Split(*store, ","), *storeFolder)
	must("the store", keeper.keepsFences())
	run := &run{store: keeper, stopping: make(driven.Stopping)}
	for number := range *count {
		open := func() *zk.Conn { return session(strings.Split(*locks, ","), *locksFolder) }
		run.workers.Add(1)
		go func() {
			defer run.workers.Done()
			(&holder{run: run, open: open, conn: open(), number: number}).work()
		}()
	}
	run.obey()
	close(run.stopping)
	run.workers.Wait()
	if !run.judge() {
		os.Exit(1)
	}
}

// run is what all holders share.
type run struct {
	store    *store
	marks    driven.Marks
	book     book
	workers  sync.WaitGroup
	stopping driven.Stopping
}

// obey carries out the commands on the standard input until it is told to stop.
func (r *run) obey() {
	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		switch input.Text() {
		case "mark":
			r.marks.Set()
		case "stop":
			return
		default:
			fmt.Printf("unknown command %q\n", input.Text())
		}
	}
}

// judge prints the verdicts; true if all are good.
func (r *run) judge() bool {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	good := r.book.judgeHolders()
	return r.book.judgeStore(ctx, r.store) && good
}

// session begins a session that goes on, or begins anew, at whatever member answers.
func session(servers []string, folder string) *zk.Conn {
	config := trusting(folder)
	dial := func(network, address string, timeout time.Duration) (net.Conn, error) {
		dialer := &net.Dialer{Timeout: timeout}
		if config == nil {
			return dialer.Dial(network, address)
		}
		return tls.DialWithDialer(dialer, network, address, config)
	}
	conn, _, err := zk.Connect(servers, sessionTimeout, zk.WithDialer(dial), zk.WithLogInfo(false), zk.WithLogger(silent{}))
	must("the LockService", err)
	return conn
}

// trusting is how to connect with the files of a folder, or nothing without one.
func trusting(folder string) *tls.Config {
	if folder == "" {
		return nil
	}
	return driven.Fresh(folder)
}

type silent struct{}

func (silent) Printf(string, ...any) {}

func connect(endpoints []string, folder string) *store {
	client, err := driven.Connect(endpoints, trusting(folder))
	must("the store", err)
	return &store{client: client, writes: fmt.Sprintf("writes/%d/", time.Now().UnixNano())}
}

func must(what string, err error) {
	if err != nil {
		fmt.Printf("%s: %v\n", what, err)
		os.Exit(1)
	}
}
