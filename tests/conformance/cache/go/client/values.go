package main

import (
	"bytes"
	"fmt"
	"math"
	"sort"

	"github.com/redis/go-redis/v9"
)

const wrongType = "WRONGTYPE Operation against a key holding the wrong kind of value"

// values are the types of values.
func values() []test {
	return []test{
		{"strings", stringValues},
		{"lists", listValues},
		{"sets", setValues},
		{"sorted-sets", sortedSets},
		{"hashes", hashValues},
		{"streams", streamValues},
		{"bits", bitValues},
		{"geo", geoValues},
		{"wrong-types", wrongTypes},
	}
}

func stringValues(b *bed) {
	r := b.client()
	gives("set", "OK", r.Set(ctx, "s", "abc", 0))
	gives("get", "abc", r.Get(ctx, "s"))
	nothing("get of nothing", r.Get(ctx, "none"))
	gives("setnx", false, r.SetNX(ctx, "s", "x", 0))
	gives("append", int64(6), r.Append(ctx, "s", "def"))
	gives("getrange", "bcd", r.GetRange(ctx, "s", 1, 3))
	gives("strlen", int64(6), r.StrLen(ctx, "s"))
	gives("set and get", "abcdef", r.SetArgs(ctx, "s", "7", redis.SetArgs{Get: true}))
	gives("incr", int64(8), r.Incr(ctx, "s"))
	gives("incrbyfloat", 9.5, r.IncrByFloat(ctx, "s", 1.5))
	gives("mset", "OK", r.MSet(ctx, "a", 1, "b", 2))
	gives("mget", []any{"1", "2", nil}, r.MGet(ctx, "a", "b", "c"))
	gives("getdel", "1", r.GetDel(ctx, "a"))
	var all []byte
	for number := range 10_000 {
		all = append(all, byte(number))
	}
	must("set of bytes", r.Set(ctx, "raw", all, 0).Err())
	came, err := r.Get(ctx, "raw").Bytes()
	must("get of bytes", err)
	check("all bytes come back", bytes.Equal(all, came))
}

func listValues(b *bed) {
	r := b.client()
	gives("rpush", int64(3), r.RPush(ctx, "l", "a", "b", "c"))
	gives("lpush", int64(4), r.LPush(ctx, "l", "z"))
	gives("lrange", []string{"z", "a", "b", "c"}, r.LRange(ctx, "l", 0, -1))
	gives("lindex", "c", r.LIndex(ctx, "l", -1))
	gives("lpos", int64(2), r.LPos(ctx, "l", "b", redis.LPosArgs{}))
	gives("linsert", int64(5), r.LInsertAfter(ctx, "l", "a", "x"))
	gives("lrem", int64(1), r.LRem(ctx, "l", 0, "x"))
	gives("lmove", "c", r.LMove(ctx, "l", "m", "RIGHT", "LEFT"))
	gives("lpop of two", []string{"z", "a"}, r.LPopCount(ctx, "l", 2))
	key, taken, err := r.LMPop(ctx, "LEFT", 5, "none", "l").Result()
	must("lmpop", err)
	equal("lmpop", []any{"l", []string{"b"}}, []any{key, taken})
	nothing("lpop of nothing", r.LPop(ctx, "l"))
}

func setValues(b *bed) {
	r := b.client()
	gives("sadd", int64(3), r.SAdd(ctx, "a", 1, 2, 3))
	must("sadd", r.SAdd(ctx, "b", 3, 4).Err())
	gives("smembersmap", map[string]struct{}{"1": {}, "2": {}, "3": {}}, r.SMembersMap(ctx, "a"))
	gives("sismember", true, r.SIsMember(ctx, "a", 1))
	gives("smismember", []bool{true, false}, r.SMIsMember(ctx, "a", 1, 9))
	gives("sinter", []string{"3"}, r.SInter(ctx, "a", "b"))
	union, err := r.SUnion(ctx, "a", "b").Result()
	must("sunion", err)
	sort.Strings(union)
	equal("sunion", []string{"1", "2", "3", "4"}, union)
	gives("sdiffstore", int64(2), r.SDiffStore(ctx, "c", "a", "b"))
	gives("smove", true, r.SMove(ctx, "a", "b", 1))
	gives("scard", int64(2), r.SCard(ctx, "a"))
	popped, err := r.SPopN(ctx, "a", 9).Result()
	must("spop", err)
	equal("spop of all", 2, len(popped))
	gives("none is left", int64(0), r.Exists(ctx, "a"))
}

