package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const patience = 40 * time.Second

var ctx = context.Background()

// failure is what a check panics with when it does not hold.
type failure string

// bed is what a test is run against: a server without keys, and somebody who kills it.
type bed struct {
	address  string
	settings map[string]string
	input    *bufio.Reader
	name     string
	protocol int
	clients  []*redis.Client
}

func newBed(address string, settings []string, input *bufio.Reader) *bed {
	known := map[string]string{}
	for _, setting := range settings {
		key, value, _ := strings.Cut(setting, "=")
		known[key] = value
	}
	return &bed{address: address, settings: known, input: input}
}

func (b *bed) begin(name string) {
	b.name, b.protocol = name, 3
	must("an empty server", b.client().FlushAll(ctx).Err())
}

// client has a pool of its own, which ends with the test.
func (b *bed) client(changes ...func(*redis.Options)) *redis.Client {
	options := &redis.Options{Addr: b.address, Protocol: b.protocol, ReadTimeout: patience, WriteTimeout: patience}
	for _, change := range changes {
		change(options)
	}
	client := redis.NewClient(options)
	b.clients = append(b.clients, client)
	return client
}

func (b *bed) end() {
	for _, client := range b.clients {
		client.Close()
	}
	b.clients = nil
}

// kill ends the server, as kill -9 does.
func (b *bed) kill() { b.ask("harm kill " + b.address) }

// start starts the killed server and waits until it serves.
func (b *bed) start() { b.ask("harm start " + b.address) }

func (b *bed) ask(harm string) {
	fmt.Println(harm)
	answer, err := b.input.ReadString('\n')
	must("an answer to "+harm, err)
	if strings.TrimSpace(answer) != "done" {
		panic(failure(fmt.Sprintf("`%s` was answered with `%s`", harm, strings.TrimSpace(answer))))
	}
}

func must(what string, err error) {
	if err != nil {
		panic(failure(fmt.Sprintf("%s: %v%s", what, err, place())))
	}
}

func check(what string, holds bool) {
	if !holds {
		panic(failure(fmt.Sprintf("not so: %s%s", what, place())))
	}
	fmt.Println("  " + what)
}

func equal(what string, expected, came any) {
	if !reflect.DeepEqual(expected, came) {
		panic(failure(fmt.Sprintf("%s: expected %#v, came %#v%s", what, expected, came, place())))
	}
	fmt.Println("  " + what)
}

// result is a command that was answered.
type result[T any] interface {
	Result() (T, error)
}

// gives checks what a command is answered with.
func gives[T any](what string, expected T, command result[T]) {
	came, err := command.Result()
	must(what, err)
	if !reflect.DeepEqual(expected, came) {
		panic(failure(fmt.Sprintf("%s: expected %#v, came %#v%s", what, expected, came, place())))
	}
	fmt.Println("  " + what)
}

// nothing checks that a command finds nothing.
func nothing[T any](what string, command result[T]) {
	_, err := command.Result()
	if !errors.Is(err, redis.Nil) {
		panic(failure(fmt.Sprintf("%s: expected nothing, came %v%s", what, err, place())))
	}
	fmt.Println("  " + what)
}

// refused checks the words of an error.
func refused(what, words string, err error) {
	if err == nil || err.Error() != words {
		panic(failure(fmt.Sprintf("%s: expected `%s`, came `%v`%s", what, words, err, place())))
	}
	fmt.Printf("  %s is refused: %s\n", what, words)
}

func eventually(what string, holds func() bool) {
	deadline := time.Now().Add(patience)
	for !holds() {
		if time.Now().After(deadline) {
			panic(failure(fmt.Sprintf("not so after %v: %s%s", patience, what, place())))
		}
		time.Sleep(10 * time.Millisecond)
	}
	fmt.Println("  " + what)
}

// together runs work(0), work(1), ... at once; the first error fails the test.
func together(count int, work func(int) error) {
	var group sync.WaitGroup
	errs := make([]error, count)
	for index := range count {
		group.Go(func() { errs[index] = work(index) })
	}
	group.Wait()
	must(fmt.Sprintf("%d at once", count), errors.Join(errs...))
}

// later does something in a while.
func later(work func()) {
	go func() {
		time.Sleep(100 * time.Millisecond)
		work()
	}()
}

// place is where the test called what called this.
func place() string {
	for skip := 2; ; skip++ {
		_, file, line, known := runtime.Caller(skip)
		if name := filepath.Base(file); !known || name != "bed.go" {
			return fmt.Sprintf(" (%s:%d)", name, line)
		}
	}
}
