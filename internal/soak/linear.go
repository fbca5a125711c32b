package main

import (
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"
)

// What is done to shared keys.
const (
	opGet    = iota // answers with the value, or that there is none
	opSet           // sets it to arg
	opIncr          // adds 1, to 0 if there is none, and answers with the sum
	opDelete        // answers whether there was one
)

// call is an operation on a shared key, and value what a key has, and what is answered.
type call struct {
	op  int
	arg int64
}

type value struct {
	there bool
	n     int64
}

// sequential is one key of a server that does one thing after the other.
var sequential = porcupine.Model{
	Init: func() any { return value{} },
	Step: func(state, input, output any) (bool, any) {
		s, in, out := state.(value), input.(call), output.(value)
		switch in.op {
		case opGet:
			return s == out, s
		case opSet:
			return true, value{true, in.arg}
		case opIncr:
			s = value{true, s.n + 1}
			return s == out, s
		default:
			return s.there == out.there, value{}
		}
	},
	DescribeOperation: func(input, output any) string {
		in, out := input.(call), output.(value)
		return fmt.Sprintf("%s %d: %v", [...]string{"GET", "SET", "INCR", "DEL"}[in.op], in.arg, out)
	},
}

// linear is a history of operations on shared keys. It is cut into windows, so that what
// has to be decided stays small however long the run: each has keys of its own, and is
// whole when no client is in it any more. Then nobody touches its keys again.
type linear struct {
	keys int // of a window

	mu      sync.Mutex
	now     int         // the window that operations begin in
	first   int         // the first one that is not decided
	in      map[int]int // the window that each client has begun its last operation in
	history map[int]map[int][]porcupine.Operation

	windows, operations int // decided
}

func newLinear(keys int) *linear {
	return &linear{keys: keys, in: make(map[int]int), history: make(map[int]map[int][]porcupine.Operation)}
}

// begin is the window that a client's next operation belongs to.
func (l *linear) begin(client int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.in[client] = l.now
	return l.now
}

// done enters an operation.
func (l *linear) done(client, window, key int, c call, v value, sent, done time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.history[window] == nil {
		l.history[window] = make(map[int][]porcupine.Operation)
	}
	l.history[window][key] = append(l.history[window][key], porcupine.Operation{
		ClientId: client, Input: c, Call: int64(sent), Output: v, Return: int64(done),
	})
}

// leave says that a client does no more.
func (l *linear) leave(client int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.in[client] = math.MaxInt
}

// turn begins the next window, and returns those that are whole.
func (l *linear) turn() (whole []int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now++
	least := l.now
	for _, w := range l.in {
		least = min(least, w)
	}
	for ; l.first < least; l.first++ {
		whole = append(whole, l.first)
	}
	return whole
}

// decide says what is wrong with a whole window. read reads a key for the last time,
// and deletes it: what its last write was is seen as well.
func (l *linear) decide(window int, now func() time.Duration, read func(key int) (value, error)) (wrong []string, err error) {
	l.mu.Lock()
	history := l.history[window]
	delete(l.history, window)
	l.mu.Unlock()
	for key, ops := range history {
		sent := now()
		v, err := read(key)
		if err != nil {
			return wrong, err
		}
		ops = append(ops, porcupine.Operation{ClientId: math.MaxInt32, Input: call{op: opGet}, Call: int64(sent), Output: v, Return: int64(now())})
		switch r := porcupine.CheckOperationsTimeout(sequential, ops, patience); r {
		case porcupine.Ok:
		case porcupine.Illegal:
			wrong = append(wrong, fmt.Sprintf("window %d, key %d: no order of its %d operations has these answers", window, key, len(ops)))
		default:
			wrong = append(wrong, fmt.Sprintf("window %d, key %d: not decided within %v: %d operations", window, key, patience, len(ops)))
		}
		l.mu.Lock()
		l.operations += len(ops)
		l.mu.Unlock()
	}
	l.mu.Lock()
	l.windows++
	l.mu.Unlock()
	return wrong, nil
}
