package live

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const late = "../../testdata/live/late"

// late2 makes the next release: an item's n is wider, local has a step, and split
// waits in a function of its own.
var late2 = []string{
	`release = "r1"`, `release = "r2"`,
	"n    int32", "n    int64",
	"count := 0", "count, step := 0, 1",
	`"%s %s count %d", release, name, count)`, `"%s %s count %d step %d", release, name, count, step)`,
	"<-gate // waits", "await(gate)",
	"ready  = make(chan bool)", "ready  = make(chan bool)\n\tspare  *item",
	`case "go":`, "case \"spare\":\n\t\t\tfmt.Println(spare.name, spare.n)\n\t\tcase \"go\":",
	"// plain has", "func await(gate <-chan bool) { <-gate }\n\n// plain has",
}

var (
	lateR1 = &Shared{Source: func(t testing.TB) string { return Copy(t, late) }}
	lateR2 = &Shared{Source: func(t testing.TB) string { return Copy(t, late, late2...) }, From: lateR1}
	lateR3 = &Shared{Source: func(t testing.TB) string {
		return Copy(t, late, append([]string{`release = "r1"`, `release = "r3"`}, late2[2:]...)...)
	}, From: lateR2, Last: true}
)

// failures are what the status of an update says about goroutines that came back.
func failures(p *Process, update string) (list []string, count int) {
	p.t.Helper()
	var r struct {
		State string
		Late  []struct {
			Code, Message string
			Positions     []struct {
				Pos, Func string
				Point     int
			}
		}
		LateFailures int `json:"late_failures"`
	}
	status, answer := p.HTTP("GET", "/v1/updates/"+update, "")
	require.Equal(p.t, 200, status)
	require.NoError(p.t, json.Unmarshal([]byte(answer), &r))
	require.Equal(p.t, "committed", r.State)
	for _, l := range r.Late {
		require.Equal(p.t, "UP2013", l.Code)
		require.Len(p.t, l.Positions, 1)
		at := l.Positions[0]
		list = append(list, fmt.Sprintf("%s %s %d: %s", at.Pos[strings.LastIndexByte(at.Pos, '/')+1:], at.Func, at.Point, l.Message))
	}
	return list, r.LateFailures
}

// TestLate: an object that only a waiting goroutine holds is transformed when the
// goroutine comes back.
func TestLate(t *testing.T) {
	t.Parallel()
	p := Start(t, lateR1.Exe(t))
	require.Equal(t, "1", p.Ask("list known"))
	require.Equal(t, "waiting", p.Ask("hold alone"))
	require.Equal(t, "waiting", p.Ask("pair two"))
	require.Equal(t, "waiting", p.Ask("local yes"))
	require.Equal(t, "waiting", p.Ask("split yes2"))
	p.MustUpdate(lateR2.Update(t))
	require.Equal(t, "r2 alone 70 1 0", p.Ask("go alone"))
	require.Equal(t, "r2 two 80 1 0", p.Ask("go two1"))
	require.Equal(t, "r2 two 80 1 0", p.Ask("go two2"))
	require.Equal(t, "r2 yes count 0 step 5", p.Ask("go yes"))
	require.Equal(t, "r2 yes2 split", p.Ask("go yes2"))
	require.Equal(t, "spare 5", p.Ask("spare"), "a variable of the program's own type that the frame map makes")
	l, n := failures(p, "1")
	require.Empty(t, l)
	require.Zero(t, n)
}

