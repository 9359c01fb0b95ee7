// The program: runs tests of go-redis, of libraries on it and of gomemcache by name. README.md of the folder above says
// what it reads and prints.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
)

type test struct {
	name string
	run  func(*bed)
}

func tests() []test {
	var all []test
	for _, protocol := range []int{2, 3} {
		for _, topic := range append(values(), service()...) {
			name := fmt.Sprintf("go-redis/resp%d/%s", protocol, topic.name)
			all = append(all, test{name, func(b *bed) {
				b.protocol = protocol
				topic.run(b)
			}})
		}
	}
	return append(append(all, libraries()...), memcached()...)
}

func main() {
	words := os.Args[1:]
	if len(words) == 1 && words[0] == "list" {
		for _, test := range tests() {
			fmt.Println(test.name)
		}
		return
	}
	if len(words) < 2 {
		fmt.Fprintln(os.Stderr, "usage: client list | (serve|all|NAME) HOST:PORT [KEY=VALUE...]")
		os.Exit(1)
	}
	bed := newBed(words[1], words[2:], bufio.NewReader(os.Stdin))
	good := true
	for name := range wanted(words[0], bed) {
		good = one(bed, name) && good
	}
	if !good {
		os.Exit(1)
	}
}

// wanted yields the names of the tests to run: one, all, or those that come on standard input.
func wanted(word string, bed *bed) func(func(string) bool) {
	return func(yield func(string) bool) {
		switch word {
		case "all":
			for _, test := range tests() {
				if !yield(test.name) {
					return
				}
			}
		case "serve":
			for {
				line, err := bed.input.ReadString('\n')
				if err != nil || !yield(strings.TrimSpace(line)) {
					return
				}
			}
		default:
			yield(word)
		}
	}
}

func one(bed *bed, name string) (good bool) {
	defer func() {
		bed.end()
		if why := recover(); why != nil {
			failure, ours := why.(failure)
			if !ours {
				panic(why)
			}
			fmt.Printf("FAILED %s: %s\n", name, strings.ReplaceAll(string(failure), "\n", " "))
			good = false
		}
	}()
	for _, test := range tests() {
		if test.name == name {
			bed.begin(name)
			test.run(bed)
			fmt.Printf("ok %s\n", name)
			return true
		}
	}
	panic(failure("there is no such test"))
}