func sortedSets(b *bed) {
	r := b.client()
	gives("zadd", int64(3), r.ZAdd(ctx, "z", redis.Z{Score: 1, Member: "a"}, redis.Z{Score: 2.5, Member: "b"}, redis.Z{Score: 3, Member: "c"}))
	gives("zscore", 2.5, r.ZScore(ctx, "z", "b"))
	gives("zrange with scores", []redis.Z{{Score: 1, Member: "a"}, {Score: 2.5, Member: "b"}, {Score: 3, Member: "c"}}, r.ZRangeWithScores(ctx, "z", 0, -1))
	gives("zrangebyscore", []string{"b", "c"}, r.ZRangeByScore(ctx, "z", &redis.ZRangeBy{Min: "(1", Max: "+inf"}))
	gives("zrange rev", []string{"c", "b"}, r.ZRangeArgs(ctx, redis.ZRangeArgs{Key: "z", Start: 0, Stop: 1, Rev: true}))
	gives("zincrby", 4.5, r.ZIncrBy(ctx, "z", 3.5, "a"))
	gives("zrank", int64(2), r.ZRank(ctx, "z", "a"))
	rank, err := r.ZRankWithScore(ctx, "z", "a").Result()
	if err == nil {
		equal("zrank with score, as 7.2 has it", redis.RankScore{Rank: 2, Score: 4.5}, rank)
	} else {
		// 7.0 does not know the option yet.
		check("zrank with score, which 7.0 has not", err.Error() == "ERR wrong number of arguments for 'zrank' command")
	}
	gives("zmscore", []float64{4.5, 0}, r.ZMScore(ctx, "z", "a", "none"))
	gives("zpopmin", []redis.Z{{Score: 2.5, Member: "b"}}, r.ZPopMin(ctx, "z"))
	must("zadd", r.ZAdd(ctx, "y", redis.Z{Score: 10, Member: "c"}, redis.Z{Score: math.Inf(1), Member: "d"}).Err())
	gives("zinter", []redis.Z{{Score: 13, Member: "c"}}, r.ZInterWithScores(ctx, &redis.ZStore{Keys: []string{"z", "y"}}))
	gives("an infinite score", math.Inf(1), r.ZScore(ctx, "y", "d"))
	gives("zunionstore", int64(3), r.ZUnionStore(ctx, "u", &redis.ZStore{Keys: []string{"z", "y"}, Aggregate: "MAX"}))
	gives("zremrangebyrank", int64(2), r.ZRemRangeByRank(ctx, "u", 0, 1))
	gives("zrandmember", []string{"d"}, r.ZRandMember(ctx, "u", 3))
}

func hashValues(b *bed) {
	r := b.client()
	gives("hset", int64(2), r.HSet(ctx, "h", "a", 1, "b", "two"))
	gives("hget", "two", r.HGet(ctx, "h", "b"))
	nothing("hget of nothing", r.HGet(ctx, "h", "none"))
	gives("hgetall", map[string]string{"a": "1", "b": "two"}, r.HGetAll(ctx, "h"))
	gives("hmget", []any{"1", nil}, r.HMGet(ctx, "h", "a", "none"))
	gives("hincrby", int64(6), r.HIncrBy(ctx, "h", "a", 5))
	gives("hincrbyfloat", 6.5, r.HIncrByFloat(ctx, "h", "a", 0.5))
	gives("hsetnx", false, r.HSetNX(ctx, "h", "a", 1))
	var filled struct {
		A float64 `redis:"a"`
		B string  `redis:"b"`
	}
	must("a struct", r.HGetAll(ctx, "h").Scan(&filled))
	equal("a struct out of a hash", fmt.Sprint(6.5, "two"), fmt.Sprint(filled.A, filled.B))
	fields, err := r.HRandFieldWithValues(ctx, "h", 2).Result()
	must("hrandfield", err)
	equal("hrandfield with values", 2, len(fields))
	gives("hdel", int64(2), r.HDel(ctx, "h", "a", "b"))
}

