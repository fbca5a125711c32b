package main

import (
	"slices"
	"testing"
	"time"
)

// sound is a history of two connections without a fault.
func sound() history {
	var ops []op
	at := time.Duration(0)
	seq := make(map[int]int)
	add := func(conn int, kind kind, key string, arg, result int64) {
		seq[conn]++
		ops = append(ops, op{conn: conn, seq: seq[conn], kind: kind, key: key, arg: arg, result: result, sent: at, done: at + 1})
		at += 2
	}
	for i := range int64(5) {
		add(1, opSet, "r1", 10*i, 0)
		add(1, opGet, "r1", 0, 10*i)
		add(2, opIncr, "n2", 0, i+1)
		add(1, opIncr, "all", 0, 2*i+1)
		add(2, opIncr, "all", 0, 2*i+2)
		add(2, opPush, "l2", i+1, i+1)
	}
	return history{
		ops:     ops,
		shared:  map[string]bool{"all": true},
		final:   map[string]int64{"r1": 40, "n2": 5, "all": 10, "l2": 5},
		streams: []stream{{"news", []int64{1, 2, 3, 4}, []int64{1, 2, 3, 4}}},
	}
}

// edit changes the n-th operation (from 0) on key.
func edit(h *history, key string, n int, change func(o *op)) {
	for i := range h.ops {
		if h.ops[i].key == key {
			if n == 0 {
				change(&h.ops[i])
				return
			}
			n--
		}
	}
	panic("no such operation")
}

func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(h *history)
		want  []harm
	}{
		{"nothing", func(h *history) {}, nil},
		{"a write is lost before it is read", func(h *history) {
			edit(h, "r1", 3, func(o *op) { o.result = 0 })
		}, []harm{lost}},
		{"the last write is lost", func(h *history) { h.final["r1"] = 30 }, []harm{lost}},
		{"an increment is lost", func(h *history) {
			for n := 2; n < 5; n++ {
				edit(h, "n2", n, func(o *op) { o.result-- })
			}
			h.final["n2"]--
		}, []harm{lost}},
		{"an increment is doubled", func(h *history) {
			for n := 2; n < 5; n++ {
				edit(h, "n2", n, func(o *op) { o.result++ })
			}
			h.final["n2"]++
		}, []harm{doubled}},
		{"the last increment is doubled after its reply", func(h *history) { h.final["n2"]++ }, []harm{doubled}},
		{"a shared increment is lost", func(h *history) {
			for n := 4; n < 10; n++ {
				edit(h, "all", n, func(o *op) { o.result-- })
			}
			h.final["all"]--
		}, []harm{lost}},
		{"a shared increment is doubled", func(h *history) {
			for n := 4; n < 10; n++ {
				edit(h, "all", n, func(o *op) { o.result++ })
			}
			h.final["all"]++
		}, []harm{doubled}},
		{"two shared increments change places in time", func(h *history) {
			edit(h, "all", 3, func(o *op) { o.result = 5 })
			edit(h, "all", 4, func(o *op) { o.result = 4 })
		}, []harm{wrong}},
		{"a push is doubled", func(h *history) { h.final["l2"]++ }, []harm{doubled}},
		{"an operation is missing", func(h *history) { h.ops = slices.Delete(h.ops, 8, 9) }, []harm{lost, doubled}}, // unknown to its connection, but it had an effect
		{"a message is lost", func(h *history) { h.streams[0].got = []int64{1, 2, 4} }, []harm{lost}},
		{"a message is doubled", func(h *history) { h.streams[0].got = []int64{1, 2, 2, 3, 4} }, []harm{doubled}},
		{"messages change places", func(h *history) { h.streams[0].got = []int64{1, 3, 2, 4} }, []harm{wrong}},
		{"a message from nowhere", func(h *history) { h.streams[0].got = []int64{1, 2, 3, 4, 9} }, []harm{wrong}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := sound()
			tt.spoil(&h)
			var got []harm
			for _, f := range check(h) {
				t.Log(f)
				got = append(got, f.harm)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
