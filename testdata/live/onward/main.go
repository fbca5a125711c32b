// Command onward has clients that wait or are busy, for whom something is done before
// they go on in the next release.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"sync/atomic"

	"example.com/onward/desk"
)

const release = "r1"

type client struct {
	name string
	in   chan string
	stop atomic.Bool
	door chan bool
}

var (
	clients = map[string]*client{}
	ready   = make(chan bool)
	said    = make(chan string, 10)
)

// hold waits for what the client says.
func (c *client) hold() {
	defer c.recovered()
	ready <- true
	m := <-c.in
	said <- c.name + " " + release + " " + m
}

// spin is busy until it is told to stop.
func (c *client) spin() {
	defer c.recovered()
	ready <- true
	for !c.stop.Load() {
	}
	said <- c.name + " " + release + " stopped"
}

func (c *client) recovered() {
	if v := recover(); v != nil {
		said <- c.name + " " + release + " recovered: " + fmt.Sprint(v)
	}
}

// count gives what foreign code has asked for.
func (c *client) count() int {
	ready <- true
	return len(<-c.in)
}

func main() {
	fmt.Println("ready")
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		verb, rest, _ := strings.Cut(in.Text(), " ")
		name, text, _ := strings.Cut(rest, " ")
		switch verb {
		case "hold", "spin":
			c := &client{name: name, in: make(chan string), door: make(chan bool, 1)}
			clients[name] = c
			if verb == "hold" {
				go c.hold()
			} else {
				go c.spin()
			}
			<-ready
			fmt.Println("waiting")
		case "say":
			clients[name].in <- text
		case "stop":
			clients[name].stop.Store(true)
		case "pass":
			desk.Pass(name)
		case "open":
			clients[name].door <- true
		case "hear":
			fmt.Println(<-said)
		case "told":
			fmt.Println(<-desk.Told)
		}
	}
}
