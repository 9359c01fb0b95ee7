package main

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"github.com/bradfitz/gomemcache/memcache"
)

// memcached is what gomemcache does at the second port.
func memcached() []test {
	return []test{
		{"gomemcache/values", memcachedValues},
		{"gomemcache/cas", memcachedCas},
		{"gomemcache/killed", memcachedKilled},
	}
}

func (b *bed) memcached() *memcache.Client {
	client := memcache.New(b.settings["memcached"])
	client.Timeout = patience
	must("flush", client.FlushAll())
	return client
}

func memcachedValues(b *bed) {
	client := b.memcached()
	must("ping", client.Ping())
	must("set", client.Set(&memcache.Item{Key: "k", Value: []byte("v"), Flags: 77}))
	item, err := client.Get("k")
	must("get", err)
	equal("value and flags", []any{"v", uint32(77)}, []any{string(item.Value), item.Flags})
	_, err = client.Get("none")
	check("get of nothing", errors.Is(err, memcache.ErrCacheMiss))
	check("add of what is there", errors.Is(client.Add(&memcache.Item{Key: "k"}), memcache.ErrNotStored))
	must("append", client.Append(&memcache.Item{Key: "k", Value: []byte("w")}))
	must("prepend", client.Prepend(&memcache.Item{Key: "k", Value: []byte("u")}))
	item, err = client.Get("k")
	check("append and prepend", err == nil && string(item.Value) == "uvw")
	must("a number", client.Set(&memcache.Item{Key: "n", Value: []byte("10")}))
	number, err := client.Increment("n", 5)
	check("increment", err == nil && number == 15)
	number, err = client.Decrement("n", 100)
	check("decrement ends at nothing", err == nil && number == 0)
	var keys []string
	for number := range 100 {
		keys = append(keys, fmt.Sprint("m", number))
		must("set", client.Set(&memcache.Item{Key: keys[number], Value: bytes.Repeat([]byte{byte(number)}, 1000)}))
	}
	items, err := client.GetMulti(keys)
	check("get of 100", err == nil && len(items) == 100)
	must("touch", client.Touch("k", 100))
	_, err = client.GetAndTouch("k", 100)
	must("get and touch", err)
	must("a short time", client.Set(&memcache.Item{Key: "short", Value: []byte("v"), Expiration: 1}))
	eventually("it expires", func() bool { _, err := client.Get("short"); return errors.Is(err, memcache.ErrCacheMiss) })
	must("delete", client.Delete("k"))
	check("delete of nothing", errors.Is(client.Delete("k"), memcache.ErrCacheMiss))
}

func memcachedCas(b *bed) {
	client := b.memcached()
	must("set", client.Set(&memcache.Item{Key: "n", Value: []byte("0")}))
	together(4, func(int) error {
		for done := 0; done < 10; {
			item, err := client.Get("n")
			if err != nil {
				return err
			}
			now, _ := strconv.Atoi(string(item.Value))
			item.Value = fmt.Append(nil, now+1)
			err = client.CompareAndSwap(item)
			if err == nil {
				done++
			} else if !errors.Is(err, memcache.ErrCASConflict) {
				return err
			}
		}
		return nil
	})
	item, err := client.Get("n")
	check("4 who count at once", err == nil && string(item.Value) == "40")
}

func memcachedKilled(b *bed) {
	client := b.memcached()
	must("set", client.Set(&memcache.Item{Key: "k", Value: []byte("v")}))
	b.kill()
	b.start()
	eventually("the same client writes again", func() bool { return client.Set(&memcache.Item{Key: "k", Value: []byte("w")}) == nil })
	item, err := client.Get("k")
	check("and reads", err == nil && string(item.Value) == "w")
}
