package bench

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// after measures a release that a process was updated to against the same release started cold.
func (b *bench) after(ctx context.Context) error {
	if b.wantedRow("after/loop") {
		if err := b.loop(ctx); err != nil {
			return err
		}
	}
	if !b.wantedRow("after/live") {
		return nil
	}
	if b.Quick {
		b.leave("after/live", leftOut)
		return nil
	}
	if _, err := exec.LookPath("redis-benchmark"); err != nil {
		b.leave("after/live", "redis-benchmark is not installed (Debian: apt-get install redis-tools)")
		return nil
	}
	k, err := b.kvd(ctx)
	if err != nil {
		return err
	}
	cold, err := b.serve(ctx, k.exe[2])
	if err != nil {
		return err
	}
	defer cold.stop()
	live, err := b.serve(ctx, k.exe[1])
	if err != nil {
		return err
	}
	defer live.stop()
	ask := func(s *server) (served, error) { return redisBenchmark(ctx, s, 200_000, 16) }
	if _, err := ask(live); err != nil { // there is something to carry over
		return err
	}
	if _, err := live.update(k.update[2]); err != nil {
		return err
	}
	rates, p99s, err := loads(20, ask, cold, live)
	if err != nil {
		return err
	}
	b.set("after/live", figure(ratios(rates[1], rates[0])), "kvd 1 → 2, redis-benchmark -P 16; p99 %s", digits(figure(ratios(p99s[1], p99s[0])).Median))
	return nil
}

// loop measures a loop that an update has found in the middle, and that goes on in the code for resumed frames, against
// the same loop of the same release that nothing has interrupted. The two processes run by turns.
func (b *bench) loop(ctx context.Context) error {
	p, err := b.pair(ctx, "loop", withCold, nextRelease...)
	if err != nil {
		return err
	}
	live, err := b.start(ctx, p.exe)
	if err != nil {
		return err
	}
	defer live.stop()
	if err := live.inRelease(1); err != nil {
		return err
	}
	if _, err := live.update(p.update); err != nil {
		return err
	}
	if err := live.inRelease(2); err != nil {
		return err
	}
	cold, err := b.start(ctx, p.cold)
	if err != nil {
		return err
	}
	defer cold.stop()
	if err := cold.inRelease(2); err != nil {
		return err
	}
	both := [2]*process{cold, live}
	for _, p := range both {
		if err := p.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
			return err
		}
	}
	var rates [2][]float64
	for run := range either(b, 10, 30) {
		for k := range 2 {
			at := (k + run) % 2
			r, err := both[at].slice(either(b, 150*time.Millisecond, 400*time.Millisecond))
			if err != nil {
				return err
			}
			rates[at] = append(rates[at], r)
		}
	}
	b.set("after/loop", figure(ratios(rates[1], rates[0])), "")
	return nil
}

// inRelease waits until the loop is in a release.
func (p *process) inRelease(n float64) error {
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		got, err := p.ask("turns")
		if err != nil || got[0] > 0 && got[1] == n || time.Now().After(end) {
			return err
		}
	}
}

// slice lets a process that is held run for a while, and returns how many turns its loop made in a second.
func (p *process) slice(d time.Duration) (rate float64, err error) {
	if err := p.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		return 0, err
	}
	from, err := p.ask("turns")
	if err != nil {
		return 0, err
	}
	began := time.Now()
	time.Sleep(d)
	to, err := p.ask("turns")
	if err != nil {
		return 0, err
	}
	rate = (to[0] - from[0]) / time.Since(began).Seconds()
	return rate, p.cmd.Process.Signal(syscall.SIGSTOP)
}

// An example is releases of a server of examples, with a way to make them give back memory, built as users build.
type example struct {
	plain   string   // the first release
	plugin  string   // the same, with support for plugins
	exe     []string // by release; those without a name were not built
	update  []string
	sources []string
}

// kvd builds releases of kvd, once: two that can be started, and the update to a third.
func (b *bench) kvd(ctx context.Context) (*example, error) {
	if b.builtKvd == nil {
		e, err := b.example(ctx, "kvd", 2, either(b, 2, 3))
		if err != nil {
			return nil, err
		}
		b.builtKvd = e
	}
	return b.builtKvd, nil
}

// example builds releases of an example up to last; those up to complete can be started.
func (b *bench) example(ctx context.Context, name string, complete, last int) (*example, error) {
	e := &example{exe: make([]string, last+1), update: make([]string, last+1), sources: make([]string, last+1)}
	dir := filepath.Join(b.Work, "example-"+name)
	for r := 1; r <= last; r++ {
		e.sources[r] = filepath.Join(dir, "src", "r"+digit(r))
		if err := copyTree(filepath.Join(b.Root, "examples", name, "r"+digit(r)), e.sources[r]); err != nil {
			return nil, err
		}
		if err := place("testdata/memory/free.go", filepath.Join(e.sources[r], "free.go")); err != nil {
			return nil, err
		}
		out := filepath.Join(dir, "r"+digit(r))
		from, flags := "", []string(nil)
		if r > 1 {
			from = e.exe[r-1]
			e.update[r] = out + ".update"
			if r > complete {
				flags = append(flags, "-update-only")
			}
		}
		if r > 1 && r-1 > complete {
			from = strings.TrimSuffix(e.update[r-1], ".update") + ".ledger"
		}
		if err := b.buildRelease(ctx, e.sources[r], out, from, flags...); err != nil {
			return nil, err
		}
		if r <= max(complete, 1) {
			e.exe[r] = out
		}
	}
	e.plain, e.plugin = filepath.Join(dir, "plain"), filepath.Join(dir, "plugin")
	if err := buildPlain(ctx, e.sources[1], e.plain); err != nil {
		return nil, err
	}
	withPlugin := filepath.Join(dir, "src", "plugin")
	if err := copyTree(e.sources[1], withPlugin); err != nil {
		return nil, err
	}
	if err := place("testdata/memory/plugin.go", filepath.Join(withPlugin, "plugin.go")); err != nil {
		return nil, err
	}
	return e, buildPlain(ctx, withPlugin, e.plugin)
}
