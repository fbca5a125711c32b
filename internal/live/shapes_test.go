package live

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// shapes puts releases of testdata/live/shapes.txtar together.
func shapes(from *Shared, parts ...string) *Shared {
	return &Shared{From: from, Source: func(t testing.TB) string {
		return Assemble(t, "../../testdata/live/shapes.txtar", parts...)
	}}
}

var (
	shapes1 = shapes(nil, "common", "r1")
	shapes2 = shapes(shapes1, "common", "r2")
	shapes3 = shapes(shapes2, "common", "r1", "r3").AsLast()
	vetoed2 = shapes(shapes1, "common", "r2", "veto")
)

// TestShapes: objects whose types gain, lose, retype and reorder fields keep their
// values and their identity however they are reached, and functions that are held
// as values, wait, or are still to be started run in the new release with what they
// captured; the same on the way back to the first release's types.
func TestShapes(t *testing.T) {
	p := Start(t, shapes1.Exe(t))
	require.Equal(t, "ready", p.Line())
	require.Equal(t, "r1 ok", p.Ask("check"))
	require.Equal(t, "grown 1", p.Ask("grow"))
	require.Equal(t, "r1 func x, r1 closure 1 who x, r1 closure 2 who x, r1 method p 1 x", p.Ask("call"))
	require.Equal(t, "waiting", p.Ask("wait"))
	for i, u := range []*Shared{shapes2, shapes3} {
		o := p.MustUpdate(u.Update(t))
		require.Greater(t, o.Result["objects"], 20.0, "objects converted")
		r := []string{"r2", "r3"}[i]
		require.Equal(t, r+" ok", p.Ask("check"))
		require.Equal(t, []string{"r1", "r1 r2"}[i], p.Ask("grown"), "objects made in earlier releases")
		require.Equal(t, r+" deferred "+r+" panic kept 7, "+r+" received sent mine 9 true, sorted [1 2 3 4] by ["+r+"], spawned true", p.Ask("go"))
		require.Equal(t, []string{
			"r2 func x, r2 closure 3 who x, r2 closure 4 who x, r2 method p 2 x",
			"r3 func x, r3 closure 5 who x, r3 closure 6 who x, r3 method p 3 x",
		}[i], p.Ask("call"))
		require.Equal(t, r+" timer "+r+" a", p.Ask("fire"))
		require.Equal(t, r+" handler "+[]string{"1", "2"}[i]+" a", p.Ask("get"))
		p.Ask("grow")
		require.Equal(t, "waiting", p.Ask("wait"))
	}
}

// TestVetoed: an update that the developer's own code gives up at commit leaves the
// program as before, as often as it is tried, and a repaired one then goes through.
func TestVetoed(t *testing.T) {
	veto := t.TempDir()
	t.Setenv("VETO", veto)
	p := Start(t, shapes1.Exe(t))
	require.Equal(t, "ready", p.Line())
	uses := 0
	asBefore := func() {
		t.Helper()
		require.Equal(t, "r1 ok", p.Ask("check"))
		require.Equal(t, "r1", release(p))
		require.Contains(t, p.Ask("call"), "r1 closure "+[]string{"1", "3", "5", "7", "9", "11"}[uses])
		uses++
	}
	for _, c := range []struct{ file, code, says, timeout string }{
		{"require", "UP2007", "vetoed by require", "1s"},
		{"validate", "UP2010", "vetoed by validate", "60s"},
		{"panic", "UP2010", "vetoed by panic", "60s"},
		{"validate panic", "UP2010", "vetoed by validate panic", "60s"},
		{"validate", "UP2010", "vetoed by validate", "60s"},
	} {
		path := filepath.Join(veto, c.file)
		require.NoError(t, os.WriteFile(path, nil, 0o666))
		o := p.MustFail(c.code, vetoed2.Update(t), "-timeout", c.timeout)
		require.Equal(t, 3, o.Exit)
		require.Contains(t, o.Stderr, c.says)
		require.NoError(t, os.Remove(path))
		asBefore()
		if c.file == "require" { // the others have goroutines to carry
			require.Equal(t, "waiting", p.Ask("wait"))
		}
	}
	require.Equal(t, "r1 deferred r1 panic kept 7, r1 received sent mine 9 true, sorted [1 2 3 4] by [r1], spawned true", p.Ask("go"))
	require.Equal(t, "waiting", p.Ask("wait"))
	p.MustUpdate(shapes2.Update(t))
	require.Equal(t, "r2 ok", p.Ask("check"))
	require.Equal(t, "r2 deferred r2 panic kept 7, r2 received sent mine 9 true, sorted [1 2 3 4] by [r2], spawned true", p.Ask("go"))
}

// TestNever: the update waits for a goroutine inside a function that framemap.Never
// names, while the program goes on; it is undone if the goroutine stays, and commits
// when it has left.
func TestNever(t *testing.T) {
	p := Start(t, shapes1.Exe(t))
	require.Equal(t, "ready", p.Line())
	require.Equal(t, "held", p.Ask("hold"))
	o := p.MustFail("UP2007", vetoed2.Update(t), "-timeout", "3s")
	require.Contains(t, o.Stderr, "holding")
	require.Equal(t, "r1 ok", p.Ask("check"))

	done := make(chan Outcome, 1)
	go func() { done <- p.Update(vetoed2.Update(t), "-timeout", "60s") }()
	p.Under("quiesce")
	require.Equal(t, "r1 ok", p.Ask("check"), "while the update waits")
	require.Equal(t, "r1 left a", p.Ask("leave"))
	o = <-done
	require.Equal(t, "committed", o.Result["state"], o.Stderr)
	require.Equal(t, "r2 ok", p.Ask("check"))
}

// release is the running release as the endpoint names it.
func release(p *Process) string {
	n := p.Status()["release"].(map[string]any)["number"].(float64)
	return "r" + string(rune('0'+int(n)))
}

var (
	holders1 = &Shared{Source: holders("r1")}
	holders2 = &Shared{Source: holders("r2"), From: holders1, Last: true}
)

func holders(parts ...string) func(testing.TB) string {
	return func(t testing.TB) string { return Assemble(t, "../../testdata/live/holders.txtar", parts...) }
}

// TestHolders: objects of a changed type are reached through generic types, atomic
// pointers, sync.Map, contexts, embedding, types without a name, interfaces and
// functions that are bound to them.
func TestHolders(t *testing.T) {
	t.Parallel()
	p := Start(t, holders1.Exe(t))
	require.Equal(t, "ready", p.Line())
	says := func(r string) {
		t.Helper()
		require.Equal(t, r+" ok true true", p.Ask("check"))
		require.Equal(t, r+" hello x bound 3", p.Ask("f"), "method value")
		require.Equal(t, r+" value bound 3", p.Ask("m"), "method value with a copied receiver")
		require.Equal(t, r+" hello x bound 3", p.Ask("g"), "interface")
		require.Equal(t, "11", p.Ask("done"), "literal")
		require.Equal(t, "zero", p.Ask("sort"))
	}
	says("r1")
	p.MustUpdate(holders2.Update(t))
	says("r2")
	says("r2")
}
