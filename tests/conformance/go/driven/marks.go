package driven

import (
	"fmt"
	"sync"
	"time"
)

// Marks measures the time from a mark to the first acknowledgement of a write that began after it. The very first
// acknowledgement is told as "ready", an answered mark as "gap MILLISECONDS".
type Marks struct {
	mutex sync.Mutex
	since time.Time
	first sync.Once
}

// Set makes a mark.
func (m *Marks) Set() {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.since = time.Now()
}

// Waiting tells whether a mark is not answered yet.
func (m *Marks) Waiting() bool {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return !m.since.IsZero()
}

// Acknowledged is told of every acknowledged write and when it began.
func (m *Marks) Acknowledged(began time.Time) {
	m.first.Do(func() { fmt.Println("ready") })
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if !m.since.IsZero() && began.After(m.since) {
		fmt.Printf("gap %.1f\n", float64(time.Since(m.since).Microseconds())/1000)
		m.since = time.Time{}
	}
}

// Breathe keeps a client whose requests fail at once from doing nothing but that.
func Breathe(began time.Time) {
	if time.Since(began) < 10*time.Millisecond {
		time.Sleep(10 * time.Millisecond)
	}
}

// Verdict begins a line about something that was judged.
func Verdict(good bool) string {
	if good {
		return "good"
	}
	return "BAD"
}
