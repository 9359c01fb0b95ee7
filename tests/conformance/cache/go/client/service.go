package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// service is what a client does besides values.
func service() []test {
	return []test{
		{"connect", connect},
		{"pipelines", pipelines},
		{"transactions", transactions},
		{"channels", channels},
		{"blocking", blocking},
		{"scripts", scripts},
		{"scans", scans},
		{"expiry", expiry},
		{"errors", errorWords},
		{"pools", pools},
		{"killed/nothing-lost", nothingLost},
		{"killed/subscriber", subscriberKilled},
	}
}

func connect(b *bed) {
	r := b.client(func(options *redis.Options) {
		options.ClientName, options.DB = "of-go-redis", 2
	})
	gives("ping", "PONG", r.Ping(ctx))
	gives("the client's name", "of-go-redis", r.ClientGetName(ctx))
	info, err := r.ClientInfo(ctx).Result()
	must("client info", err)
	equal("the database and the protocol", []any{2, b.protocol}, []any{info.DB, info.Resp})
	said, err := r.InfoMap(ctx, "server", "replication").Result()
	must("info", err)
	check("a version and a role", strings.HasPrefix(said["Server"]["redis_version"], "7.") && said["Replication"]["role"] == "master")
	gives("config get", map[string]string{"maxmemory-policy": "noeviction"}, r.ConfigGet(ctx, "maxmemory-policy"))
	commands, err := r.Command(ctx).Result()
	must("command", err)
	get := commands["get"]
	equal("command: get", []any{int8(2), true, int8(1)}, []any{get.Arity, get.ReadOnly, get.FirstKeyPos})
	must("acl setuser", r.ACLSetUser(ctx, "goer", "on", ">secret", "~*", "+@read", "+@connection").Err())
	reader := b.client(func(options *redis.Options) { options.Username, options.Password = "goer", "secret" })
	nothing("a user of its own", reader.Get(ctx, "a"))
	err = reader.Set(ctx, "a", 1, 0).Err()
	check("who may not write", err != nil && strings.HasPrefix(err.Error(), "NOPERM"))
	must("acl deluser", r.ACLDelUser(ctx, "goer").Err())
}

func pipelines(b *bed) {
	r := b.client()
	replies, err := r.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for number := range 2000 {
			pipe.Set(ctx, fmt.Sprint("k", number), number, 0)
			pipe.Incr(ctx, fmt.Sprint("k", number))
		}
		return nil
	})
	must("a pipeline", err)
	last := replies[3999].(*redis.IntCmd).Val()
	equal("4,000 replies", []any{4000, int64(2000)}, []any{len(replies), last})
	replies, err = r.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		pipe.Set(ctx, "a", "x", 0)
		pipe.Incr(ctx, "a")
		pipe.Get(ctx, "a")
		return nil
	})
	refused("one of them", "ERR value is not an integer or out of range", err)
	equal("what stands behind it", "x", replies[2].(*redis.StringCmd).Val())
}

func transactions(b *bed) {
	r := b.client()
	replies, err := r.TxPipelined(ctx, func(pipe redis.Pipeliner) error {
		pipe.Incr(ctx, "a")
		pipe.RPush(ctx, "l", 1, 2)
		return nil
	})
	must("multi and exec", err)
	equal("both replies", []int64{1, 2}, []int64{replies[0].(*redis.IntCmd).Val(), replies[1].(*redis.IntCmd).Val()})
	err = r.Watch(ctx, func(tx *redis.Tx) error {
		must("another writes", b.client().Set(ctx, "a", "other", 0).Err())
		_, err := tx.TxPipelined(ctx, func(pipe redis.Pipeliner) error { return pipe.Set(ctx, "a", "mine", 0).Err() })
		return err
	}, "a")
	check("watched, and changed", errors.Is(err, redis.TxFailedErr))
	together(4, func(int) error {
		for done := 0; done < 10; {
			err := r.Watch(ctx, func(tx *redis.Tx) error {
				now, err := tx.Get(ctx, "n").Int()
				if err != nil && !errors.Is(err, redis.Nil) {
					return err
				}
				_, err = tx.TxPipelined(ctx, func(pipe redis.Pipeliner) error { return pipe.Set(ctx, "n", now+1, 0).Err() })
				return err
			}, "n")
			if err == nil {
				done++
			} else if !errors.Is(err, redis.TxFailedErr) {
				return err
			}
		}
		return nil
	})
	gives("4 who count at once", "40", r.Get(ctx, "n"))
	_, err = r.TxPipelined(ctx, func(pipe redis.Pipeliner) error {
		pipe.Set(ctx, "b", 1, 0)
		pipe.Do(ctx, "NOSUCH")
		return nil
	})
	check("a transaction with an unknown command", err != nil && strings.Contains(err.Error(), "EXECABORT"))
	gives("nothing of it was done", int64(0), r.Exists(ctx, "b"))
}

