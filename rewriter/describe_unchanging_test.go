package rewriter_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestUnchanging: which variables somebody may change, or what they hold, where they lead to
// objects by pointers.
func TestUnchanging(t *testing.T) {
	r, _ := effectsOf(t, `package main

import "encoding/json"

type command struct {
	name string
	run  func()
}

type counted struct{ n int }

type lent struct{ n int }

type whole struct{ n int }

type outer struct{ in inner }

type inner struct{ n int }

type known struct{ n int }

type named struct{ n int }

type read struct{ N int }

type deep struct{ of *counted }

type keyed struct{ n int }

func (n *named) get() int { return n.n }

var (
	commands = map[string]*command{"a": {"a", nil}}
	counters = map[string]*counted{"a": {1}}
	lents    = map[string]*lent{"a": {1}}
	wholes   = map[string]*whole{"a": {1}}
	outers   = map[string]*outer{"a": {}}
	inners   = map[string]*inner{"a": {}}
	knowns   = map[string]*known{"a": {1}}
	nameds   = map[string]*named{"a": {1}}
	reads    = map[string]*read{"a": {1}}
	deeps    = map[string]*deep{"a": {&counted{1}}}
	keyeds   = map[string]*keyed{"a": {1}}
	keys     = map[*keyed]int{}
	filled   = map[string]*command{}
	lists    = []*command{{"a", nil}}
)

func use(c *command) {
	if c != nil && c.run != nil {
		c.run()
	}
	println(c.name)
}

func main() {
	use(commands["a"])
	for _, c := range lists {
		use(c)
	}
	c := counters["a"]
	c.n++
	p := &lents["a"].n
	*p = 2
	*wholes["a"] = whole{3}
	*outers["a"] = outer{}
	println(knowns["a"] == knowns["b"], nameds["a"].get(), len(keys))
	in, d, k := inners["a"], deeps["a"], keyeds["a"]
	println(in.n, d.of.n, k.n)
	json.Unmarshal(nil, reads["a"])
	filled["b"] = lists[0]
	<-make(chan int)
}
`)
	assigned := map[string]bool{}
	for _, v := range r.Vars {
		assigned[v.Key[len("example.com/p."):]] = v.Assigned
	}
	require.Equal(t, map[string]bool{
		"commands": false, "lists": false,
		"counters": true, "lents": true, "wholes": true, "outers": true, "inners": true, "knowns": true, "nameds": true, "reads": true,
		"deeps": true, "keyeds": true, "keys": false, "filled": true,
	}, assigned)
}
