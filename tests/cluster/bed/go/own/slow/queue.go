package main

import (
	"encoding/binary"
	"errors"
	"syscall"
)

// As many packets are on their way at most; more pass at once.
const packetsMax = 1 << 15

// Bytes that the kernel keeps for this program until it reads them.
const receivedBytesMax = 16 << 20

// The protocol of the queue: linux/netfilter/nfnetlink_queue.h.
const (
	netlinkNetfilter = 12
	subsystem        = 3 << 8
	messagePacket    = subsystem
	messageVerdict   = subsystem | 1
	messageConfigure = subsystem | 2

	configureCommand = 1
	configureCopy    = 2
	configureLength  = 3
	configureMask    = 4
	configureFlags   = 5
	commandBind      = 1
	copyNothing      = 1
	flagFailOpen     = 1
	flagGSO          = 4

	packetHeader  = 1
	verdictHeader = 2
	verdictAccept = 1

	headerBytes = 4
)

var big = binary.BigEndian

// A queue of the packet filter, of which this process is the reader.
type queue struct {
	socket int
	number uint16
}

// Becomes the reader of a queue.
func bind(number uint16) (*queue, error) {
	socket, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, netlinkNetfilter)
	if err != nil {
		return nil, err
	}
	if err := syscall.Bind(socket, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
		return nil, err
	}
	err = syscall.SetsockoptInt(socket, syscall.SOL_SOCKET, syscall.SO_RCVBUFFORCE, receivedBytesMax)
	if err != nil {
		return nil, err
	}
	queue := &queue{socket, number}
	flags := big.AppendUint32(nil, flagFailOpen|flagGSO)
	return queue, errors.Join(
		queue.configure(attribute(configureCommand, []byte{commandBind, 0, 0, 0})),
		queue.configure(attribute(configureCopy, []byte{0, 0, 0, 0, copyNothing})),
		queue.configure(attribute(configureLength, big.AppendUint32(nil, packetsMax))),
		queue.configure(append(attribute(configureFlags, flags), attribute(configureMask, flags)...)),
	)
}

// Waits for packets, and returns their numbers.
func (q *queue) receive() ([]uint32, error) {
	buffer := make([]byte, 1<<16)
	read, _, err := syscall.Recvfrom(q.socket, buffer, 0)
	if errors.Is(err, syscall.ENOBUFS) || errors.Is(err, syscall.EINTR) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	messages, err := syscall.ParseNetlinkMessage(buffer[:read])
	if err != nil {
		return nil, err
	}
	var ids []uint32
	for _, message := range messages {
		switch message.Header.Type {
		case syscall.NLMSG_ERROR:
			if err := refusal(message.Data); err != nil {
				return nil, err
			}
		case messagePacket:
			if id, found := number(message.Data[headerBytes:]); found {
				ids = append(ids, id)
			}
		}
	}
	return ids, nil
}

// Lets a packet go.
func (q *queue) accept(id uint32) error {
	verdict := big.AppendUint32(big.AppendUint32(nil, verdictAccept), id)
	return q.send(messageVerdict, syscall.NLM_F_REQUEST, attribute(verdictHeader, verdict))
}

func (q *queue) configure(attributes []byte) error {
	err := q.send(messageConfigure, syscall.NLM_F_REQUEST|syscall.NLM_F_ACK, attributes)
	if err == nil {
		_, err = q.receive()
	}
	return err
}

func (q *queue) send(kind, flags uint16, attributes []byte) error {
	message := binary.NativeEndian.AppendUint32(nil, uint32(syscall.NLMSG_HDRLEN+headerBytes+len(attributes)))
	message = binary.NativeEndian.AppendUint16(message, kind)
	message = binary.NativeEndian.AppendUint16(message, flags)
	message = append(message, 0, 0, 0, 0, 0, 0, 0, 0)
	// Any family, version 0, the queue.
	message = big.AppendUint16(append(message, syscall.AF_UNSPEC, 0), q.number)
	message = append(message, attributes...)
	return syscall.Sendto(q.socket, message, 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK})
}

// What the kernel answers: zero if it took what was sent.
func refusal(data []byte) error {
	if code := int32(binary.NativeEndian.Uint32(data)); code != 0 {
		return syscall.Errno(-code)
	}
	return nil
}

func attribute(kind uint16, value []byte) []byte {
	bytes := binary.NativeEndian.AppendUint16(nil, uint16(4+len(value)))
	bytes = append(binary.NativeEndian.AppendUint16(bytes, kind), value...)
	return append(bytes, make([]byte, padding(len(value)))...)
}

func padding(length int) int { return -length & 3 }

// Finds a packet's number among its attributes.
func number(attributes []byte) (uint32, bool) {
	for len(attributes) >= 4 {
		length := int(binary.NativeEndian.Uint16(attributes))
		kind := binary.NativeEndian.Uint16(attributes[2:])
		if length < 4 || length > len(attributes) {
			break
		}
		if kind == packetHeader && length >= 8 {
			return big.Uint32(attributes[4:]), true
		}
		attributes = attributes[min(len(attributes), length+padding(length)):]
	}
	return 0, false
}
