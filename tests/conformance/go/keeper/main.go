// Command keeper writes keys into a CacheCluster without pause while somebody else does harm to it, and judges at the end.
//
//	keeper -endpoint redis://HOST:PORT -connection DIR
//
// The folder is a connection Secret as it is mounted: `password`, and for rediss:// `ca.crt`, `tls.crt` and `tls.key`. All are read
// anew for each connection. Commands are read from the standard input, a line each: "mark" asks how long it takes from now until a
// write is acknowledged that began after it, answered by a line "gap MILLISECONDS"; "stop" (or the end of the input) begins the
// judgement. It prints "ready" after the first write, at the end one line per verdict, and exits with 1 if one is bad:
//
//   - each key that was acknowledged is there, with its value;
//   - whoever shows no password, or another one, is refused.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"net/url"
	"os"
	"sync"
	"time"

	"synod.dev/tests/conformance/driven"
)

func main() {
	endpoint := flag.String("endpoint", "", "where clients connect, as redis://HOST:PORT or rediss://HOST:PORT")
	folder := flag.String("connection", "", "the folder with the password and, for TLS, the certificates")
	count := flag.Int("writers", 4, "how many clients write")
	flag.Parse()
	at, err := url.Parse(*endpoint)
	if err != nil || at.Host == "" {
		fmt.Printf("-endpoint: %q is no URL\n", *endpoint)
		os.Exit(1)
	}
	run := &run{place: place{host: at.Host, tls: at.Scheme == "rediss", folder: *folder}, stopping: make(driven.Stopping)}
	for writer := range *count {
		run.workers.Add(1)
		go func() {
			defer run.workers.Done()
			run.write(writer)
		}()
	}
	run.obey()
	close(run.stopping)
	run.workers.Wait()
	if !run.judge() {
		os.Exit(1)
	}
}

// run is what all writers share.
type run struct {
	place    place
	marks    driven.Marks
	workers  sync.WaitGroup
	stopping driven.Stopping
	mutex    sync.Mutex
	// How many keys of each writer were acknowledged, by number; what is not known to be there is left out.
	acknowledged []string
	unknown      int
}

// obey carries out the commands on the standard input until it is told to stop.
func (r *run) obey() {
	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		switch input.Text() {
		case "mark":
			r.marks.Set()
		case "stop":
			return
		default:
			fmt.Printf("unknown command %q\n", input.Text())
		}
	}
}

// write sets one key after the other until the run stops, by a connection that is made anew when it breaks.
func (r *run) write(writer int) {
	var client *client
	for number := 0; !r.stopping.Stopped(); number++ {
		began := time.Now()
		key := fmt.Sprintf("kept:%d:%08d", writer, number)
		var err error
		if client == nil {
			client, err = r.place.open()
		}
		if err == nil {
			_, err = client.call("SET", key, "value of "+key)
		}
		r.note(key, err == nil)
		if err == nil {
			r.marks.Acknowledged(began)
			continue
		}
		if client != nil {
			client.close()
			client = nil
		}
		driven.Breathe(began)
	}
}

func (r *run) note(key string, acknowledged bool) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if acknowledged {
		r.acknowledged = append(r.acknowledged, key)
	} else {
		r.unknown++
	}
}

// patience is how long the judgement waits until it is let in.
const patience = 2 * time.Minute

// judge prints the verdicts; true if all are good.
func (r *run) judge() bool {
	var client *client
	var err error
	for began := time.Now(); time.Since(began) < patience; time.Sleep(100 * time.Millisecond) {
		if client, err = r.place.open(); err == nil {
			break
		}
	}
	if err != nil {
		fmt.Printf("BAD the keys cannot be read: %v\n", err)
		return false
	}
	defer client.close()
	lost, wrong := 0, 0
	for _, key := range r.acknowledged {
		value, err := client.call("GET", key)
		switch {
		case err != nil:
			fmt.Printf("BAD the keys cannot be read: %v\n", err)
			return false
		case value == nil:
			lost++
		case *value != "value of "+key:
			wrong++
		}
	}
	good := lost+wrong == 0 && len(r.acknowledged) > 0
	fmt.Printf("%s keys: %d acknowledged, %d unknown, %d lost, %d wrong\n",
		driven.Verdict(good), len(r.acknowledged), r.unknown, lost, wrong)
	return r.judgeStrangers() && good
}

// judgeStrangers tries without a password, and with a wrong one.
func (r *run) judgeStrangers() bool {
	good := true
	for _, words := range [][]string{{"GET", "kept:0:00000000"}, {"AUTH", "guessed"}} {
		client, err := r.place.dial()
		if err != nil {
			fmt.Printf("BAD a stranger cannot connect: %v\n", err)
			return false
		}
		_, err = client.call(words...)
		client.close()
		if err == nil {
			fmt.Printf("BAD %s of a stranger was not refused\n", words[0])
			good = false
		}
	}
	if good {
		fmt.Println("good strangers: refused")
	}
	return good
}
