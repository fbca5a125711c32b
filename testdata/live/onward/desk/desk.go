// Package desk is what framemap.go calls.
package desk

import (
	"fmt"
	"sync"
)

const release = "r1"

// Told has what has happened.
var Told = make(chan string, 10)

// A Card is shown on admission.
type Card struct {
	Name string
	N    int32
}

var (
	mu    sync.Mutex
	doors = map[string]chan bool{}
)

// Admit may wait for a lock.
func Admit(c *Card) {
	mu.Lock()
	defer mu.Unlock()
	Told <- fmt.Sprintf("%s admits %s with %d", release, c.Name, c.N)
}

// Wait waits until Pass lets the name pass.
func Wait(name string) {
	Told <- release + " has " + name + " wait"
	<-door(name)
	Told <- release + " lets " + name + " pass"
}

// Pass is called once for each name.
func Pass(name string) { door(name) <- true }

func door(name string) chan bool {
	mu.Lock()
	defer mu.Unlock()
	if doors[name] == nil {
		doors[name] = make(chan bool, 1)
	}
	return doors[name]
}

// Named cannot stop.
//
//go:noinline
func Named(name string) string { return release + " " + name }
