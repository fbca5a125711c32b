package bench

import (
	"context"
	"fmt"

	"github.com/upstarego/upstarego/runtime/updater"
)

// updated starts a program, lets before prepare it, updates it and lets after look at it.
func (b *bench) updated(ctx context.Context, exe, update string, before func(*process) error, after func(*process, updater.Result) error) error {
	p, err := b.start(ctx, exe)
	if err != nil {
		return err
	}
	defer p.stop()
	if err := before(p); err != nil {
		return err
	}
	r, err := p.update(update)
	if err != nil {
		return err
	}
	return after(p, r)
}

// stop measures how long it takes to stop and go on, when nothing has to be changed.
func (b *bench) stop(ctx context.Context) error {
	if b.wantedRow("stop/busy") {
		if err := b.busy(ctx); err != nil {
			return err
		}
	}
	if b.wantedRow("stop/parked") || b.wantedRow("stop/parked-memory") {
		return b.parked(ctx)
	}
	return nil
}

func (b *bench) busy(ctx context.Context) error {
	const n = 1000
	p, err := b.pair(ctx, "busy", 0, nextRelease...)
	if err != nil {
		return err
	}
	var ms, quiesce []float64
	for range either(b, 8, 20) {
		err := b.updated(ctx, p.exe, p.update,
			func(p *process) error { return p.expect(n, "begin %d", n) },
			func(p *process, r updater.Result) error {
				ms, quiesce = append(ms, unloaded(r)), append(quiesce, phase(r, updater.PhaseQuiesce))
				return p.until(n, "in 2")
			})
		if err != nil {
			return err
		}
	}
	b.set("stop/busy", figure(ms), "of it %s ms until all stand still", digits(figure(quiesce).Median))
	return nil
}

// parked measures with goroutines that wait. What they cost is told apart from what the process and its update cost by
// itself, with next to none of them.
func (b *bench) parked(ctx context.Context) error {
	n := either(b, 100_000, 1_000_000)
	p, err := b.pair(ctx, "parked", withPlain, nextRelease...)
	if err != nil {
		return err
	}
	var ms, bytes, rest []float64
	for range either(b, 6, 10) {
		var most, least [3]float64 // plain, at rest, and after an update; with n and with few goroutines
		for _, c := range []struct {
			n   int
			rss *[3]float64
		}{{n, &most}, {1000, &least}} {
			if err := b.plainMemory(ctx, p.plain, c.n, &c.rss[0]); err != nil {
				return err
			}
			err := b.updated(ctx, p.exe, p.update,
				func(p *process) (err error) {
					if err = p.expect(float64(c.n), "begin %d", c.n); err == nil {
						c.rss[1], err = p.memory("VmHWM")
					}
					return err
				},
				func(p *process, r updater.Result) (err error) {
					if c.n == n {
						ms = append(ms, unloaded(r))
					}
					if c.rss[2], err = p.memory("VmHWM"); err != nil {
						return err
					}
					return p.expect(float64(c.n), "wake 2")
				})
			if err != nil {
				return err
			}
		}
		per := func(i int) float64 { return ((most[i] - least[i]) - (most[0] - least[0])) / float64(n-1000) }
		rest, bytes = append(rest, per(1)), append(bytes, per(2))
	}
	what := ""
	if b.Quick {
		what = fmt.Sprintf("%d goroutines; ", n)
	}
	b.set("stop/parked", figure(ms), "%s%s ns for each", what, digits(figure(ms).Median*1e6/Number(n)))
	b.set("stop/parked-memory", figure(bytes), "%sbefore the update %s; most that was resident", what, digits(figure(rest).Median))
	return nil
}

func (b *bench) plainMemory(ctx context.Context, exe string, n int, rss *float64) error {
	p, err := b.start(ctx, exe)
	if err != nil {
		return err
	}
	defer p.stop()
	if err := p.expect(float64(n), "begin %d", n); err != nil {
		return err
	}
	*rss, err = p.memory("VmHWM")
	return err
}

// rebuild measures how long captured goroutines need until all of them are where they were.
func (b *bench) rebuild(ctx context.Context) error {
	const frames = 10
	n := either(b, 10_000, 100_000)
	occupied := 20 * n // numbers that are sorted meanwhile
	p, err := b.pair(ctx, "deep", 0, nextRelease...)
	if err != nil {
		return err
	}
	var us, turn, capture, captured []float64
	for range either(b, 6, 10) {
		var round float64
		err := b.updated(ctx, p.exe, p.update,
			func(p *process) error {
				if err := p.expect(float64(n), "begin %d %d", n, frames); err != nil {
					return err
				}
				r, err := p.ask("round")
				if err != nil {
					return err
				}
				round = r[0]
				return p.expect(float64(occupied), "occupy %d", occupied)
			},
			func(p *process, r updater.Result) error {
				last, err := p.ask("last 2")
				if err != nil {
					return err
				}
				if r.Captured < n/2 {
					return fmt.Errorf("%d goroutines were captured, not %d: the stop was too short for the others to come to a point", r.Captured, n)
				}
				commit := float64(r.Requested.UnixNano() + r.RequestToCommitNS)
				us = append(us, (last[0]-commit)/1e3/float64(n*frames))
				captured = append(captured, float64(r.Captured))
				turn = append(turn, round/1e3/float64(n*frames))
				capture = append(capture, unloaded(r)*1e3/float64(n*frames))
				return nil
			})
		if err != nil {
			return err
		}
	}
	note := fmt.Sprintf("wall time from commit until the last one goes on; %s were captured, the others wait and convert then; a turn of all of them without update %s; request to commit %s", digits(figure(captured).Median), digits(figure(turn).Median), digits(figure(capture).Median))
	if b.Quick {
		note = fmt.Sprintf("%d goroutines; ", n) + note
	}
	b.set("rebuild/frame", figure(us), "%s", note)
	return nil
}
