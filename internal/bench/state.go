package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/upstarego/upstarego/runtime/updater"
)

// nextItem changes the type of all objects of testdata/updates/state, as its copy by hand does.
var nextItem = []string{"\tid    int64\n\ttext  string\n\tprice float64\n", "\ttext  string\n\tid    int64\n\tstock int64\n\tprice float64\n"}

// state measures how long the program stands still when very many objects change, against a loop that somebody would
// write by hand.
func (b *bench) state(ctx context.Context) error {
	p, err := b.pair(ctx, "state", withPlain, nextItem...)
	if err != nil {
		return err
	}
	n := either(b, 200_000, 1_000_000)
	for _, kind := range []string{"map", "list", "tree"} {
		row := "state/" + kind
		if !b.wantedRow(row) {
			continue
		}
		gaps := map[int][]float64{}
		var copied []float64
		var last updater.Result
		for range either(b, 6, 8) {
			// The largest first and last: nothing else tells the sizes apart.
			for _, size := range either(b, []int{n}, []int{n / 4, n / 2, n}) {
				gap, r, err := b.transform(ctx, p, kind, size)
				if err != nil {
					return fmt.Errorf("%s: %w", row, err)
				}
				gaps[size] = append(gaps[size], gap)
				if last = r; size == n {
					c, err := b.copyByHand(ctx, p.plain, kind, size)
					if err != nil {
						return err
					}
					copied = append(copied, c)
				}
			}
		}
		what := ""
		if b.Quick {
			what = fmt.Sprintf("%d; ", n)
		}
		b.set(row, figure(gaps[n]), "%sby hand %s ms; of the last one: quiesce %.1f ms, transform %.1f ms, commit %.1f ms", what,
			digits(figure(copied).Median), phase(last, updater.PhaseQuiesce), phase(last, updater.PhaseTransform), phase(last, updater.PhaseCommit))
		b.set(row+"-copy", figure(ratios(gaps[n], copied)), "%s", what)
		if b.Quick {
			b.leave(row+"-linear", leftOut)
			continue
		}
		quarter := slices.Clone(gaps[n/4])
		for i := range quarter {
			quarter[i] *= 4
		}
		b.set(row+"-linear", figure(ratios(gaps[n], quarter)), "%s ms for a half, %s ms for a quarter", digits(figure(gaps[n/2]).Median), digits(figure(gaps[n/4]).Median))
	}
	return nil
}

// transform is the longest time, in milliseconds, that a client waits during the update.
func (b *bench) transform(ctx context.Context, p pair, kind string, n int) (gap float64, result updater.Result, err error) {
	var sum []float64
	var a *asker
	err = b.updated(ctx, p.exe, p.update,
		func(p *process) error {
			if err := p.expect(float64(n), "fill %s %d", kind, n); err != nil {
				return err
			}
			if sum, err = p.ask("sum"); err != nil {
				return err
			}
			port, err := p.ask("listen")
			if err != nil {
				return err
			}
			a, err = newAsker(fmt.Sprintf("127.0.0.1:%.0f", port[0]))
			return err
		},
		func(p *process, r updater.Result) error {
			gap, result = a.end(r), r
			if r.Objects < n/2 && kind != "map" {
				return fmt.Errorf("%d objects were converted, of %d", r.Objects, n)
			}
			after, err := p.ask("sum")
			if err == nil && !slices.Equal(sum, after) {
				err = fmt.Errorf("the state was %v and is %v", sum, after)
			}
			return err
		})
	return gap, result, err
}

// copyByHand is how long the plain program's own loop takes, in milliseconds.
func (b *bench) copyByHand(ctx context.Context, exe, kind string, n int) (float64, error) {
	p, err := b.start(ctx, exe)
	if err != nil {
		return 0, err
	}
	defer p.stop()
	if err := p.expect(float64(n), "fill %s %d", kind, n); err != nil {
		return 0, err
	}
	ns, err := p.ask("copy")
	if err != nil {
		return 0, err
	}
	return ns[0] / 1e6, nil
}

// heap measures whether an update that changes bodies alone depends on the heap.
func (b *bench) heap(ctx context.Context) error {
	const small = 10
	large := either(b, 256, 4096)
	// A heap grows to twice its size before it is collected.
	if room := int(meminfo("MemAvailable") >> 20 / 3); large > room {
		b.Log("heap: %d MB instead of %d: there is no room for more", room, large)
		large = room
	}
	dir := filepath.Join(b.Work, "heap")
	p := pair{exe: filepath.Join(dir, "exe"), cold: filepath.Join(dir, "next"), update: filepath.Join(dir, "next.update")}
	if err := copyTree(filepath.Join(b.Root, "testdata", "live", "heap"), filepath.Join(dir, "r1")); err != nil {
		return err
	}
	if err := b.releases(ctx, &p, filepath.Join(dir, "r1"), filepath.Join(dir, "r2"), 0, `release = "r1"`, `release = "r2"`); err != nil {
		return err
	}
	var with [2][]float64
	for range either(b, 6, 8) {
		for i, megabytes := range []int{small, large} {
			err := b.updated(ctx, p.exe, p.update,
				func(p *process) error { return p.say("filled", "fill %d", megabytes) },
				func(p *process, r updater.Result) error {
					with[i] = append(with[i], unloaded(r))
					if r.Objects != 0 {
						return fmt.Errorf("%d objects were converted", r.Objects)
					}
					return nil
				})
			if err != nil {
				return err
			}
		}
	}
	b.set("heap/bodies", figure(ratios(with[1], with[0])), "%d MB against %d MB: %s and %s ms", large, small, digits(figure(with[1]).Median), digits(figure(with[0]).Median))
	return nil
}
