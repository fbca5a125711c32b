package main

import (
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func eventually(f func() bool, d time.Duration) bool {
	for end := time.Now().Add(d); ; time.Sleep(time.Millisecond) {
		if f() {
			return true
		}
		if time.Now().After(end) {
			return false
		}
	}
}

func fileSize(path string) int64 {
	fi, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return fi.Size()
}

// allStopped reports whether all processes of a group are stopped.
func allStopped(group int) bool {
	type process struct{ state, parent string }
	all := map[string]process{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		b, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		f := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:])) // state, parent, group
		if f[2] == strconv.Itoa(group) && f[0] != "Z" {                          // who has ended stands still, and who would be told as well
			all[filepath.Base(filepath.Dir(path))] = process{f[0], f[1]}
		}
	}
	still := map[string]bool{}
	for id, p := range all {
		if p.state == "T" {
			still[id] = true
			// A shell that has begun a command by vfork waits until that has its own memory.
			if all[p.parent].state == "D" {
				still[p.parent] = true
			}
		}
	}
	return len(all) > 0 && len(still) == len(all)
}

func TestFit(t *testing.T) {
	s := fit([]float64{3, 5, 7, 9})
	require.InDelta(t, 2, s.PerUpdate, 1e-12)
	require.InDelta(t, 0, s.Error, 1e-12)
	// By hand: means 1.5 and 2; xy 2, xx 5; rests -0.4, 1.2, -1.2, 0.4.
	s = fit([]float64{1, 3, 1, 3})
	require.InDelta(t, 0.4, s.PerUpdate, 1e-12)
	require.InDelta(t, math.Sqrt(3.2/2/5), s.Error, 1e-12)
	require.Equal(t, slope{}, fit([]float64{4}))
	require.Equal(t, 1.0, fit([]float64{4, 5}).PerUpdate)
}

func TestQuantile(t *testing.T) {
	y := []float64{4, 1, 3, 2}
	require.Equal(t, 2.5, quantile(y, .5))
	require.Equal(t, 1.0, quantile(y, 0))
	require.Equal(t, 4.0, quantile(y, 1))
	require.InDelta(t, 3.7, quantile(y, .9), 1e-12)
	require.Equal(t, []float64{4, 1, 3, 2}, y)
	require.True(t, math.IsNaN(quantile(nil, .5)))
}

func TestEnds(t *testing.T) {
	y := make([]float64, 301)
	for i := range y {
		y[i] = float64(i)
	}
	first, last := ends(y)
	require.Equal(t, y[1:101], first)
	require.Equal(t, y[201:], last)
	first, last = ends(y[:10])
	require.Equal(t, y[1:4], first)
	require.Equal(t, y[7:10], last)
	first, last = ends(y[:2])
	require.Equal(t, y[:1], first)
	require.Equal(t, y[1:2], last)
}

func TestLongestGap(t *testing.T) {
	at := []time.Duration{0, 10, 40, 45, 100}
	require.Equal(t, time.Duration(30), longestGap(at, window{20, 42}))
	require.Equal(t, time.Duration(5), longestGap(at, window{41, 44}))
	require.Equal(t, time.Duration(55), longestGap(at, window{50, 60}))
	require.Equal(t, time.Duration(0), longestGap(at, window{101, 200}))
}

// A gap is known when the client has had a reply behind the window, and what is forgotten
// does not shorten the one that the next window begins in.
func TestGap(t *testing.T) {
	r := newRecord()
	p := r.pulse()
	for _, at := range []time.Duration{1, 5, 20} {
		p.beat(at)
	}
	found := make(chan time.Duration)
	go func() {
		d, _ := r.gap(window{6, 30})
		found <- d
	}()
	select {
	case <-found:
		t.Fatal("the client's gap is not over")
	case <-time.After(20 * time.Millisecond):
	}
	p.beat(31)
	require.Equal(t, time.Duration(15), <-found)
	r.forget(30)
	require.Equal(t, []time.Duration{20, 31}, p.at)
	p.end()
	d, err := r.gap(window{25, 50})
	require.NoError(t, err)
	require.Equal(t, time.Duration(11), d)
}

// history enters operations of two clients on one key: what, the answer, from when to when.
type did struct {
	call
	value
	from, to time.Duration
}

func decideAll(t *testing.T, final value, ops ...did) []string {
	l := newLinear(1)
	for i, o := range ops {
		l.done(i, l.begin(i), 0, o.call, o.value, o.from, o.to)
		l.leave(i)
	}
	windows := l.turn()
	require.Equal(t, []int{0}, windows)
	wrong, err := l.decide(0, func() time.Duration { return 1000 }, func(int) (value, error) { return final, nil })
	require.NoError(t, err)
	return wrong
}

