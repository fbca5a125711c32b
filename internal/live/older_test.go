package live

import (
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	older1 = &Shared{Source: older("common", "r1")}
	older2 = &Shared{Source: older("common", "r2"), From: older1}
	older3 = &Shared{Source: older("common", "r3"), From: older2}
)

func older(parts ...string) func(testing.TB) string {
	return func(t testing.TB) string { return Assemble(t, "../../testdata/live/older.txtar", parts...) }
}

// olderProcess is one of a release that has given its values away.
func olderProcess(t *testing.T, r *Shared) *Process {
	p := Start(t, r.Exe(t))
	require.Equal(t, "ready", p.Line())
	require.Equal(t, "filled", p.Ask("fill"))
	return p
}

// answers compares what a process says to commands, and to those that all releases have
// to answer in the same way.
func (p *Process) answers(questions ...string) {
	p.t.Helper()
	for i := 0; i < len(questions); i += 2 {
		require.Equal(p.t, questions[i+1], p.Ask(questions[i]), questions[i])
	}
	same := []string{
		"shelf", "true true", // one object, whoever finds it
		"clerk", "true true",
		"after", "note last",
		"pair", "true true true false",
		"generic", "true true false true",
		"nil", "true true",
		"memo", "interface *main.memo",
		"as", "true true true true",
		"string", "other words",
		"panic", "true interface conversion: interface {} is string, not *main.note line 70",
	}
	for i := 0; i < len(same); i += 2 {
		require.Equal(p.t, same[i+1], p.Ask(same[i]), same[i])
	}
}

var (
	// Notes of r1 and r3 have First.
	likeFirst = []string{
		"before", "interface *main.note",
		"waits", "interface *main.note",
		"point", "true 4 {4 5}",
		"map", "map[a:{7 0}]",
		"slice", "true true",
	}
	likeSecond = []string{
		"before", "note last",
		"waits", "note hidden true",
		"interfaces", "false true true",
		"point", "true 4 {0 4 5}",
		"map", "map[a:{0 7 0}]",
		"slice", "true true",
	}
)

// TestOlder: assertions and type switches see the release's own objects in what foreign
// code has kept since an earlier release, and one object for one.
func TestOlder(t *testing.T) {
	t.Parallel()
	p := olderProcess(t, older1)
	p.answers(likeFirst...)
	p.answers("interfaces", "true false true", "pool", "2 pooled")
	p.MustUpdate(older2.Update(t))
	p.answers(likeSecond...)
	p.answers("pool", "no note", "write", "hidden r2") // pools are emptied
	// Of what functions of the map call, assertions see what is there: a conversion does
	// not wait for itself.
	p.answers("asks", "told something, thing")
	// What fails is a panic of the assertion, each time, and the status lists it.
	const bad = "foreign code has handed over, in release 2, what cannot be carried over: the transformer of main.note panicked: no note"
	p.answers("bad", "false "+bad+" line 70", "bad", "false "+bad+" line 70")
	l, n := failures(p, "1")
	require.Equal(t, []string{"main.go:70 main.mustNote 0: " + bad, "main.go:70 main.mustNote 0: " + bad}, l)
	require.Equal(t, 2, n)
}

// TestOlderTwice: what nobody has asked for between two updates goes through both, and what
// these have let go of meanwhile is found again.
func TestOlderTwice(t *testing.T) {
	t.Parallel()
	for _, collects := range []bool{false, true} {
		p := olderProcess(t, older1)
		p.MustUpdate(older2.Update(t))
		p.MustUpdate(older3.Update(t))
		p.collect(collects)
		p.answers(likeFirst...)
		p.collect(collects)
		p.answers(likeFirst...)
		p.answers("write", "hidden r3")
		p.answers("pool", "no note")
	}
}

func (p *Process) collect(does bool) {
	if does {
		require.Equal(p.t, "collected", p.Ask("collect"))
	}
}

// TestOlderBack: the way back to the types of the first release, with objects that the
// second one has used, and that it has made.
func TestOlderBack(t *testing.T) {
	for _, collects := range []bool{false, true} {
		p := olderProcess(t, older1)
		p.MustUpdate(older2.Update(t))
		p.answers("write", "hidden r2", "waits", "note hidden r2 true", "slice", "true true")
		p.collect(collects)
		p.MustUpdate(older3.Update(t))
		p.collect(collects)
		p.answers("waits", "interface *main.note", "slice", "true true", "write", "hidden r3", "slice", "true true")
	}
	p := olderProcess(t, older2)
	p.answers(likeSecond...)
	p.MustUpdate(older3.Update(t))
	p.answers(likeFirst...)
	p.answers("pool", "no note")
}
