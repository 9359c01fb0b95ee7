package main

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"synod.dev/tests/conformance/driven"
)

// answerPatience is how long a call may take; afterwards what came of it is unknown.
const answerPatience = 5 * time.Second

// place is where a cache is, and what is needed to be let in.
type place struct {
	host   string
	tls    bool
	folder string
}

// client is a connection that was made; it does one call at a time.
type client struct {
	conn   net.Conn
	reader *bufio.Reader
}

// dial connects, and says nothing.
func (p place) dial() (*client, error) {
	dialer := &net.Dialer{Timeout: answerPatience}
	var conn net.Conn
	var err error
	if p.tls {
		conn, err = tls.DialWithDialer(dialer, "tcp", p.host, driven.Fresh(p.folder))
	} else {
		conn, err = dialer.Dial("tcp", p.host)
	}
	if err != nil {
		return nil, err
	}
	return &client{conn: conn, reader: bufio.NewReader(conn)}, nil
}

// open connects, and shows the password that is in the folder by now.
func (p place) open() (*client, error) {
	password, err := os.ReadFile(filepath.Join(p.folder, "password"))
	if err != nil {
		return nil, err
	}
	client, err := p.dial()
	if err != nil {
		return nil, err
	}
	if _, err := client.call("AUTH", string(password)); err != nil {
		client.close()
		return nil, err
	}
	return client, nil
}

func (c *client) close() { _ = c.conn.Close() }

// call sends words and waits for the answer: a text, or nothing where there is none.
func (c *client) call(words ...string) (*string, error) {
	if err := c.conn.SetDeadline(time.Now().Add(answerPatience)); err != nil {
		return nil, err
	}
	var request strings.Builder
	fmt.Fprintf(&request, "*%d\r\n", len(words))
	for _, word := range words {
		fmt.Fprintf(&request, "$%d\r\n%s\r\n", len(word), word)
	}
	if _, err := io.WriteString(c.conn, request.String()); err != nil {
		return nil, err
	}
	line, err := c.reader.ReadString('\n')
	if err != nil {
		return nil, err
	}
	line = strings.TrimRight(line, "\r\n")
	if line == "" {
		return nil, errors.New("an empty answer")
	}
	switch rest := line[1:]; line[0] {
	case '+', ':':
		return &rest, nil
	case '-':
		return nil, errors.New(rest)
	case '$':
		return c.bulk(rest)
	default:
		return nil, fmt.Errorf("an answer that nobody asked for: %q", line)
	}
}

func (c *client) bulk(length string) (*string, error) {
	size, err := strconv.Atoi(length)
	if err != nil || size < 0 {
		return nil, err
	}
	bytes := make([]byte, size+2)
	if _, err := io.ReadFull(c.reader, bytes); err != nil {
		return nil, err
	}
	text := string(bytes[:size])
	return &text, nil
}
