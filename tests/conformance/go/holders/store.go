package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const fence = "synod.dev/fence" + lockPath

// outcome is what came of a write.
type outcome int

const (
	taken outcome = iota
	refused
	unknown
)

// store is the ConsensusGroup that keeps what the lock protects.
type store struct {
	client *clientv3.Client
	// writes is what the keys of this run begin with.
	writes string
}

// keepsFences waits until what is no token is refused on a fence: once all members know fences.
func (s *store) keepsFences() error {
	var err error
	for range 300 {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		_, err = s.client.Put(ctx, "synod.dev/fence/probe", "no token")
		cancel()
		if status.Code(err) == codes.InvalidArgument {
			return nil
		}
		time.Sleep(200 * time.Millisecond)
	}
	return fmt.Errorf("it keeps no fences: %v", err)
}

// write raises the fence and writes a key of its own, at once.
func (s *store) write(token, value string) outcome {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err := s.client.Txn(ctx).
		Then(clientv3.OpPut(fence, bytesOf(token)), clientv3.OpPut(s.writes+value, token)).
		Commit()
	switch {
	case err == nil:
		return taken
	case strings.Contains(err.Error(), "is older than"):
		return refused
	default:
		return unknown
	}
}

// written is every write that is there, by value: the token and the revision.
func (s *store) written(ctx context.Context) (map[string]note, error) {
	found := map[string]note{}
	next, end := s.writes, clientv3.GetPrefixRangeEnd(s.writes)
	for {
		got, err := s.client.Get(ctx, next, clientv3.WithRange(end), clientv3.WithLimit(5000))
		if err != nil {
			return nil, err
		}
		for _, kv := range got.Kvs {
			found[strings.TrimPrefix(string(kv.Key), s.writes)] = note{token: string(kv.Value), revision: kv.CreateRevision}
			next = string(kv.Key) + "\x00"
		}
		if !got.More {
			return found, nil
		}
	}
}

// note is a write as it is found.
type note struct {
	token    string
	revision int64
}