func channels(b *bed) {
	r := b.client()
	heard := r.PSubscribe(ctx, "n*")
	defer heard.Close()
	must("subscribe", heard.Subscribe(ctx, "news"))
	for range 2 {
		_, err := heard.ReceiveTimeout(ctx, patience)
		must("subscribed", err)
	}
	gives("two hear it", int64(2), r.Publish(ctx, "news", "hello"))
	var came []string
	for range 2 {
		message, err := heard.ReceiveMessage(ctx)
		must("a message", err)
		came = append(came, message.Pattern+" "+message.Channel+" "+message.Payload)
	}
	slices.Sort(came)
	equal("what they hear", []string{" news hello", "n* news hello"}, came)
	must("ping", heard.Ping(ctx, "between"))
	pong, err := heard.ReceiveTimeout(ctx, patience)
	must("pong", err)
	equal("a ping between", "Pong<between>", fmt.Sprint(pong))
	gives("numsub", map[string]int64{"news": 1}, r.PubSubNumSub(ctx, "news"))
	sharded := r.SSubscribe(ctx, "shard")
	defer sharded.Close()
	_, err = sharded.Receive(ctx)
	must("ssubscribe", err)
	gives("spublish", int64(1), r.SPublish(ctx, "shard", "x"))
	equal("smessage", "x", (<-sharded.Channel()).Payload)
}

func blocking(b *bed) {
	r, other := b.client(), b.client()
	later(func() { other.RPush(ctx, "l", "a") })
	gives("blpop", []string{"l", "a"}, r.BLPop(ctx, patience, "none", "l"))
	nothing("blpop of nothing", r.BLPop(ctx, time.Second, "none"))
	later(func() { other.ZAdd(ctx, "z", redis.Z{Score: 2, Member: "m"}) })
	gives("bzpopmax", &redis.ZWithKey{Key: "z", Z: redis.Z{Score: 2, Member: "m"}}, r.BZPopMax(ctx, patience, "z"))
	later(func() { other.RPush(ctx, "from", "x") })
	gives("blmove", "x", r.BLMove(ctx, "from", "to", "LEFT", "LEFT", patience))
	later(func() { other.XAdd(ctx, &redis.XAddArgs{Stream: "x", ID: "9-1", Values: []any{"a", 1}}) })
	read, err := r.XRead(ctx, &redis.XReadArgs{Streams: []string{"x", "$"}, Block: patience}).Result()
	must("xread", err)
	equal("xread that waits", "9-1", read[0].Messages[0].ID)
	later(func() {
		for number := range 50 {
			other.LPush(ctx, "q", number)
		}
	})
	var taken sync.Map
	together(10, func(int) error {
		for range 5 {
			pair, err := r.BRPop(ctx, patience, "q").Result()
			if err != nil {
				return err
			}
			if _, twice := taken.LoadOrStore(pair[1], true); twice {
				return errors.New("twice: " + pair[1])
			}
		}
		return nil
	})
	check("10 who wait, each value once", true)
}

func scripts(b *bed) {
	r := b.client()
	script := redis.NewScript("return redis.call('INCRBY', KEYS[1], ARGV[1])")
	must("script flush", r.ScriptFlush(ctx).Err())
	came, err := script.Run(ctx, r, []string{"n"}, 5).Int()
	must("a script", err)
	equal("a script that is not there yet", 5, came)
	gives("script exists", []bool{true}, r.ScriptExists(ctx, script.Hash()))
	came, err = script.EvalSha(ctx, r, []string{"n"}, 1).Int()
	must("evalsha", err)
	equal("by its digest", 6, came)
	refused("an unknown digest", "NOSCRIPT No matching script. Please use EVAL.", r.EvalSha(ctx, strings.Repeat("0", 40), nil).Err())
	gives("eval_ro", any([]any{int64(1), "two"}), r.EvalRO(ctx, "return {1, 'two'}", nil))
	refused("words of a script", "MINE own words", r.Eval(ctx, "return redis.error_reply('MINE own words')", nil).Err())
	code := "#!lua name=golib\nredis.register_function('twice', function(keys, args) return args[1] * 2 end)"
	gives("function load", "golib", r.FunctionLoadReplace(ctx, code))
	gives("fcall", any(int64(8)), r.FCall(ctx, "twice", nil, 4))
	listed, err := r.FunctionList(ctx, redis.FunctionListQuery{LibraryNamePattern: "golib"}).Result()
	must("function list", err)
	equal("function list", "twice", listed[0].Functions[0].Name)
	gives("function delete", "OK", r.FunctionDelete(ctx, "golib"))
}

func scans(b *bed) {
	r := b.client()
	_, err := r.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for number := range 1000 {
			pipe.Set(ctx, fmt.Sprint("key:", number), number, 0)
			pipe.HSet(ctx, "hash", number, number)
		}
		return nil
	})
	must("1,001 keys", err)
	seen := map[string]bool{}
	for keys := r.Scan(ctx, 0, "key:*", 50).Iterator(); keys.Next(ctx); {
		seen[keys.Val()] = true
	}
	equal("scan", 1000, len(seen))
	fields := 0
	for each := r.HScan(ctx, "hash", 0, "", 50).Iterator(); each.Next(ctx); {
		fields++
	}
	equal("hscan", 2000, fields)
	gives("dbsize", int64(1001), r.DBSize(ctx))
	must("rpush", r.RPush(ctx, "l", 3, 1, 2).Err())
	gives("sort", []string{"3", "2"}, r.Sort(ctx, "l", &redis.Sort{Order: "DESC", Count: 2}))
}

