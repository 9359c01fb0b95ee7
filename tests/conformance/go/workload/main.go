// Command workload writes to a group without pause while somebody else does harm to it, and judges at the end.
//
//	workload -endpoints A,B,C [-certificates DIR]
//
// It reads commands from its standard input, a line each: "endpoints A,B,..." goes on with these members; "mark" asks how
// long it takes from now to the next acknowledged write, answered by a line "gap MILLISECONDS"; "stop" (or the end of
// the input) ends the writing and begins the judgement. It prints "ready" when the first write is acknowledged, at the
// end one line per verdict, and exits with 1 if one is bad:
//
//   - every acknowledged write of the ledger is there, with its value and revision, and was applied once;
//   - a watch from before the first write saw each of them, once, in the order of revisions;
//   - the history of the registers is linearizable (porcupine).
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"synod.dev/tests/conformance/driven"
)

// operationPatience is how long a writer waits for one answer; afterwards the outcome is unknown.
const operationPatience = 2 * time.Second

func main() {
	endpoints := flag.String("endpoints", "", "client addresses, with commas between")
	writers := flag.Int("writers", 4, "clients that write to the ledger without pause")
	registers := flag.Int("registers", 6, "clients that read and write the registers")
	certificates := flag.String("certificates", "", "folder of ca.crt, tls.crt and tls.key, for TLS")
	flag.Parse()
	run := &run{marks: &driven.Marks{}, stopping: make(driven.Stopping)}
	if *certificates != "" {
		run.tls = driven.Fresh(*certificates)
	}
	run.connect(strings.Split(*endpoints, ","), *writers+*registers+2)
	ledger, history := newLedger(), newHistory()
	observer := observe(run.client(0))
	for writer := range *writers {
		run.start(func() { ledger.write(run, run.client(1+writer), writer) })
	}
	for register := range *registers {
		run.start(func() { history.operate(run, run.client(1+*writers+register), register) })
	}
	run.obey()
	close(run.stopping)
	run.workers.Wait()
	if !judge(run.client(0), ledger, history, observer) {
		os.Exit(1)
	}
}

// run is what all workers share.
type run struct {
	clients  []*clientv3.Client
	tls      *tls.Config
	workers  sync.WaitGroup
	marks    *driven.Marks
	stopping driven.Stopping
}

func (r *run) connect(endpoints []string, count int) {
	for range count {
		client, err := driven.Connect(endpoints, r.tls)
		if err != nil {
			fmt.Printf("cannot connect to %v: %v\n", endpoints, err)
			os.Exit(1)
		}
		r.clients = append(r.clients, client)
	}
}

func (r *run) client(i int) *clientv3.Client { return r.clients[i] }

func (r *run) start(work func()) {
	r.workers.Add(1)
	go func() {
		defer r.workers.Done()
		work()
	}()
}

// obey carries out the commands on the standard input until it is told to stop.
func (r *run) obey() {
	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		command, rest, _ := strings.Cut(input.Text(), " ")
		switch command {
		case "mark":
			r.marks.Set()
			go probe(r.marks, r.clients[len(r.clients)-1])
		case "endpoints":
			for _, client := range r.clients {
				client.SetEndpoints(strings.Split(rest, ",")...)
			}
		case "stop":
			return
		default:
			fmt.Printf("unknown command %q\n", command)
		}
	}
}

// judge prints the verdicts; true if all are good.
func judge(client *clientv3.Client, ledger *ledger, history *history, observer *observer) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	good := ledger.judge(ctx, client)
	good = observer.judge(ctx, ledger) && good
	return history.judge() && good
}

// probe writes until the mark is answered, so that a fresh request is always on its way: those of the writers may wait
// for an answer that never comes.
func probe(marks *driven.Marks, client *clientv3.Client) {
	for marks.Waiting() {
		began := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
		_, err := client.Put(ctx, "probe", began.String())
		cancel()
		if err == nil {
			marks.Acknowledged(began)
		} else {
			driven.Breathe(began)
		}
	}
}
