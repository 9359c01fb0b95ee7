package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"time"

	"github.com/go-zookeeper/zk"
)

const (
	patience       = 20 * time.Second
	sessionTimeout = 10 * time.Second
)

// failure is what a check panics with when it does not hold.
type failure string

// bed is what a test is run against: members, settings, a part of the tree of its own, and somebody who kills members.
type bed struct {
	members  []string
	settings map[string]string
	input    *bufio.Reader
	name     string
	conns    []*zk.Conn
}

func newBed(connect string, settings []string, input *bufio.Reader) *bed {
	known := map[string]string{}
	for _, setting := range settings {
		key, value, _ := strings.Cut(setting, "=")
		known[key] = value
	}
	return &bed{members: strings.Split(connect, ","), settings: known, input: input}
}

// path is one of the test's own; nothing is there yet.
func (b *bed) path() string {
	return fmt.Sprintf("/%s-%d", strings.ReplaceAll(b.name, "/", "-"), os.Getpid())
}

// open makes a session with these members, or with all; it ends with the test.
func (b *bed) open(members ...string) (*zk.Conn, <-chan zk.Event) {
	if len(members) == 0 {
		members = b.members
	}
	conn, events, err := zk.Connect(members, sessionTimeout, zk.WithLogInfo(false))
	must("a session", err)
	b.conns = append(b.conns, conn)
	await(events, zk.StateHasSession)
	return conn, events
}

func (b *bed) end() {
	for _, conn := range b.conns {
		conn.Close()
	}
	b.conns = nil
}

// kill ends the member that serves clients at this address, as kill -9 does.
func (b *bed) kill(member string) { b.ask("harm kill " + member) }

// start starts a killed member and waits until it serves.
func (b *bed) start(member string) { b.ask("harm start " + member) }

func (b *bed) ask(harm string) {
	fmt.Println(harm)
	answer, err := b.input.ReadString('\n')
	must("an answer to "+harm, err)
	if strings.TrimSpace(answer) != "done" {
		panic(failure(fmt.Sprintf("`%s` was answered with `%s`", harm, strings.TrimSpace(answer))))
	}
}

// await reads events of the session until one of this state.
func await(events <-chan zk.Event, wanted zk.State) {
	deadline := time.After(patience)
	for {
		select {
		case event := <-events:
			if event.Type == zk.EventSession && event.State == wanted {
				return
			}
		case <-deadline:
			panic(failure(fmt.Sprintf("the session does not become %v%s", wanted, place())))
		}
	}
}

// next is the next event of a watch.
func next(what string, events <-chan zk.Event, wanted zk.EventType, path string) {
	select {
	case event := <-events:
		equal(what, fmt.Sprint(wanted, " ", path), fmt.Sprint(event.Type, " ", event.Path))
	case <-time.After(patience):
		panic(failure(what + ": no event" + place()))
	}
}

func must(what string, err error) {
	if err != nil {
		panic(failure(fmt.Sprintf("%s: %v%s", what, err, place())))
	}
}

func equal(what string, expected, came any) {
	if !reflect.DeepEqual(expected, came) {
		panic(failure(fmt.Sprintf("%s: expected %v, came %v%s", what, expected, came, place())))
	}
	fmt.Println("  " + what)
}

func refused(what string, wanted, came error) {
	if !errors.Is(came, wanted) {
		panic(failure(fmt.Sprintf("%s: expected `%v`, came `%v`%s", what, wanted, came, place())))
	}
	fmt.Printf("  %s is refused: %v\n", what, wanted)
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

// place is where the test called what called this.
func place() string {
	_, file, line, _ := runtime.Caller(2)
	return fmt.Sprintf(" (%s:%d)", filepath.Base(file), line)
}
