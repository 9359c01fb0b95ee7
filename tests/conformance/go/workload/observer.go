package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"synod.dev/tests/conformance/driven"
)

// observer watches the ledger from before its first write.
type observer struct {
	mutex    sync.Mutex
	seen     map[string]int64 // the revision of each key
	repeated int
	disorder int
	last     int64
	failure  error
}

// observe begins to watch. Go's client takes the watch up again elsewhere when a member dies.
func observe(client *clientv3.Client) *observer {
	o := &observer{seen: map[string]int64{}}
	go func() {
		// From revision 1, so that it does not matter when the watch begins.
		events := client.Watch(context.Background(), ledgerPrefix, clientv3.WithPrefix(), clientv3.WithRev(1))
		for response := range events {
			o.take(response)
		}
	}()
	return o
}

func (o *observer) take(response clientv3.WatchResponse) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if err := response.Err(); err != nil {
		o.failure = err
	}
	for _, event := range response.Events {
		key := string(event.Kv.Key)
		if _, again := o.seen[key]; again {
			o.repeated++
		}
		if event.Kv.ModRevision < o.last {
			o.disorder++
		}
		o.last = event.Kv.ModRevision
		o.seen[key] = event.Kv.ModRevision
	}
}

// judge waits until the last acknowledged write was seen and compares.
func (o *observer) judge(ctx context.Context, ledger *ledger) bool {
	var newest int64
	for _, revision := range ledger.acknowledged {
		newest = max(newest, revision)
	}
	for ctx.Err() == nil && o.behind(newest) {
		time.Sleep(20 * time.Millisecond)
	}
	o.mutex.Lock()
	defer o.mutex.Unlock()
	missed := 0
	for key, revision := range ledger.acknowledged {
		if o.seen[key] != revision {
			missed++
		}
	}
	good := missed+o.repeated+o.disorder == 0 && o.failure == nil
	fmt.Printf("%s watch: %d events, %d missed, %d repeated, %d out of order\n",
		driven.Verdict(good), len(o.seen), missed, o.repeated, o.disorder)
	if o.failure != nil {
		fmt.Printf("BAD watch: %v\n", o.failure)
	}
	return good
}

func (o *observer) behind(revision int64) bool {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.last < revision && o.failure == nil
}
