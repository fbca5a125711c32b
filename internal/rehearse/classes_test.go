package rehearse

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/upstarego/upstarego/framemap/check"
	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/runtime/rehearse"
)

// A record as processes leave it: lines again when a number has doubled, two processes,
// and a line that was cut short.
const record = `{"pid":1,"stack":["p.say@1","p.pay@2","p.main@5"],"count":1}
{"pid":1,"stack":["p.pay@3","p.main@5"],"count":1}
{"pid":1,"stack":["p.say@1","p.pay@2","p.main@5"],"count":2}
{"pid":1,"stack":["p.log@1","p.say@2","p.pay@2","p.main@5"],"count":1}
{"pid":2,"stack":["p.say@1","p.pay@2","p.main@5"],"count":1}
{"pid":2,"stack":["p.say@1","p.tick@1"],"count":8}
{"pid":1,"open":["/a","/b","/b"]}
{"pid":2,"open":["/a","/a"]}
{"pid":2,"stack":["p.log@2","p.tick@1"],"count":1}
{"pid":2,"stack":["p.pay@`

func TestClasses(t *testing.T) {
	file, other := filepath.Join(t.TempDir(), "record"), filepath.Join(t.TempDir(), "other")
	require.NoError(t, os.WriteFile(file, []byte(record), 0o644))
	require.NoError(t, os.WriteFile(other, []byte(`{"pid":3,"stack":["p.pay@3","p.TestPay@1"],"count":4}
{"pid":3,"stack":["p.say@2","p.tick@1","p.TestTick.func1@1"],"count":1}
{"pid":3,"stack":["p.TestTick@1"],"count":1}
`), 0o644))
	classes, stacks, err := Classes([]Record{{"quick", file}, {"slow", other}}, []string{"p.pay"}, []string{"p.TestTick", "p.TestTick.func1"})
	require.NoError(t, err)
	require.Equal(t, 8, stacks)
	var got []Class
	for _, c := range classes {
		got = append(got, *c)
	}
	require.Equal(t, []Class{
		// Three times in process 1, once in process 2.
		{Name: "p.pay@2", Comes: []Come{{"quick", 3}}, Stacks: 2, Stack: []string{"p.say@1", "p.pay@2", "p.main@5"}},
		{Name: "p.pay@3", Comes: []Come{{"quick", 1}, {"slow", 4}}, Stacks: 2, Stack: []string{"p.pay@3", "p.main@5"}},
		// Begun with go, and called by a test.
		{Name: "in p.tick", Comes: []Come{{"quick", 9}, {"slow", 1}}, Stacks: 3, Stack: []string{"p.say@1", "p.tick@1"}},
		{Name: "in tests", Comes: []Come{{"slow", 1}}, Stacks: 1, Stack: []string{"p.TestTick@1"}},
	}, got)
	classes = classes[:3]
	classes[2].Comes = classes[2].Comes[:1]

	at := func(per int) (l [][3]any) {
		for _, try := range Tries(classes, per) {
			l = append(l, [3]any{try.Class.Name, try.Use, try.Occurrence})
		}
		return l
	}
	first := [][3]any{{"p.pay@2", "quick", 1}, {"p.pay@3", "quick", 1}, {"in p.tick", "quick", 1}}
	require.Equal(t, first, at(1))
	require.Equal(t, append(first, [][3]any{{"p.pay@2", "quick", 3}, {"p.pay@3", "slow", 4}, {"in p.tick", "quick", 9}}...), at(2))
	// The second use has every second run: one of three, two of four.
	require.Equal(t, append(first, [][3]any{{"p.pay@2", "quick", 2}, {"p.pay@2", "quick", 3}, {"p.pay@3", "slow", 4}, {"in p.tick", "quick", 5}, {"in p.tick", "quick", 9}}...), at(3))
	require.Subset(t, at(4), [][3]any{{"p.pay@3", "slow", 1}, {"p.pay@3", "slow", 4}})
}

func TestOpened(t *testing.T) {
	file := filepath.Join(t.TempDir(), "record")
	require.NoError(t, os.WriteFile(file, []byte(record), 0o644))
	opened, err := Opened([]Record{{"", file}})
	require.NoError(t, err)
	require.Equal(t, map[string]int{"/a": 2, "/b": 2}, opened)
}

func TestUnexercised(t *testing.T) {
	rules := &check.Rules{
		Types: []string{"p.account", "p.desk"},
		Funcs: []check.Resolved{
			{Old: "p.pay", Fill: true, Told: []int{2}, At: []int{1, 3}},
			{Old: "p.say", Fill: true},
		},
	}
	frames := map[string]int{"p.pay@3": 2, "p.sayer@1": 1}
	require.Equal(t, []string{"framemap.At: p.pay@1", "framemap.Func: p.pay@2", "framemap.Locals: p.say", "framemap.Type: p.desk"},
		Unexercised(rules, frames, map[string]int{"p.account": 1}))
}