func TestLinear(t *testing.T) {
	set := func(n int64, from, to time.Duration) did { return did{call{opSet, n}, value{true, n}, from, to} }
	get := func(n int64, from, to time.Duration) did { return did{call{op: opGet}, value{true, n}, from, to} }
	none := func(from, to time.Duration) did { return did{call{op: opGet}, value{}, from, to} }
	incr := func(n int64, from, to time.Duration) did { return did{call{op: opIncr}, value{true, n}, from, to} }
	del := func(there bool, from, to time.Duration) did {
		return did{call{op: opDelete}, value{there: there}, from, to}
	}
	right := map[string][]did{
		"one after the other": {none(0, 1), set(5, 2, 3), get(5, 4, 5), incr(6, 6, 7), del(true, 8, 9), del(false, 10, 11), incr(1, 12, 13)},
		"overlapping":         {incr(2, 0, 10), incr(1, 5, 6)},
		"read while written":  {none(1, 2), incr(1, 0, 10)},
	}
	for name, ops := range right {
		final := value{true, 1}
		if name == "overlapping" {
			final.n = 2
		}
		require.Empty(t, decideAll(t, final, ops...), name)
	}
	wrong := map[string][]did{
		"lost":       {incr(1, 0, 1), incr(1, 2, 3)},
		"doubled":    {incr(1, 0, 1), incr(3, 2, 3)},
		"reordered":  {incr(2, 0, 1), incr(1, 2, 3)},
		"stale":      {set(1, 0, 1), set(2, 2, 3), get(1, 4, 5), get(2, 6, 7)},
		"reappeared": {set(1, 0, 1), del(true, 2, 3), get(1, 4, 5)},
	}
	for name, ops := range wrong {
		last := ops[len(ops)-1]
		require.NotEmpty(t, decideAll(t, last.value, ops...), name)
	}
	require.NotEmpty(t, decideAll(t, value{}, set(1, 0, 1)), "the last write is lost")
}

// A window is whole when nobody is in it any more.
func TestWindows(t *testing.T) {
	l := newLinear(1)
	require.Equal(t, 0, l.begin(1))
	require.Equal(t, 0, l.begin(2))
	require.Empty(t, l.turn())
	require.Equal(t, 1, l.begin(1))
	require.Empty(t, l.turn())
	require.Equal(t, 2, l.begin(2))
	require.Equal(t, []int{0}, l.turn())
	l.leave(1)
	l.leave(2)
	require.Equal(t, []int{1, 2, 3}, l.turn())
}

// Releases have the code and the map of their place in the cycle, under their own number.
func TestLay(t *testing.T) {
	root, err := moduleRoot(t.Context())
	require.NoError(t, err)
	for _, p := range programs("both") {
		lay := func(n int) map[string]string {
			dir := filepath.Join(t.TempDir(), "src")
			require.NoError(t, p.lay(root, dir, n))
			files := make(map[string]string)
			require.NoError(t, filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
				if err == nil && !e.IsDir() {
					var b []byte
					b, err = os.ReadFile(path)
					rel, _ := filepath.Rel(dir, path)
					files[rel] = string(b)
				}
				return err
			}))
			return files
		}
		code := func(files map[string]string) map[string]string {
			own := make(map[string]string)
			for name, text := range files {
				if !strings.HasPrefix(name, "upstare") {
					own[name] = text
				}
			}
			return own
		}
		first, fourth, fifth, seventh := lay(1), lay(4), lay(5), lay(7)
		require.Equal(t, code(first), code(fourth))
		require.Equal(t, code(first), code(seventh))
		require.NotEqual(t, code(first), code(fifth))
		require.Equal(t, code(lay(2)), code(fifth))
		require.NotContains(t, first, "upstare/r1/framemap.go")
		require.Contains(t, fourth["upstare/r4/framemap.go"], "/upstare/r4/was\"")
		require.Contains(t, fifth["upstare/r5/framemap.go"], "/upstare/r5/was\"")
		require.NotContains(t, fifth["upstare/r5/framemap.go"], "/upstare/r2/")
		require.Equal(t, strings.ReplaceAll(fourth["upstare/r4/framemap.go"], "/r4/", "/r7/"), seventh["upstare/r7/framemap.go"])
	}
}

// What has to stay the same and does not is a failure, and only that.
func TestGrown(t *testing.T) {
	run := func(change func(i int, s *step)) []string {
		r := &report{Steps: make([]step, 301)}
		for i := range r.Steps {
			s := &r.Steps[i]
			s.Process = sample{Threads: 10, HeapLive: uint64(5e6 + 300e3*i)}
			s.Control.HeapLive = uint64(3e6 + 300e3*i)
			s.Gap = 50e6 + int64(i%3)*1e6
			change(i, s)
		}
		return r.grown()
	}
	require.Empty(t, run(func(int, *step) {}))
	require.Empty(t, run(func(i int, s *step) { s.Process.Threads += i / 150 }))
	require.Len(t, run(func(i int, s *step) { s.Process.Threads += i / 60 }), 1)
	require.Len(t, run(func(i int, s *step) { s.Process.HeapLive += uint64(10e3 * i) }), 1)
	require.Len(t, run(func(i int, s *step) { s.Gap += int64(i) * 60e3 }), 1)
	require.Empty(t, run(func(i int, s *step) { s.Gap += int64(i) * 30e3 }))
}
