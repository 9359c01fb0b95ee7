package main

import (
	"context"
	"fmt"
	"math"
	"math/rand"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"
	clientv3 "go.etcd.io/etcd/client/v3"
	"synod.dev/tests/conformance/driven"
)

// history is what the clients of the registers saw: a few keys that all of them read and write.
type history struct {
	mutex      sync.Mutex
	operations []operation
	start      time.Time
}

// registers is how many keys there are.
const registers = 5

// operation is one call and what came of it.
type operation struct {
	client        int
	key           string
	kind          kind
	argument      string // the value to write
	expected      string // what a swap compares with
	result        string // the value read
	swapped       bool
	revision      int64 // of the pair read or written; 0 if there is none or it is not known
	unknown       bool  // a write that was not answered
	call, returns int64 // nanoseconds
}

type kind int

const (
	read kind = iota
	write
	swap
)

func newHistory() *history { return &history{start: time.Now()} }

// operate does one operation after the other, with a breath between them that keeps the history checkable.
func (h *history) operate(run *run, client *clientv3.Client, number int) {
	random := rand.New(rand.NewSource(int64(number)))
	last := map[string]string{}
	for count := 0; !run.stopping.Stopped(); count++ {
		op := operation{
			client:   number,
			key:      fmt.Sprintf("register/%d", random.Intn(registers)),
			kind:     kind(random.Intn(3)),
			argument: fmt.Sprintf("%d.%d", number, count),
		}
		op.expected = last[op.key]
		ctx, cancel := context.WithTimeout(context.Background(), operationPatience)
		began := time.Now()
		op.call = time.Since(h.start).Nanoseconds()
		err := op.carryOut(ctx, client)
		op.returns = time.Since(h.start).Nanoseconds()
		cancel()
		if err != nil {
			op.unknown = true
			driven.Breathe(began)
		}
		if op.kind == read && err == nil {
			last[op.key] = op.result
		}
		if op.kind != read || err == nil {
			h.mutex.Lock()
			h.operations = append(h.operations, op)
			h.mutex.Unlock()
		}
		time.Sleep(3 * time.Millisecond)
	}
}

func (o *operation) carryOut(ctx context.Context, client *clientv3.Client) error {
	switch o.kind {
	case read:
		got, err := client.Get(ctx, o.key)
		if err == nil && len(got.Kvs) > 0 {
			o.result, o.revision = string(got.Kvs[0].Value), got.Kvs[0].ModRevision
		}
		return err
	case write:
		put, err := client.Put(ctx, o.key, o.argument)
		if err == nil {
			o.revision = put.Header.Revision
		}
		return err
	default:
		return o.carryOutSwap(ctx, client)
	}
}

func (o *operation) carryOutSwap(ctx context.Context, client *clientv3.Client) error {
	same := clientv3.Compare(clientv3.Value(o.key), "=", o.expected)
	if o.expected == "" {
		same = clientv3.Compare(clientv3.CreateRevision(o.key), "=", 0)
	}
	done, err := client.Txn(ctx).If(same).Then(clientv3.OpPut(o.key, o.argument)).Else(clientv3.OpGet(o.key)).Commit()
	if err != nil {
		return err
	}
	o.swapped = done.Succeeded
	if o.swapped {
		o.revision = done.Header.Revision
		return nil
	}
	if kvs := done.Responses[0].GetResponseRange().Kvs; len(kvs) > 0 {
		o.result, o.revision = string(kvs[0].Value), kvs[0].ModRevision
	}
	return nil
}

// state is a register: its value, and the least that its revision can be.
type state struct {
	value    string
	revision int64
}

// step tells whether an operation may have happened in a state, and the state after it.
func (o operation) step(s state) (bool, state) {
	sees := o.result == s.value && (o.revision >= s.revision)
	seen := state{o.result, o.revision}
	written := state{o.argument, max(o.revision, s.revision)}
	advances := o.unknown || o.revision > s.revision
	switch {
	case o.kind == read:
		return sees, seen
	case o.kind == write:
		return advances, written
	case o.unknown:
		if s.value == o.expected {
			return true, written
		}
		return true, s
	case o.swapped:
		return s.value == o.expected && advances, written
	default:
		return sees && s.value != o.expected, seen
	}
}

var registerModel = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		parts := map[string][]porcupine.Operation{}
		for _, op := range history {
			key := op.Input.(operation).key
			parts[key] = append(parts[key], op)
		}
		var all [][]porcupine.Operation
		for _, part := range parts {
			all = append(all, part)
		}
		return all
	},
	Init: func() any { return state{} },
	Step: func(s, input, _ any) (bool, any) {
		ok, next := input.(operation).step(s.(state))
		return ok, next
	},
}

// judge gives the history to porcupine.
func (h *history) judge() bool {
	operations := h.bounded()
	result, _ := porcupine.CheckOperationsVerbose(registerModel, operations, 3*time.Minute)
	unknown := 0
	for _, op := range h.operations {
		if op.unknown {
			unknown++
		}
	}
	good := result == porcupine.Ok && len(operations) > 0
	fmt.Printf("%s registers: %d operations, %d unknown, linearizable: %s\n",
		driven.Verdict(good), len(h.operations), unknown, result)
	return good
}

// bounded is the history as porcupine takes it. An unanswered write may have happened at any time after its call. As
// every value is written once, it can be bounded: if nobody ever saw its value, it makes no difference whether it
// happened, and it is left out; if somebody did, it happened before the first who saw it was done.
func (h *history) bounded() []porcupine.Operation {
	seen := map[string]int64{}
	note := func(key, value string, returns int64) {
		if first, known := seen[key+" "+value]; !known || returns < first {
			seen[key+" "+value] = returns
		}
	}
	for _, op := range h.operations {
		switch {
		case op.unknown:
		case op.kind == read, op.kind == swap && !op.swapped:
			note(op.key, op.result, op.returns)
		case op.kind == swap:
			note(op.key, op.expected, op.returns)
		}
	}
	// An unanswered swap whose own value was seen has seen what it expected.
	for changed := true; changed; {
		changed = false
		for _, op := range h.operations {
			returns, known := seen[op.key+" "+op.argument]
			first, already := seen[op.key+" "+op.expected]
			if op.unknown && op.kind == swap && known && (!already || returns < first) {
				note(op.key, op.expected, returns)
				changed = true
			}
		}
	}
	var operations []porcupine.Operation
	for _, op := range h.operations {
		returns := op.returns
		if op.unknown {
			first, known := seen[op.key+" "+op.argument]
			if !known {
				continue
			}
			returns = min(first, math.MaxInt64)
		}
		operations = append(operations, porcupine.Operation{ClientId: op.client, Input: op, Call: op.call, Return: returns})
	}
	return operations
}
