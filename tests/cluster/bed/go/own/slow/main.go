// Slow keeps packets of a queue of the kernel's packet filter for a while, and lets them go in the order in which they
// came. It ends with its first mistake; packets then pass at once, if the rule that queues them says so.
//
//	slow QUEUE MILLISECONDS
package main

import (
	"log"
	"os"
	"strconv"
	"time"
)

type packet struct {
	id  uint32
	due time.Time
}

func main() {
	number, delay := argument(1), time.Duration(argument(2))*time.Millisecond
	queue, err := bind(uint16(number))
	check(err)
	packets := make(chan packet, packetsMax)
	go release(queue, packets)
	for {
		ids, err := queue.receive()
		check(err)
		due := time.Now().Add(delay)
		for _, id := range ids {
			packets <- packet{id, due}
		}
	}
}

func release(queue *queue, packets <-chan packet) {
	for packet := range packets {
		time.Sleep(time.Until(packet.due))
		check(queue.accept(packet.id))
	}
}

func argument(place int) int {
	if place >= len(os.Args) {
		log.Fatal("slow QUEUE MILLISECONDS")
	}
	value, err := strconv.Atoi(os.Args[place])
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
