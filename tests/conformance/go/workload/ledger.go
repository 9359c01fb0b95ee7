package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"synod.dev/tests/conformance/driven"
)

// ledger is a set of keys each of which is written once.
type ledger struct {
	mutex        sync.Mutex
	acknowledged map[string]int64 // the revision of each
	unknown      map[string]bool  // not answered: may be there or not
}

const ledgerPrefix = "ledger/"

func newLedger() *ledger {
	return &ledger{acknowledged: map[string]int64{}, unknown: map[string]bool{}}
}

// write puts one key after the other until the run stops.
func (l *ledger) write(run *run, client *clientv3.Client, writer int) {
	for number := 0; !run.stopping.Stopped(); number++ {
		key := fmt.Sprintf("%s%d/%08d", ledgerPrefix, writer, number)
		began := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), operationPatience)
		put, err := client.Put(ctx, key, "value of "+key)
		cancel()
		l.mutex.Lock()
		if err == nil {
			l.acknowledged[key] = put.Header.Revision
		} else {
			l.unknown[key] = true
		}
		l.mutex.Unlock()
		if err == nil {
			run.marks.Acknowledged(began)
		} else {
			driven.Breathe(began)
		}
	}
}

// judge reads everything back.
func (l *ledger) judge(ctx context.Context, client *clientv3.Client) bool {
	found := map[string]bool{}
	lost, wrong, twice, foreign := 0, 0, 0, 0
	next, end := ledgerPrefix, clientv3.GetPrefixRangeEnd(ledgerPrefix)
	for more := true; more; {
		got, err := patiently(ctx, func(ctx context.Context) (*clientv3.GetResponse, error) {
			return client.Get(ctx, next, clientv3.WithRange(end), clientv3.WithLimit(5000))
		})
		if err != nil {
			fmt.Printf("BAD the ledger cannot be read: %v\n", err)
			return false
		}
		for _, kv := range got.Kvs {
			key := string(kv.Key)
			found[key] = true
			revision, acknowledged := l.acknowledged[key]
			switch {
			case kv.Version != 1:
				twice++
			case string(kv.Value) != "value of "+key, acknowledged && kv.ModRevision != revision:
				wrong++
			case !acknowledged && !l.unknown[key]:
				foreign++
			}
			next = key + "\x00"
		}
		more = got.More
	}
	for key := range l.acknowledged {
		if !found[key] {
			lost++
		}
	}
	good := lost+wrong+twice+foreign == 0 && len(l.acknowledged) > 0
	fmt.Printf("%s ledger: %d acknowledged, %d unknown, %d lost, %d applied twice, %d wrong, %d never written\n",
		driven.Verdict(good), len(l.acknowledged), len(l.unknown), lost, twice, wrong, foreign)
	return good
}

// patiently repeats a read until it succeeds or the time is up.
func patiently[T any](ctx context.Context, attempt func(context.Context) (T, error)) (T, error) {
	for {
		once, cancel := context.WithTimeout(ctx, 10*time.Second)
		result, err := attempt(once)
		cancel()
		if err == nil || ctx.Err() != nil {
			return result, err
		}
		time.Sleep(50 * time.Millisecond)
	}
}
