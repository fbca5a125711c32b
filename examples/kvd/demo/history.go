package main

import (
	"fmt"
	"slices"
	"sort"
	"time"
)

// kind is what an operation does, as far as the oracle cares.
type kind int

const (
	opSet  kind = iota // arg is the value written
	opGet              // result is the value read
	opIncr             // result is the counter after
	opPush             // arg is the value appended, result the length after
)

// op is an operation that was acknowledged.
type op struct {
	conn, seq   int // of the connection, and of the operation on it, from 1
	kind        kind
	key         string
	arg, result int64
	sent, done  time.Duration // since the run began
}

func (o op) String() string {
	name := [...]string{"SET", "GET", "INCR", "RPUSH"}[o.kind]
	return fmt.Sprintf("connection %d, operation %d: %s %s", o.conn, o.seq, name, o.key)
}

// stream is numbers that went from one client to another, or into a list and out again.
type stream struct {
	name string
	sent []int64
	got  []int64
}

// history is what a run's clients did and saw. Every key but the shared ones
// belongs to one connection.
type history struct {
	ops     []op // of each connection in its order, connections in any
	shared  map[string]bool
	final   map[string]int64 // values of keys after the last operation
	streams []stream
}

// harm is the way in which a fault hurts.
type harm int

const (
	lost    harm = iota // was acknowledged and has not happened
	doubled             // happened once more than was asked for
	wrong               // any other answer than the right one
)

func (h harm) String() string { return [...]string{"lost", "doubled", "wrong"}[h] }

// fault is a finding of the oracle.
type fault struct {
	harm harm
	text string
}

func (f fault) String() string { return f.harm.String() + ": " + f.text }

// check is the oracle: what in a history cannot have come from a server that
// runs every operation once, before it acknowledges it.
func check(h history) []fault {
	own := make(map[string][]op)
	shared := make(map[string][]op)
	var faults []fault
	last := make(map[int]int)
	for _, o := range h.ops {
		if o.seq != last[o.conn]+1 {
			faults = append(faults, fault{lost, fmt.Sprintf("%v: follows operation %d", o, last[o.conn])})
		}
		last[o.conn] = o.seq
		if h.shared[o.key] {
			shared[o.key] = append(shared[o.key], o)
		} else {
			own[o.key] = append(own[o.key], o)
		}
	}
	for _, key := range sortedKeys(own) {
		faults = append(faults, checkOwn(own[key], h.final)...)
	}
	for _, key := range sortedKeys(shared) {
		faults = append(faults, checkShared(shared[key], h.final)...)
	}
	for _, s := range h.streams {
		faults = append(faults, checkStream(s)...)
	}
	return faults
}

// checkOwn follows the value of a key that one connection works on. After a
// finding it goes on from what the server said, so that one is not many.
func checkOwn(ops []op, final map[string]int64) []fault {
	var faults []fault
	var value int64
	see := func(what string, got, want int64) {
		if got != want {
			faults = append(faults, fault{harmOf(got, want), fmt.Sprintf("%s: got %d, want %d", what, got, want)})
		}
		value = got
	}
	for _, o := range ops {
		switch o.kind {
		case opSet:
			value = o.arg
		case opGet:
			see(o.String(), o.result, value)
		case opIncr, opPush:
			see(o.String(), o.result, value+1)
		}
	}
	if got, ok := final[ops[0].key]; ok {
		see("at the end, "+ops[0].key, got, value)
	}
	return faults
}

// harmOf is for values that only grow: less than expected is lost, more is doubled.
func harmOf(got, want int64) harm {
	if got < want {
		return lost
	}
	return doubled
}

// checkShared looks at a counter that all connections increment: every value is
// given to one of them, and to an earlier one before a later one.
func checkShared(ops []op, final map[string]int64) []fault {
	key := ops[0].key
	var faults []fault
	results := make([]int64, len(ops))
	for i, o := range ops {
		results[i] = o.result
	}
	slices.Sort(results)
	expected := int64(1)
	for _, r := range results {
		for ; expected < r; expected++ {
			faults = append(faults, fault{doubled, fmt.Sprintf("%s became %d by an increment that nobody was told of", key, expected)})
		}
		if r < expected {
			faults = append(faults, fault{lost, fmt.Sprintf("%s became %d twice", key, r)})
			continue
		}
		expected++
	}
	if got, ok := final[key]; ok && got != expected-1 {
		faults = append(faults, fault{harmOf(got, expected-1), fmt.Sprintf("at the end, %s: got %d, want %d", key, got, expected-1)})
	}

	bySent := slices.Clone(ops)
	sort.Slice(bySent, func(i, j int) bool { return bySent[i].sent < bySent[j].sent })
	byDone := slices.Clone(ops)
	sort.Slice(byDone, func(i, j int) bool { return byDone[i].done < byDone[j].done })
	var highest int64 // of those done before the current one was sent
	i := 0
	for _, o := range bySent {
		for ; byDone[i].done < o.sent; i++ {
			highest = max(highest, byDone[i].result)
		}
		if o.result < highest {
			faults = append(faults, fault{wrong, fmt.Sprintf("%v: got %d after %d had been given out", o, o.result, highest)})
		}
	}
	return faults
}

// checkStream compares what arrived with what was sent.
func checkStream(s stream) []fault {
	var faults []fault
	times := make(map[int64]int)
	for _, n := range s.got {
		times[n]++
	}
	for _, n := range s.sent {
		if times[n] == 0 {
			faults = append(faults, fault{lost, fmt.Sprintf("%s: %d", s.name, n)})
		}
		for ; times[n] > 1; times[n]-- {
			faults = append(faults, fault{doubled, fmt.Sprintf("%s: %d", s.name, n)})
		}
		delete(times, n)
	}
	for _, n := range sortedKeys(times) {
		faults = append(faults, fault{wrong, fmt.Sprintf("%s: %d was never sent", s.name, n)})
	}
	if len(faults) == 0 && !slices.Equal(s.sent, s.got) {
		faults = append(faults, fault{wrong, s.name + ": out of order"})
	}
	return faults
}

func sortedKeys[K int64 | string, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