// TestLatePanics: what fails when a goroutine comes back is a panic in it, at its
// point in the new release, which the program's own deferred functions recover; the
// object is what it is by name, for others that hold it as well; the server goes on,
// and the update's status names it.
func TestLatePanics(t *testing.T) {
	p := Start(t, lateR1.Exe(t))
	for _, start := range []string{"hold bad", "pair bad pair", "outer bad outer", "local badly", "split bad split", "hold good"} {
		require.Equal(t, "waiting", p.Ask(start))
	}
	p.MustUpdate(lateR2.Update(t))
	const why = ": a goroutine has come back into release 2 with what cannot be carried over: "
	const transformer = why + "the transformer of main.item panicked: runtime error: invalid memory address or nil pointer dereference"
	says := func(key, start, reason string) {
		t.Helper()
		got := p.Ask("go " + key)
		require.True(t, strings.HasPrefix(got, start), "%s\nwant %s", got, start)
		require.Contains(t, got, strings.TrimPrefix(reason, ": "))
	}
	says("bad", "r2 recovered with bad 0, runtime error true", transformer)
	says("bad pair1", "r2 recovered with bad pair 0, runtime error true", transformer)
	says("bad pair2", "r2 recovered with bad pair 0, runtime error true", transformer)
	says("bad outer", "outer r2 recovered with bad outer 0, runtime error true", transformer)
	says("badly", "r2 recovered with badly 0, runtime error true", why+"the rule for frames of example.com/late.local panicked: runtime error: index out of range")
	says("bad split", "r2 recovered with bad split 0, runtime error false", why+"the rule for frames of example.com/late.split panicked: no frames")
	require.Equal(t, "r2 good 70 1 0", p.Ask("go good"))
	l, n := failures(p, "1")
	require.Equal(t, 6, n)
	at := func(i int, where, reason string) {
		t.Helper()
		require.True(t, strings.HasPrefix(l[i], where+": "), l[i])
		require.Contains(t, l[i], strings.TrimPrefix(reason, ": "))
	}
	at(0, "main.go:48 example.com/late.hold 2", transformer)
	at(1, "main.go:48 example.com/late.hold 2", transformer)
	at(2, "main.go:48 example.com/late.hold 2", transformer)
	at(3, "main.go:82 example.com/late.plain 2", transformer)
	require.Equal(t, "waiting", p.Ask("hold after"))
	require.Equal(t, "r2 after 7 1 0", p.Ask("go after"))
}

// TestLatePanicsInALaterRelease: a goroutine that has waited for two updates panics
// where it goes on, in the newest; the update that could not carry it names it.
func TestLatePanicsInALaterRelease(t *testing.T) {
	p := Start(t, lateR1.Exe(t))
	require.Equal(t, "waiting", p.Ask("hold bad"))
	require.Equal(t, "waiting", p.Ask("hold good"))
	p.MustUpdate(lateR2.Update(t))
	p.MustUpdate(lateR3.Update(t))
	require.Contains(t, p.Ask("go bad"), "r3 recovered with bad 0, runtime error true")
	require.Equal(t, "r3 good 70 1 0", p.Ask("go good"))
	_, n := failures(p, "1")
	require.Equal(t, 1, n)
	_, n = failures(p, "2")
	require.Zero(t, n)
}

// TestLateUnrecovered: without a deferred function that recovers, it ends the
// program as any panic does, with what happened and where.
func TestLateUnrecovered(t *testing.T) {
	t.Parallel()
	r1 := Build(t, Copy(t, late, "recover()", "any(nil)"), "")
	r2 := Build(t, Copy(t, late, append([]string{"recover()", "any(nil)"}, late2...)...), r1, "-update-only")
	p := Start(t, r1)
	require.Equal(t, "waiting", p.Ask("hold bad"))
	p.MustUpdate(r2 + ".update")
	p.Send("go bad")
	p.Ended()
	require.Contains(t, p.Errors(), "panic: a goroutine has come back into release 2 with what cannot be carried over")
	require.Contains(t, p.Errors(), "main.go:48")
}

// TestValidate: an object that must not be carried over vetoes the update when the
// program stands still; it goes on as before, and the update goes through when the
// object is gone.
func TestValidate(t *testing.T) {
	p := Start(t, lateR1.Exe(t))
	require.Equal(t, "1", p.Ask("list valid"))
	require.Equal(t, "2", p.Ask("list not valid"))
	require.Equal(t, "waiting", p.Ask("hold good"))
	for range 2 {
		o := p.MustFail("UP2010", lateR2.Update(t))
		require.Equal(t, 3, o.Exit)
		require.Contains(t, o.Stderr, "not valid is not valid")
		require.Equal(t, "r1", release(p))
	}
	require.Equal(t, "r1 good 7 1 0", p.Ask("go good"))
	require.Equal(t, "waiting", p.Ask("hold good"))
	require.Equal(t, "1", p.Ask("unlist not valid"))
	p.MustUpdate(lateR2.Update(t))
	require.Equal(t, "r2 good 70 1 0", p.Ask("go good"))
}
