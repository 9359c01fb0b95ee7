package main

import (
	"context"
	"fmt"
	"sort"
	"sync"
	"time"

	"synod.dev/tests/conformance/driven"
)

// book is what the holders saw.
type book struct {
	mutex    sync.Mutex
	holds    []*hold
	outcomes map[string]outcome
	tokens   map[string]string // by value
	late     map[string]outcome
	newest   string // the newest token of an acknowledged write
}

// hold is one holder's time with the lock.
type hold struct {
	token string
	// since is when it knew that the lock was its own.
	since time.Time
	// still is when the last write began that showed that its node was there.
	still time.Time
}

func (b *book) begin(token string) *hold {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	hold := &hold{token: token, since: time.Now()}
	b.holds = append(b.holds, hold)
	return hold
}

func (b *book) held(hold *hold, began time.Time) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	hold.still = began
}

func (b *book) wrote(token, value string, came outcome) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.outcomes == nil {
		b.outcomes, b.tokens, b.late = map[string]outcome{}, map[string]string{}, map[string]outcome{}
	}
	b.outcomes[value], b.tokens[value] = came, token
	if came == taken {
		b.newest = max(b.newest, token)
	}
}

// isOld tells whether a write of a newer token was acknowledged.
func (b *book) isOld(token string) bool {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.newest > token
}

func (b *book) cameLate(value string, outcome outcome) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.late[value] = outcome
}

// judgeHolders holds tokens against time: whoever had a newer token knew so after the older one's node was last seen.
func (b *book) judgeHolders() bool {
	sort.Slice(b.holds, func(i, j int) bool { return b.holds[i].token < b.holds[j].token })
	twice, again := 0, 0
	var latest time.Time
	for at, hold := range b.holds {
		if hold.since.Before(latest) {
			twice++
		}
		if at > 0 && b.holds[at-1].token == hold.token {
			again++
		}
		if hold.still.After(latest) {
			latest = hold.still
		}
	}
	good := twice == 0 && again == 0 && len(b.holds) > 0
	fmt.Printf("%s holders: the lock was held %d times, %d times beside another, %d tokens came again\n",
		driven.Verdict(good), len(b.holds), twice, again)
	return good
}

// judgeStore reads everything back.
func (b *book) judgeStore(ctx context.Context, store *store) bool {
	found, err := store.written(ctx)
	if err != nil {
		fmt.Printf("%s the store cannot be read: %v\n", driven.Verdict(false), err)
		return false
	}
	counts, lost, wrong := map[outcome]int{}, 0, 0
	for value, outcome := range b.outcomes {
		counts[outcome]++
		note, there := found[value]
		if outcome == taken && !there || there && note.token != b.tokens[value] {
			lost++
		}
		if outcome == refused && there {
			wrong++
		}
	}
	lateRefused, lateTaken := 0, 0
	for value, outcome := range b.late {
		if _, there := found[value]; there || outcome == taken {
			lateTaken++
		} else if outcome == refused {
			lateRefused++
		}
	}
	older := fallen(found)
	good := lost == 0 && wrong == 0 && older == 0 && lateTaken == 0 && lateRefused > 0
	fmt.Printf("%s store: %d writes acknowledged, %d refused, %d unknown; %d lost, %d refused and there, %d tokens after newer ones; "+
		"%d of who came late refused, %d taken\n",
		driven.Verdict(good), counts[taken], counts[refused], counts[unknown], lost, wrong, older, lateRefused, lateTaken)
	return good
}

// fallen is how often a token was taken after a newer one.
func fallen(found map[string]note) int {
	notes := make([]note, 0, len(found))
	for _, note := range found {
		notes = append(notes, note)
	}
	sort.Slice(notes, func(i, j int) bool { return notes[i].revision < notes[j].revision })
	older, newest := 0, ""
	for _, note := range notes {
		if note.token < newest {
			older++
		}
		newest = max(newest, note.token)
	}
	return older
}
