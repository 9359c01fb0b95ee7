// Command clients runs etcd's own Go client, clientv3 with its concurrency package, against running members:
// `clients ENDPOINT,ENDPOINT,...`. It closes with "N passed, N failed".
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"
	"go.uber.org/zap"
)

// patience bounds every check: one that hangs is one that failed.
const patience = 60 * time.Second

func main() {
	endpoints := strings.Split(os.Args[1], ",")
	client, err := clientv3.New(clientv3.Config{Endpoints: endpoints, DialTimeout: 5 * time.Second, Logger: zap.NewNop()})
	if err != nil {
		fmt.Printf("cannot connect: %v\n0 passed, 1 failed\n", err)
		os.Exit(1)
	}
	checks := []struct {
		name string
		run  func(context.Context, *clientv3.Client) error
	}{
		{"errors", refusals},
		{"pages", pages},
		{"mutex", mutex},
		{"try lock", tryLock},
		{"mutex of a dead session", deadSession},
		{"election", election},
		{"stm", stm},
		{"stm isolation levels", stmLevels},
		{"watch with fragments and progress", watch},
		{"keep alive", keepAlive},
	}
	passed, failed := 0, 0
	for _, check := range checks {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		if err := check.run(ctx, client); err != nil {
			failed++
			fmt.Printf("%s ... FAILED: %v\n", check.name, err)
		} else {
			passed++
			fmt.Printf("%s ... ok\n", check.name)
		}
		cancel()
	}
	fmt.Printf("%d passed, %d failed\n", passed, failed)
	if failed > 0 {
		os.Exit(1)
	}
}

// refusals: clients compare errors with the values of rpctypes, so code and text must be etcd's.
func refusals(ctx context.Context, client *clientv3.Client) error {
	_, empty := client.Put(ctx, "", "")
	_, future := client.Get(ctx, "go/none", clientv3.WithRev(1<<40))
	_, noKey := client.Put(ctx, "go/none", "", clientv3.WithIgnoreValue())
	_, noLease := client.Put(ctx, "go/none", "", clientv3.WithLease(1234567))
	_, large := client.Put(ctx, "go/large", strings.Repeat("x", 1800<<10))
	var many []clientv3.Op
	for i := range 129 {
		many = append(many, clientv3.OpPut("go/many/"+strconv.Itoa(i), ""))
	}
	_, tooMany := client.Txn(ctx).Then(many...).Commit()
	for _, c := range []struct{ got, want error }{
		{empty, rpctypes.ErrEmptyKey},
		{future, rpctypes.ErrFutureRev},
		{noKey, rpctypes.ErrKeyNotFound},
		{noLease, rpctypes.ErrLeaseNotFound},
		{large, rpctypes.ErrRequestTooLarge},
		{tooMany, rpctypes.ErrTooManyOps},
	} {
		if !errors.Is(c.got, c.want) {
			return fmt.Errorf("got %v, want %v", c.got, c.want)
		}
	}
	return nil
}

// pages: a range larger than a page, read page by page at one revision while others write.
func pages(ctx context.Context, client *clientv3.Client) error {
	const keys = 300
	var revision int64
	for i := range keys {
		put, err := client.Put(ctx, fmt.Sprintf("go/page/%03d", i), strconv.Itoa(i))
		if err != nil {
			return err
		}
		revision = put.Header.Revision
	}
	next, end, seen := "go/page/", clientv3.GetPrefixRangeEnd("go/page/"), 0
	for more := true; more; {
		got, err := client.Get(ctx, next, clientv3.WithRange(end), clientv3.WithLimit(50), clientv3.WithRev(revision))
		if err != nil {
			return err
		}
		for _, kv := range got.Kvs {
			if string(kv.Value) != strconv.Itoa(seen) {
				return fmt.Errorf("%s holds %s", kv.Key, kv.Value)
			}
			seen++
			next = string(kv.Key) + "\x00"
		}
		if _, err := client.Put(ctx, fmt.Sprintf("go/page/%03d", seen), "overwritten"); err != nil {
			return err
		}
		more = got.More
	}
	if seen != keys {
		return fmt.Errorf("saw %d keys of %d", seen, keys)
	}
	return nil
}

