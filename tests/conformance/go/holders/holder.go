package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-zookeeper/zk"
	"synod.dev/tests/conformance/driven"
)

// writesPerTurn is how often a holder writes before it passes the lock on.
const writesPerTurn = 3

var errLost = errors.New("the session, and the node with it, is gone")

// holder takes the lock, writes, and passes it on, again and again.
type holder struct {
	run    *run
	open   func() *zk.Conn
	conn   *zk.Conn
	number int
	// before is the token of the turn before.
	before string
}

func (h *holder) work() {
	for turn := 0; !h.run.stopping.Stopped(); turn++ {
		began := time.Now()
		if err := h.turn(turn); err != nil {
			// It may have left a node that it does not know of, which would keep everybody from the lock: that goes with its session.
			h.conn.Close()
			h.conn = h.open()
			driven.Breathe(began)
		}
	}
	h.conn.Close()
}

// turn is one hold of the lock. Whatever fails ends it; its node goes with its session at the latest.
func (h *holder) turn(turn int) error {
	own, token, err := h.enlist()
	if err != nil {
		return err
	}
	if err := h.wait(own); err != nil {
		return err
	}
	hold := h.run.book.begin(token)
	for number := range writesPerTurn {
		if err = h.write(hold, own, fmt.Sprintf("%d.%d.%d", h.number, turn, number)); err != nil {
			break
		}
	}
	if gone := h.conn.Delete(own, -1); err == nil {
		err = gone
	}
	h.comeBackLate(turn)
	h.before = token
	return err
}

// enlist makes a node of its own and returns it with the token that comes with it.
func (h *holder) enlist() (string, string, error) {
	anybody := zk.WorldACL(zk.PermAll)
	for end, letter := range lockPath + "/" {
		if letter == '/' && end > 0 {
			if _, err := h.conn.Create(lockPath[:end], nil, zk.FlagPersistent, anybody); err != nil && err != zk.ErrNodeExists {
				return "", "", err
			}
		}
	}
	own, err := h.conn.CreateProtectedEphemeralSequential(lockPath+"/lock-", nil, anybody)
	if err != nil {
		return "", "", err
	}
	there, stat, err := h.conn.Exists(own)
	if err == nil && !there {
		err = errLost
	}
	if err != nil {
		return "", "", err
	}
	incarnation, _, err := h.conn.Get("/zookeeper/incarnation")
	if err != nil {
		return "", "", err
	}
	return own, fmt.Sprintf("%s%016x", incarnation, stat.Czxid), nil
}

// wait returns when no node is before its own. An old list of children serves: what is before may be gone by now, and
// nothing comes before.
func (h *holder) wait(own string) error {
	for {
		children, _, err := h.conn.Children(lockPath)
		if err != nil {
			return err
		}
		mine, found, before := number(own), false, ""
		for _, child := range children {
			switch other := number(child); {
			case other == mine:
				found = true
			case other < mine && (before == "" || other > number(before)):
				before = child
			}
		}
		if !found {
			return errLost
		}
		if before == "" {
			return nil
		}
		there, _, changed, err := h.conn.ExistsW(lockPath + "/" + before)
		if err != nil {
			return err
		}
		if there {
			if event := <-changed; event.Err != nil {
				return event.Err
			}
		}
	}
}

// number is what orders nodes: the digits that the service put at the end.
func number(node string) string { return node[len(node)-10:] }

// write shows that its node is still there, by a write of its own, and then writes to the store.
func (h *holder) write(hold *hold, own, value string) error {
	began := time.Now()
	if _, err := h.conn.Set(own, []byte(value), -1); err != nil {
		return err
	}
	h.run.book.held(hold, began)
	outcome := h.run.store.write(hold.token, value)
	h.run.book.wrote(hold.token, value, outcome)
	if outcome == taken {
		h.run.marks.Acknowledged(hold.since)
	}
	return nil
}

// comeBackLate tries a write with the token of the turn before, as somebody does who was paused. Everybody else had the lock
// since, or this one itself, and a newer token was acknowledged: it must be refused.
func (h *holder) comeBackLate(turn int) {
	if turn%5 != 4 || h.before == "" || !h.run.book.isOld(h.before) {
		return
	}
	value := fmt.Sprintf("late.%d.%d", h.number, turn)
	h.run.book.cameLate(value, h.run.store.write(h.before, value))
}

// bytesOf is a token as the store takes it.
func bytesOf(token string) string {
	bytes, err := hex.DecodeString(strings.TrimSpace(token))
	must("a token", err)
	return string(bytes)
}