func streamValues(b *bed) {
	r := b.client()
	for number := 1; number <= 3; number++ {
		id := fmt.Sprintf("%d-1", number)
		gives("xadd", id, r.XAdd(ctx, &redis.XAddArgs{Stream: "x", ID: id, Values: []any{"n", number}}))
	}
	entries := []redis.XMessage{{ID: "1-1", Values: map[string]any{"n": "1"}}, {ID: "2-1", Values: map[string]any{"n": "2"}}}
	came, err := r.XRangeN(ctx, "x", "-", "+", 2).Result()
	must("xrange", err)
	equal("xrange", ids(entries), ids(came))
	gives("xgroup create", "OK", r.XGroupCreate(ctx, "x", "g", "0"))
	refused("the same again", "BUSYGROUP Consumer Group name already exists", r.XGroupCreate(ctx, "x", "g", "0").Err())
	read, err := r.XReadGroup(ctx, &redis.XReadGroupArgs{Group: "g", Consumer: "c", Streams: []string{"x", ">"}, Count: 2}).Result()
	must("xreadgroup", err)
	equal("xreadgroup", ids(entries), ids(read[0].Messages))
	gives("xack", int64(1), r.XAck(ctx, "x", "g", "1-1"))
	pending, err := r.XPending(ctx, "x", "g").Result()
	must("xpending", err)
	equal("xpending", &redis.XPending{Count: 1, Lower: "2-1", Higher: "2-1", Consumers: map[string]int64{"c": 1}}, pending)
	claimed, err := r.XClaim(ctx, &redis.XClaimArgs{Stream: "x", Group: "g", Consumer: "d", Messages: []string{"2-1"}}).Result()
	must("xclaim", err)
	equal("xclaim", []string{"2-1"}, ids(claimed))
	info, err := r.XInfoStreamFull(ctx, "x", 10).Result()
	must("xinfo stream full", err)
	equal("xinfo stream full", []any{int64(3), 3, "g"}, []any{info.Length, len(info.Entries), info.Groups[0].Name})
	consumers, err := r.XInfoConsumers(ctx, "x", "g").Result()
	must("xinfo consumers", err)
	equal("xinfo consumers", 2, len(consumers))
	gives("xtrim", int64(2), r.XTrimMaxLen(ctx, "x", 1))
}

func ids(messages []redis.XMessage) []string {
	var all []string
	for _, message := range messages {
		all = append(all, message.ID)
	}
	return all
}

func bitValues(b *bed) {
	r := b.client()
	gives("setbit", int64(0), r.SetBit(ctx, "b", 7, 1))
	gives("getbit", int64(1), r.GetBit(ctx, "b", 7))
	gives("bitcount", int64(1), r.BitCount(ctx, "b", &redis.BitCount{Start: 0, End: -1}))
	gives("bitpos", int64(7), r.BitPos(ctx, "b", 1))
	gives("bitop not", int64(1), r.BitOpNot(ctx, "n", "b"))
	gives("bitfield", []int64{0, 9}, r.BitField(ctx, "f", "SET", "u8", 0, 255, "INCRBY", "u8", 0, 10))
	gives("pfadd", int64(1), r.PFAdd(ctx, "p", "a", "b", "c"))
	gives("pfcount", int64(3), r.PFCount(ctx, "p"))
}

func geoValues(b *bed) {
	r := b.client()
	gives("geoadd", int64(2), r.GeoAdd(ctx, "g",
		&redis.GeoLocation{Name: "Palermo", Longitude: 13.361389, Latitude: 38.115556},
		&redis.GeoLocation{Name: "Catania", Longitude: 15.087269, Latitude: 37.502669}))
	gives("geodist", 166.2742, r.GeoDist(ctx, "g", "Palermo", "Catania", "km"))
	gives("geosearch", []string{"Catania", "Palermo"}, r.GeoSearch(ctx, "g", &redis.GeoSearchQuery{Longitude: 15, Latitude: 37, Radius: 200, RadiusUnit: "km", Sort: "ASC"}))
	places, err := r.GeoSearchLocation(ctx, "g", &redis.GeoSearchLocationQuery{
		GeoSearchQuery: redis.GeoSearchQuery{Member: "Palermo", BoxWidth: 400, BoxHeight: 400, BoxUnit: "km", Sort: "ASC"},
		WithCoord:      true, WithDist: true, WithHash: true,
	}).Result()
	must("geosearch with all", err)
	equal("geosearch with all", []any{"Palermo", 0.0, "Catania", 166.2742}, []any{places[0].Name, places[0].Dist, places[1].Name, places[1].Dist})
	equal("its hash", int64(3479099956230698), places[0].GeoHash)
}

func wrongTypes(b *bed) {
	r := b.client()
	must("set", r.Set(ctx, "s", "abc", 0).Err())
	refused("lpush", wrongType, r.LPush(ctx, "s", 1).Err())
	refused("hget", wrongType, r.HGet(ctx, "s", "f").Err())
	refused("sadd", wrongType, r.SAdd(ctx, "s", 1).Err())
	refused("zadd", wrongType, r.ZAdd(ctx, "s", redis.Z{Score: 1, Member: "a"}).Err())
	refused("incr", "ERR value is not an integer or out of range", r.Incr(ctx, "s").Err())
}