// mutex: five sessions increment a counter that is not atomic but under the lock.
func mutex(ctx context.Context, client *clientv3.Client) error {
	const sessions, rounds = 5, 10
	count, holders := 0, 0
	var guard sync.Mutex
	err := together(sessions, func(int) error {
		session, err := concurrency.NewSession(client)
		if err != nil {
			return err
		}
		defer session.Close()
		lock := concurrency.NewMutex(session, "go/mutex")
		for range rounds {
			if err := lock.Lock(ctx); err != nil {
				return err
			}
			guard.Lock()
			holders++
			alone := holders == 1
			count++
			guard.Unlock()
			guarded := client.Txn(ctx).If(lock.IsOwner()).Then(clientv3.OpPut("go/guarded", ""))
			if owned, err := guarded.Commit(); err != nil || !owned.Succeeded {
				return fmt.Errorf("the holder is not the owner: %v", err)
			}
			guard.Lock()
			holders--
			guard.Unlock()
			if !alone {
				return errors.New("two hold the lock")
			}
			if err := lock.Unlock(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && count != sessions*rounds {
		return fmt.Errorf("the lock was held %d times, not %d", count, sessions*rounds)
	}
	return err
}

func tryLock(ctx context.Context, client *clientv3.Client) error {
	var locks [2]*concurrency.Mutex
	for i := range locks {
		session, err := concurrency.NewSession(client)
		if err != nil {
			return err
		}
		defer session.Close()
		locks[i] = concurrency.NewMutex(session, "go/try")
	}
	if err := locks[0].TryLock(ctx); err != nil {
		return err
	}
	if err := locks[1].TryLock(ctx); !errors.Is(err, concurrency.ErrLocked) {
		return fmt.Errorf("got %v, want %v", err, concurrency.ErrLocked)
	}
	if err := locks[0].Unlock(ctx); err != nil {
		return err
	}
	return locks[1].TryLock(ctx)
}

// deadSession: a lock of a session that ends without unlocking passes on when its lease runs out.
func deadSession(ctx context.Context, client *clientv3.Client) error {
	dead, err := concurrency.NewSession(client, concurrency.WithTTL(1))
	if err != nil {
		return err
	}
	if err := concurrency.NewMutex(dead, "go/dead").Lock(ctx); err != nil {
		return err
	}
	dead.Orphan()
	heir, err := concurrency.NewSession(client)
	if err != nil {
		return err
	}
	defer heir.Close()
	return concurrency.NewMutex(heir, "go/dead").Lock(ctx)
}

// election: candidates lead one after the other; an observer sees each; proclaiming and resigning.
func election(ctx context.Context, client *clientv3.Client) error {
	session, err := concurrency.NewSession(client)
	if err != nil {
		return err
	}
	defer session.Close()
	first := concurrency.NewElection(session, "go/election")
	if _, err := first.Leader(ctx); !errors.Is(err, concurrency.ErrElectionNoLeader) {
		return fmt.Errorf("got %v, want %v", err, concurrency.ErrElectionNoLeader)
	}
	if err := first.Campaign(ctx, "one"); err != nil {
		return err
	}
	observing, stop := context.WithCancel(ctx)
	defer stop()
	seen := first.Observe(observing)
	if err := saw(ctx, seen, "one"); err != nil {
		return err
	}
	if err := first.Proclaim(ctx, "one again"); err != nil {
		return err
	}
	if err := saw(ctx, seen, "one again"); err != nil {
		return err
	}
	other, err := concurrency.NewSession(client)
	if err != nil {
		return err
	}
	defer other.Close()
	second, elected := concurrency.NewElection(other, "go/election"), make(chan error, 1)
	go func() { elected <- second.Campaign(ctx, "two") }()
	if err := first.Resign(ctx); err != nil {
		return err
	}
	if err := <-elected; err != nil {
		return err
	}
	if err := saw(ctx, seen, "two"); err != nil {
		return err
	}
	return second.Resign(ctx)
}

// saw waits until an observer sees a value.
func saw(ctx context.Context, seen <-chan clientv3.GetResponse, want string) error {
	select {
	case got := <-seen:
		if len(got.Kvs) == 0 || string(got.Kvs[0].Value) != want {
			return fmt.Errorf("observed %v, want %q", got.Kvs, want)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("never observed %q", want)
	}
}

// stm: concurrent transfers, each carried out exactly once; their amounts leave no account with what it began with.
func stm(ctx context.Context, client *clientv3.Client) error {
	const accounts, workers, transfers, each = 5, 4, 15, 1000
	account := func(i int) string { return fmt.Sprintf("go/account/%d", i) }
	// The worker's i-th transfer.
	transfer := func(worker, i int) (from, to, amount int) {
		return (worker + i) % accounts, (worker + i*2 + 1) % accounts, (worker + i) * (worker + i)
	}
	var want [accounts]int
	for i := range accounts {
		want[i] += each
		if _, err := client.Put(ctx, account(i), strconv.Itoa(each)); err != nil {
			return err
		}
	}
	for worker := range workers {
		for i := range transfers {
			from, to, amount := transfer(worker, i)
			want[from] -= amount
			want[to] += amount
		}
	}
	err := together(workers, func(worker int) error {
		client, err := pinned(client, worker)
		if err != nil {
			return err
		}
		defer client.Close()
		for i := range transfers {
			from, to, amount := transfer(worker, i)
			_, err := concurrency.NewSTM(client, func(stm concurrency.STM) error {
				return move(stm, account(from), account(to), amount)
			}, concurrency.WithAbortContext(ctx))
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i := range accounts {
		got, err := client.Get(ctx, account(i))
		if err != nil {
			return err
		}
		if len(got.Kvs) != 1 || string(got.Kvs[0].Value) != strconv.Itoa(want[i]) {
			return fmt.Errorf("account %d holds %v, not %d", i, got.Kvs, want[i])
		}
		if want[i] == each {
			return fmt.Errorf("account %d would hold as much if nothing had moved", i)
		}
	}
	return nil
}

// move takes from one account and gives to another, which may be the same.
func move(stm concurrency.STM, from, to string, amount int) error {
	left, err := strconv.Atoi(stm.Get(from))
	if err != nil {
		return err
	}
	stm.Put(from, strconv.Itoa(left-amount))
	right, err := strconv.Atoi(stm.Get(to))
	if err != nil {
		return err
	}
	stm.Put(to, strconv.Itoa(right+amount))
	return nil
}

func stmLevels(ctx context.Context, client *clientv3.Client) error {
	client, err := pinned(client, 0)
	if err != nil {
		return err
	}
	defer client.Close()
	levels := []concurrency.Isolation{
		concurrency.SerializableSnapshot, concurrency.Serializable, concurrency.RepeatableReads, concurrency.ReadCommitted,
	}
	for i, level := range levels {
		key := fmt.Sprintf("go/level/%d", i)
		increment := func(stm concurrency.STM) error {
			value, _ := strconv.Atoi(stm.Get(key))
			stm.Put(key, strconv.Itoa(value+1))
			return nil
		}
		for range 3 {
			if _, err := concurrency.NewSTM(client, increment, concurrency.WithIsolation(level), concurrency.WithAbortContext(ctx)); err != nil {
				return err
			}
		}
		got, err := client.Get(ctx, key)
		if err != nil {
			return err
		}
		if string(got.Kvs[0].Value) != "3" {
			return fmt.Errorf("level %d: %s after three increments", level, got.Kvs[0].Value)
		}
	}
	return nil
}

// watch: one transaction whose events are larger than a message comes in fragments and loses nothing; progress on request.
func watch(ctx context.Context, client *clientv3.Client) error {
	watching, stop := context.WithCancel(ctx)
	defer stop()
	var puts []clientv3.Op
	for i := range 100 {
		puts = append(puts, clientv3.OpPut(fmt.Sprintf("go/watch/%03d", i), strings.Repeat("x", 10<<10)))
	}
	for range 5 {
		if _, err := client.Txn(ctx).Then(puts...).Commit(); err != nil {
			return err
		}
	}
	first, err := client.Get(ctx, "go/watch/000")
	if err != nil {
		return err
	}
	from := first.Kvs[0].CreateRevision
	events := client.Watch(watching, "go/watch/", clientv3.WithPrefix(), clientv3.WithRev(from), clientv3.WithFragment())
	seen, revision := 0, int64(0)
	for seen < 500 {
		response, open := <-events
		if !open || response.Err() != nil {
			return fmt.Errorf("the watch ended after %d events: %w", seen, response.Err())
		}
		for _, event := range response.Events {
			if event.Kv.ModRevision < revision {
				return errors.New("revisions went backwards")
			}
			revision = event.Kv.ModRevision
			seen++
		}
	}
	if err := client.RequestProgress(watching); err != nil {
		return err
	}
	select {
	case response := <-events:
		if !response.IsProgressNotify() || response.Header.Revision < revision {
			return fmt.Errorf("no progress came but %+v", response)
		}
	case <-ctx.Done():
		return errors.New("no progress came")
	}
	return nil
}

// keepAlive: a lease of one second lives for three because it is kept alive, and dies when it is not.
func keepAlive(ctx context.Context, client *clientv3.Client) error {
	lease, err := client.Grant(ctx, 1)
	if err != nil {
		return err
	}
	if _, err := client.Put(ctx, "go/alive", "", clientv3.WithLease(lease.ID)); err != nil {
		return err
	}
	keeping, stop := context.WithCancel(ctx)
	defer stop()
	answers, err := client.KeepAlive(keeping, lease.ID)
	if err != nil {
		return err
	}
	for range 6 {
		if answer, open := <-answers; !open || answer.TTL < 1 {
			return errors.New("the lease was not kept alive")
		}
	}
	deleted := client.Watch(ctx, "go/alive", clientv3.WithFilterPut())
	stop()
	if got, err := client.Get(ctx, "go/alive", clientv3.WithCountOnly()); err != nil || got.Count != 1 {
		return fmt.Errorf("the key went early: %v %v", got, err)
	}
	if response := <-deleted; len(response.Events) != 1 {
		return fmt.Errorf("the key did not go: %v", response.Err())
	}
	return nil
}

// pinned is a client of one member only: transactional memory reads on at a revision that another member may not have
// yet, and takes its answer for final.
func pinned(client *clientv3.Client, i int) (*clientv3.Client, error) {
	endpoints := client.Endpoints()
	return clientv3.New(clientv3.Config{Endpoints: endpoints[i%len(endpoints):][:1], Logger: zap.NewNop()})
}

// together runs n workers at once; the first error counts.
func together(n int, work func(int) error) error {
	results := make(chan error, n)
	for i := range n {
		go func() { results <- work(i) }()
	}
	var first error
	for range n {
		if err := <-results; err != nil && first == nil {
			first = err
		}
	}
	return first
}
