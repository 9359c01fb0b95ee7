package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/bsm/redislock"
	"github.com/go-redis/redis_rate/v10"
	"github.com/go-redsync/redsync/v4"
	"github.com/go-redsync/redsync/v4/redis/goredis/v9"
	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

// libraries are locks, limits and queues that are built on go-redis, with scripts.
func libraries() []test {
	return []test{
		{"redislock/one-holder", redislockOneHolder},
		{"redislock/ends", redislockEnds},
		{"redsync/one-holder", redsyncOneHolder},
		{"redsync/killed", redsyncKilled},
		{"redis_rate/limit", rateLimit},
		{"asynq/tasks", asynqTasks},
		{"asynq/killed", asynqKilled},
	}
}

// counted lets holders of a lock count, each a few times; who is not alone fails.
func counted(r *redis.Client, lock func() (func() error, error)) {
	var inside atomic.Int32
	together(5, func(int) error {
		for range 8 {
			unlock, err := lock()
			if err != nil {
				return err
			}
			if inside.Add(1) != 1 {
				return errors.New("two holders")
			}
			now, _ := r.Get(ctx, "n").Int()
			time.Sleep(time.Millisecond)
			err = r.Set(ctx, "n", now+1, 0).Err()
			inside.Add(-1)
			if err := errors.Join(err, unlock()); err != nil {
				return err
			}
		}
		return nil
	})
	gives("5 holders, 8 times each, one at a time", "40", r.Get(ctx, "n"))
}

func redislockOneHolder(b *bed) {
	r := b.client()
	locks := redislock.New(r)
	again := redislock.LinearBackoff(5 * time.Millisecond)
	counted(r, func() (func() error, error) {
		lock, err := locks.Obtain(ctx, "lock", time.Minute, &redislock.Options{RetryStrategy: again})
		if err != nil {
			return nil, err
		}
		return func() error { return lock.Release(ctx) }, nil
	})
}

func redislockEnds(b *bed) {
	locks := redislock.New(b.client())
	lock, err := locks.Obtain(ctx, "lock", time.Minute, &redislock.Options{Metadata: "mine"})
	must("obtain", err)
	_, err = locks.Obtain(ctx, "lock", time.Minute, nil)
	check("another does not get it", errors.Is(err, redislock.ErrNotObtained))
	left, err := lock.TTL(ctx)
	check("its time", err == nil && left > 50*time.Second)
	must("refresh", lock.Refresh(ctx, 200*time.Millisecond, nil))
	eventually("another gets it when its time is over", func() bool {
		_, err = locks.Obtain(ctx, "lock", time.Minute, nil)
		return err == nil
	})
	check("a release by who lost it", errors.Is(lock.Release(ctx), redislock.ErrLockNotHeld))
}

func redsyncOneHolder(b *bed) {
	r := b.client()
	locks := redsync.New(goredis.NewPool(r))
	counted(r, func() (func() error, error) {
		mutex := locks.NewMutex("mutex", redsync.WithExpiry(time.Minute), redsync.WithTries(2000), redsync.WithRetryDelay(5*time.Millisecond))
		return func() error {
			_, err := mutex.Unlock()
			return err
		}, mutex.Lock()
	})
}

func redsyncKilled(b *bed) {
	locks := redsync.New(goredis.NewPool(b.client()))
	held := locks.NewMutex("mutex", redsync.WithExpiry(10*time.Minute))
	must("lock", held.Lock())
	b.kill()
	b.start()
	other := locks.NewMutex("mutex", redsync.WithTries(1))
	var taken *redsync.ErrTaken
	eventually("after kill -9 it is still held", func() bool { return errors.As(other.Lock(), &taken) })
	extended, err := held.Extend()
	check("its holder extends it", extended && err == nil)
	unlocked, err := held.Unlock()
	check("and gives it back", unlocked && err == nil)
	must("then another has it", other.Lock())
}

func rateLimit(b *bed) {
	limiter := redis_rate.NewLimiter(b.client())
	var passed atomic.Int32
	together(8, func(int) error {
		for range 10 {
			result, err := limiter.Allow(ctx, "who", redis_rate.PerHour(20))
			if err != nil {
				return err
			}
			passed.Add(int32(result.Allowed))
		}
		return nil
	})
	equal("80 at once, 20 pass", int32(20), passed.Load())
	result, err := limiter.Allow(ctx, "who", redis_rate.PerHour(20))
	must("allow", err)
	check("who does not pass is told when", result.Allowed == 0 && result.RetryAfter > 0)
	must("reset", limiter.Reset(ctx, "who"))
	result, err = limiter.AllowAtMost(ctx, "who", redis_rate.PerHour(20), 30)
	must("allow at most", err)
	equal("at most 20 of 30", 20, result.Allowed)
}

// asynqServer works until it is stopped; `work` is called for each task.
func asynqServer(b *bed, work func(string) error) *asynq.Server {
	server := asynq.NewServer(asynq.RedisClientOpt{Addr: b.address}, asynq.Config{
		Concurrency: 4, LogLevel: asynq.FatalLevel, TaskCheckInterval: 50 * time.Millisecond,
		DelayedTaskCheckInterval: 50 * time.Millisecond,
		RetryDelayFunc:           func(int, error, *asynq.Task) time.Duration { return 100 * time.Millisecond },
	})
	must("asynq", server.Start(asynq.HandlerFunc(func(_ context.Context, task *asynq.Task) error { return work(string(task.Payload())) })))
	return server
}

func asynqTasks(b *bed) {
	client := asynq.NewClient(asynq.RedisClientOpt{Addr: b.address})
	defer client.Close()
	var done, first atomic.Int32
	server := asynqServer(b, func(payload string) error {
		if payload == "again" && first.Add(1) == 1 {
			return errors.New("the first time")
		}
		done.Add(1)
		return nil
	})
	defer server.Shutdown()
	for number := range 30 {
		_, err := client.Enqueue(asynq.NewTask("count", fmt.Append(nil, number)))
		must("enqueue", err)
	}
	_, err := client.Enqueue(asynq.NewTask("count", []byte("again")), asynq.MaxRetry(3))
	must("enqueue", err)
	_, err = client.Enqueue(asynq.NewTask("count", []byte("late")), asynq.ProcessIn(300*time.Millisecond))
	must("enqueue for later", err)
	_, err = client.Enqueue(asynq.NewTask("count", []byte("one")), asynq.Unique(time.Minute), asynq.ProcessIn(time.Hour))
	must("enqueue once", err)
	_, err = client.Enqueue(asynq.NewTask("count", []byte("one")), asynq.Unique(time.Minute))
	check("a task that is there already", errors.Is(err, asynq.ErrDuplicateTask))
	eventually("all are done, one at its second try, one late", func() bool { return done.Load() == 32 })
	inspector := asynq.NewInspector(asynq.RedisClientOpt{Addr: b.address})
	defer inspector.Close()
	info, err := inspector.GetQueueInfo("default")
	must("the queue's numbers", err)
	equal("one is scheduled, none failed for good", []int{1, 0}, []int{info.Scheduled, info.Archived})
}

func asynqKilled(b *bed) {
	client := asynq.NewClient(asynq.RedisClientOpt{Addr: b.address})
	defer client.Close()
	for number := range 50 {
		_, err := client.Enqueue(asynq.NewTask("count", fmt.Append(nil, number)))
		must("enqueue", err)
	}
	b.kill()
	b.start()
	var done atomic.Int32
	server := asynqServer(b, func(string) error { done.Add(1); return nil })
	defer server.Shutdown()
	eventually("all 50 are done", func() bool { return done.Load() >= 50 })
}
