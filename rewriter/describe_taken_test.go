package rewriter_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTaken: who may have a pointer to a variable. What a test expects to be nobody's is what
// an update empties.
func TestTaken(t *testing.T) {
	r, _ := effectsOf(t, `package main

import (
	"fmt"
	"sync"
	_ "unsafe"
)

type node struct {
	next *node
	part part
	all  [4]part
	list []part
}

type part struct{ text string }

func (p *part) set(s string) { p.text = s }
func (p *part) self() *part  { return p }
func (p part) get() string   { return p.text }

type table struct {
	mu sync.Mutex
	m  map[string]int
	p  part
	*base
}

type base struct{ n int }

func (b *base) inc() { b.n++ }

func (t *table) add(s string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.twice(s)
	t.n++
	t.p.set(s)
	<-ch
}

func (t *table) twice(s string) {
	if t != nil {
		t.m[s] += 2
	}
	if s == "" {
		t.add("again")
	}
}

func (t *table) literal() { func() { t.m["x"]++; <-ch }() }
func (t *table) given()   { fmt.Sprint(t) }
func (t *table) field() *int { return &t.n }
func (t *table) inside() *part { return &t.p }
func (t *table) further() { _ = t.p.self() }
func (t *table) copied() table { return *t }

type embeds struct {
	table
	sync.Mutex
}

var ch = make(chan int)

var (
	head, address, field, indexed, sliced, read, led *node
	value, valueAddress, valueField, valueIndexed, valueSliced, valueRead, valueElem node
	lends, literals, hands, fields, insides, furthers, copies, values table
	embedded, locked embeds
	method, expression, iface part
	linked *node
	list [3]*node
)

//go:linkname linked

func f() {
	head = head.next
	_ = &address
	_ = &field.part
	_ = &indexed.all[1]
	_ = sliced.all[1:]
	for n := read; n != nil && n != head; n = n.next {
		<-ch
	}
	led.part.set("")

	value = node{next: value.next}
	value.part.text, value.all[1].text = "a", value.all[2].text
	for i, p := range value.all {
		value.all[i] = p
	}
	_ = value.part.get() + value.list[1].text
	_ = &value.list[1]
	valueRead.next.part.set("")
	_ = &valueAddress
	_ = &valueField.part
	_ = &valueIndexed.all[1].text
	_ = valueSliced.all[1:]
	valueElem.all[1].set("")
	list[1] = list[2]

	lends.add("")
	literals.literal()
	hands.given()
	_ = fields.field()
	_ = insides.inside()
	furthers.further()
	_ = copies.copied()
	values.inc()
	embedded.add("")
	locked.Lock()
	go func() { lends.twice("x"); <-ch }()
	g := method.set
	g("")
	(*part).set(&expression, "")
	var i interface{ get() string } = iface
	_ = i
}

func main() {
	f()
	<-ch
}
`)
	untaken, lent, lenders := map[string]bool{}, map[string][]string{}, map[string][]string{}
	for _, v := range r.Vars {
		name := v.Key[len("example.com/p."):]
		untaken[name], lent[name], lenders[name] = v.Untaken, v.Lent, v.Lenders
	}
	for _, name := range []string{"ch", "head", "field", "indexed", "sliced", "read", "led", "value", "valueRead", "list", "iface", "locked"} {
		require.True(t, untaken[name], name)
		require.Empty(t, lent[name], name)
	}
	for _, name := range []string{"address", "valueAddress", "valueField", "valueIndexed", "valueSliced", "literals", "hands", "insides", "furthers", "embedded", "method", "expression", "linked", "values"} {
		require.False(t, untaken[name], name)
		require.Empty(t, lent[name], name)
	}
	const p = "example.com/p."
	require.Equal(t, []string{p + "(*part).set", p + "(*table).add", p + "(*table).twice"}, lent["lends"])
	require.Equal(t, []string{p + "f"}, lenders["lends"])
	require.Equal(t, []string{p + "(*table).field"}, lent["fields"], "what it leads to is not it")
	require.Equal(t, []string{p + "(*table).copied"}, lent["copies"])
	require.Equal(t, []string{p + "(*part).set"}, lent["valueElem"])
}