func TestNames(t *testing.T) {
	rules := func(l ...check.Resolved) *check.Rules { return &check.Rules{Funcs: l} }
	names := Names(rules(
		check.Resolved{Old: "p.same", New: "p.same"},
		check.Resolved{Old: "p.main.func1", New: "p.main.func2"}, // of one declared function: they count as one anyway
		check.Resolved{Old: "p.read", New: "p.take"},
		check.Resolved{Old: "p.serve", Leads: map[int][]check.Lead{1: {{Key: "p.first"}, {Key: "p.second"}}}},
	), rules(
		check.Resolved{Old: "p.take", New: "p.read"},
		check.Resolved{Old: "p.second", New: "p.third"},
	))
	read, serve := "p.read or p.take", "p.first or p.second or p.serve …"
	require.Equal(t, map[string]string{
		"p.read": read, "p.take": read,
		"p.serve": serve, "p.first": serve, "p.second": serve, "p.third": serve,
	}, names)
}

func TestBeyond(t *testing.T) {
	c := &Config{opened: map[string]int{"/a": 1, "/b": 1}}
	what := func(u *use, p *rehearse.Report, b *compared) (l []string) {
		for _, x := range c.beyond(u, p, b) {
			l = append(l, x.what)
		}
		return l
	}
	// While the goroutine is held: more than before, and more than the program opens by itself.
	held := func(before []string, after ...string) *rehearse.Report {
		return &rehearse.Report{OpenBefore: before, OpenAfter: after}
	}
	u, none := new(use), new(compared)
	require.Empty(t, what(u, held([]string{"/a", "/c"}, "/c"), none))
	require.Empty(t, what(u, held([]string{"/b"}, "/a", "/b"), none))
	require.Equal(t, []string{"/a"}, what(u, held([]string{"/b"}, "/a", "/a", "/b"), none))
	require.Equal(t, []string{"/c"}, what(u, held(nil, "/c"), none))
	require.Empty(t, what(u, held(nil, "/c"), &compared{opened: map[string]int{"/c": 1}}))

	// At the end, which decides if there is one.
	u.Ends = &rehearse.End{Open: map[string]int{"pipe": 2}, Goroutines: map[string]int{"p.a": 2, "p.b": 1}}
	end := held(nil, "/c")
	require.Equal(t, []string{"/c"}, what(u, end, none))
	end.End = &rehearse.End{Open: map[string]int{"pipe": 2}, Goroutines: map[string]int{"p.a": 1, "p.b": 1}}
	require.Empty(t, what(u, end, none))
	end.End = &rehearse.End{Open: map[string]int{"pipe": 3, "eventfd": 1}, Goroutines: map[string]int{"p.a": 3, "p.a" + rehearse.Locked: 1, "p.b": 1, "p.b" + rehearse.Locked: 1, "p.c": 1}}
	require.Equal(t, []string{"eventfd", "pipe", "p.a" + rehearse.Locked, "p.b" + rehearse.Locked, "p.c"}, what(u, end, none))
	require.Equal(t, []string{"pipe", "p.b" + rehearse.Locked}, what(u, end, &compared{end: rehearse.End{
		Open: map[string]int{"eventfd": 1}, Goroutines: map[string]int{"p.a": 3, "p.a" + rehearse.Locked: 1, "p.c": 1},
	}}))
}

func TestLines(t *testing.T) {
	program := &ledger.Release{Funcs: []ledger.Func{{Key: "p.pay", File: "p/pay.go", Points: []ledger.Point{{What: "entry", Line: 3}, {What: "mu.Lock()", Line: 5}}}}}
	var l []string
	for _, line := range Lines(program, []string{"p.pay@1", "p.pay@2", "p.gone@1"}) {
		l = append(l, line.String())
	}
	require.Equal(t, []string{"p.pay@1  pay.go:5 `mu.Lock()`", "p.pay@2", "p.gone@1"}, l)
}

func TestShortened(t *testing.T) {
	require.Equal(t, "panic: no\n", shortened("panic: no\n"))
	long := shortened("panic: no\n" + strings.Repeat("\tmain.f()\n", maxOutput) + "exit status 2\n")
	require.LessOrEqual(t, len(long), maxOutput+len("\n…\n"))
	lines := strings.Split(long, "\n")
	require.Equal(t, []string{"panic: no", "\tmain.f()"}, lines[:2])
	require.Equal(t, []string{"\tmain.f()", "exit status 2", ""}, lines[len(lines)-3:])
	require.Contains(t, lines, "…")
}
