package rewriter_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/upstarego/upstarego/rewriter/ledger"
)

const unlessProgram = `package main

import "sync/atomic"

type conf struct {
	on, off bool
	n       int
	max     int64
	size    uint
	name    string
	list    []int
	next    *conf
	mode    mode

	count, load, given int64
	few                int8
	used, most         uint64
}

type mode int8

const (
	free mode = iota
	bound
)

var ch = make(chan int)

func (c *conf) bound() bool {
	if c.mode == bound {
		return true
	}
	return c.next != nil
}

func (c *conf) early() bool {
	if !c.on {
		return false
	}
	return len(c.name) > c.n
}

func (c *conf) named() (is bool) {
	is = c.on
	return
}

func f(c *conf, x int, y int64, u uint) {
%s
	<-ch
	c.count++
	atomic.AddInt64(&c.load, -1)
	c.given++
	c.given = y
	c.few++
	c.used--
	_ = &conf{load: atomic.LoadInt64(&c.load)}
}

func main() { f(nil, 1, 1, 1) }
`

// TestUnless: which facts on fields keep the last check of a function from leaving.
func TestUnless(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"if c.on { return }", "on=zero"},
		{"if !c.on { return }", "on=true"},
		{"if c.on && x > 1 { return }", "on=zero"},
		{"if c.on || c.off { return }", "off=zero & on=zero"},
		{"if c.on && c.off { return }", "on=zero, off=zero"},
		{"if c.on || x > 1 { return }", ""},
		{"if c.n > 0 { return }", "n=zero"},
		{"if c.n >= 0 { return }", ""},
		{"if 0 < c.n { return }", "n=zero"},
		{"if c.n != 3 { return }", "n=int64(3)"},
		{"if c.n == 3 { return }", "n=zero"},
		{"if c.name != \"\" { return }", "name=zero"},
		{"if c.name == \"\" { return }", ""},
		{"if len(c.list) != 0 { return }", "list=zero"},
		{"if c.next != nil && c.next.on { return }", "next=zero, on=zero"},
		{"if c.mode == bound { return }", "mode=zero"},
		{"if int(c.mode) > 0 { return }", "mode=zero"},
		{"if y > c.max { return }", "max=int64(9223372036854775807)"},
		{"if y >= c.max { return }", ""},
		{"if u < c.size { return }", "size=zero"},
		{"if c.bound() { return }", "mode=zero & next=zero"},
		{"if c.early() { return }", "n=int64(9223372036854775807), on=zero"},
		{"if c.count >= c.max { return }", "max=int64(9223372036854775807)"},
		{"if atomic.LoadInt64(&c.load) >= c.max { return }", "max=int64(9223372036854775807)"},
		{"if c.given >= c.max { return }", ""},
		{"if int64(c.few) >= c.max { return }", ""},
		{"if c.used >= c.most { return }", ""}, // behind zero comes the largest
		{"if c.used > c.most { return }", "used=zero, most=uint64(18446744073709551615)"},
		{"if c.named() { return }", ""},
		{"if c.on { if x > 1 { return } }", "on=zero"},
		{"if c.on { x++ } else { if x > 1 { return } }", "on=true"},
		{"for range c.list { if x > 1 { return } }", "list=zero"},
		{"for c.on { if x > 1 { break } }", "on=zero"},
		{"if !c.on { return }; if x > 1 { return }", "on=zero"},
		{"if c.on { x++ }; if x > 1 { return }", ""},
		{"if !c.on { return }; again: if x > 1 { return }; if x > 2 { goto again }", ""},
		{"if c.off { goto to }; if c.on { x++ } else { return }; to: if x > 1 { return }", ""},
	} {
		t.Run(c.src, func(t *testing.T) {
			_, f := effectsOf(t, fmt.Sprintf(unlessProgram, strings.ReplaceAll(c.src, "; ", "\n")))
			var last *ledger.Effect
			for i := range f.Effects {
				if f.Effects[i].Kind == ledger.Check && !strings.Contains(f.Effects[i].What, "> 2") {
					last = &f.Effects[i]
				}
			}
			require.NotNil(t, last, "%+v", f.Effects)
			require.Equal(t, c.want, strings.ReplaceAll(strings.Join(last.Unless, ", "), "example.com/p.conf ", ""))
		})
	}
}

// TestFixed: which fields have one value in all objects.
func TestFixed(t *testing.T) {
	r, _ := effectsOf(t, `package main

import (
	"encoding/json"
	"fmt"
)

type conf struct {
	never, set, pointed, constant, counted, changed int
	part part
}

type part struct{ n int }

type decoded struct{ N int }

type leads struct{ to *decoded }

type printed struct{ n int }

type made struct{ n int }

type given struct{ n int }

func f(c *conf) {
	c.set = 1
	p := &c.pointed
	*p = 2
	c.constant = 5
	c.counted++
	c.changed = 6
}

func main() {
	c := &conf{constant: 5, changed: 5}
	f(c)
	var g given = struct{ n int }{3}
	var l leads
	json.Unmarshal(nil, &l)
	fmt.Println(&printed{}, made(part{}), g)
}
`)
	fixed := map[string]string{}
	for _, typ := range r.Types {
		for _, f := range typ.Fields {
			if f.Fixed {
				fixed[typ.Name+"."+f.Name] = f.Birth
			}
		}
	}
	require.Equal(t, map[string]string{"conf.never": "zero", "conf.constant": "int64(5)", "conf.part": "zero", "part.n": "zero", "printed.n": "zero"}, fixed)
}