func expiry(b *bed) {
	r := b.client()
	must("set", r.Set(ctx, "k", "v", 80*time.Millisecond).Err())
	eventually("it expires", func() bool { return errors.Is(r.Get(ctx, "k").Err(), redis.Nil) })
	gives("ttl of nothing", time.Duration(-2), r.TTL(ctx, "k"))
	must("set", r.Set(ctx, "k", "v", 0).Err())
	gives("ttl without an end", time.Duration(-1), r.TTL(ctx, "k"))
	gives("expire", true, r.Expire(ctx, "k", 100*time.Second))
	gives("expire nx", false, r.ExpireNX(ctx, "k", 200*time.Second))
	must("keepttl", r.Set(ctx, "k", "w", redis.KeepTTL).Err())
	left, err := r.PTTL(ctx, "k").Result()
	check("pttl", err == nil && left > 90*time.Second && left <= 100*time.Second)
	dumped, err := r.Dump(ctx, "k").Result()
	must("dump", err)
	gives("restore", "OK", r.Restore(ctx, "copy", time.Minute, dumped))
	gives("what was restored", "w", r.Get(ctx, "copy"))
	gives("persist", true, r.Persist(ctx, "k"))
	gives("getex", "w", r.GetEx(ctx, "k", time.Minute))
}

func errorWords(b *bed) {
	r := b.client()
	refused("an unknown command", "ERR unknown command 'NOSUCH', with args beginning with: 'a' ", r.Do(ctx, "NOSUCH", "a").Err())
	refused("a wrong arity", "ERR wrong number of arguments for 'get' command", r.Do(ctx, "GET").Err())
	refused("a syntax error", "ERR syntax error", r.Do(ctx, "SET", "a", "b", "WHAT").Err())
	refused("no such key", "ERR no such key", r.Rename(ctx, "none", "x").Err())
	refused("a bad count", "ERR value is out of range, must be positive", r.Do(ctx, "LPOP", "l", "-1").Err())
	gives("it still answers", "PONG", r.Ping(ctx))
}

func pools(b *bed) {
	r := b.client(func(options *redis.Options) { options.PoolSize = 10 })
	together(50, func(int) error {
		for range 20 {
			if err := r.Incr(ctx, "n").Err(); err != nil {
				return err
			}
		}
		return nil
	})
	gives("50 through 10 connections", "1000", r.Get(ctx, "n"))
	check("no more than 10", r.PoolStats().TotalConns <= 10)
	gives("all are killed", true, killedAll(b.client().ClientKillByFilter(ctx, "SKIPME", "yes")))
	eventually("the pool makes others", func() bool { return r.Incr(ctx, "n").Err() == nil })
}

// killed is a count as a yes.
type killed struct{ command *redis.IntCmd }

func killedAll(command *redis.IntCmd) killed { return killed{command} }

func (k killed) Result() (bool, error) {
	count, err := k.command.Result()
	return count > 0, err
}

func nothingLost(b *bed) {
	r := b.client(func(options *redis.Options) { options.PoolSize = 20 })
	var acknowledged atomic.Int64
	var stop atomic.Bool
	keys := make([][]string, 8)
	var group sync.WaitGroup
	for writer := range keys {
		group.Go(func() {
			for number := 0; !stop.Load(); number++ {
				key := fmt.Sprintf("w%d:%d", writer, number)
				if r.Set(ctx, key, number, 0).Err() == nil {
					keys[writer] = append(keys[writer], key)
					acknowledged.Add(1)
				}
			}
		})
	}
	eventually("writes are acknowledged", func() bool { return acknowledged.Load() > 150 })
	b.kill()
	before := acknowledged.Load()
	b.start()
	eventually("the same client writes again", func() bool { return acknowledged.Load() > before+150 })
	stop.Store(true)
	group.Wait()
	lost := 0
	for _, written := range keys {
		for batch := range slices.Chunk(written, 500) {
			there, err := r.Exists(ctx, batch...).Result()
			must("exists", err)
			lost += len(batch) - int(there)
		}
	}
	equal("no acknowledged write is lost", 0, lost)
}

func subscriberKilled(b *bed) {
	r := b.client()
	heard := r.Subscribe(ctx, "news")
	defer heard.Close()
	_, err := heard.Receive(ctx)
	must("subscribed", err)
	messages := heard.Channel()
	b.kill()
	b.start()
	eventually("it subscribes anew and hears", func() bool {
		r.Publish(ctx, "news", "again")
		select {
		case message := <-messages:
			return message.Payload == "again"
		case <-time.After(100 * time.Millisecond):
			return false
		}
	})
}
