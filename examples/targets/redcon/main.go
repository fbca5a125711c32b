// Redcond is a key-value server on top of redcon. Its own code is the same in
// all its releases; what changes from one to the next is redcon.
package main

import (
	"flag"
	"fmt"
	"log"
	"strings"
	"sync"

	"github.com/tidwall/redcon"
)

// store is the data and the subscriptions.
type store struct {
	mu     sync.RWMutex
	items  map[string]string
	pubsub redcon.PubSub
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("redcond: ")
	addr := flag.String("addr", "127.0.0.1:6380", "`address` to listen on")
	flag.Parse()

	s := &store{items: make(map[string]string)}
	server := redcon.NewServer(*addr, s.handle,
		func(conn redcon.Conn) bool { return true },
		func(conn redcon.Conn, err error) {},
	)
	up := make(chan error)
	go func() {
		if err := <-up; err == nil {
			fmt.Println("listening on", server.Addr())
		}
	}()
	if err := server.ListenServeAndSignal(up); err != nil {
		log.Fatal(err)
	}
}

func (s *store) handle(conn redcon.Conn, cmd redcon.Command) {
	name := strings.ToLower(string(cmd.Args[0]))
	n, ok := arity[name]
	switch {
	case !ok:
		conn.WriteError("ERR unknown command '" + name + "'")
		return
	case n >= 0 && len(cmd.Args) != n, len(cmd.Args) < -n:
		conn.WriteError("ERR wrong number of arguments for '" + name + "' command")
		return
	}
	switch name {
	case "ping":
		conn.WriteString("PONG")
	case "quit":
		conn.WriteString("OK")
		conn.Close()
	case "get":
		s.mu.RLock()
		value, ok := s.items[string(cmd.Args[1])]
		s.mu.RUnlock()
		if ok {
			conn.WriteBulkString(value)
		} else {
			conn.WriteNull()
		}
	case "set":
		s.mu.Lock()
		s.items[string(cmd.Args[1])] = string(cmd.Args[2])
		s.mu.Unlock()
		conn.WriteString("OK")
	case "del":
		conn.WriteInt(s.remove(cmd.Args[1:]))
	case "publish":
		conn.WriteInt(s.pubsub.Publish(string(cmd.Args[1]), string(cmd.Args[2])))
	case "subscribe":
		for _, channel := range cmd.Args[1:] {
			s.pubsub.Subscribe(conn, string(channel))
		}
	case "config":
		// redis-benchmark asks, and does without an answer.
		conn.WriteArray(0)
	}
}

// arity is how many words a command has, negative: at least.
var arity = map[string]int{
	"config": -2, "del": -2, "get": 2, "ping": 1, "publish": 3, "quit": 1, "set": 3, "subscribe": -2,
}

// remove removes keys and returns how many there were.
func (s *store) remove(keys [][]byte) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, key := range keys {
		if _, ok := s.items[string(key)]; ok {
			delete(s.items, string(key))
			n++
		}
	}
	return n
}
