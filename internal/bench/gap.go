package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/upstarego/upstarego/runtime/updater"
)

const (
	askers     = 4                      // clients that do nothing but ask: theirs are the gaps
	quietTime  = time.Second            // looked at before the update, at least,
	quietLeast = 1000                   // and until each asker has had so many answers
	busyPause  = 100 * time.Millisecond // of the other busy clients between an answer and the next request
	perAddress = 20_000                 // connections from one address of the loopback device: it has no more ports
)

// gap measures what clients notice of an update of bodies alone, with other busy connections and many idle ones beside
// theirs. The difference between a client's longest wait around the update and its own p99.9 before is the figure.
func (b *bench) gap(ctx context.Context) error {
	const busy = 1000
	const asked = 100_000
	idle := either(b, 2000, asked)
	if room := descriptors(idle+busy+1000) - busy - 1000; room < idle {
		if room < 0 {
			return missing("the process may not have enough file descriptors (ulimit -n)")
		}
		b.Log("gap: %d idle connections instead of %d: there may be no more file descriptors (ulimit -n)", room, idle)
		idle = room
	}
	p, err := b.pair(ctx, "echo", 0, nextRelease...)
	if err != nil {
		return err
	}
	var over, gaps, usual, quiet []float64
	for range either(b, 6, 10) {
		g, err := b.gapOnce(ctx, p, busy, idle)
		if err != nil {
			return err
		}
		for _, c := range g {
			over, gaps, usual, quiet = append(over, c.gap-c.p999), append(gaps, c.gap), append(usual, c.p999), append(quiet, c.quiet)
		}
	}
	b.set("gap/code", figure(over), "%d busy and %d idle connections; %d clients in each run; longest wait around the update %s ms, p99.9 %s ms, longest wait in as long a time without update %s ms",
		busy, idle, askers, digits(figure(gaps).Median), digits(figure(usual).Median), digits(figure(quiet).Median))
	if row := b.row("gap/code"); idle < asked && row.Verdict != Missed {
		row.Verdict = Smaller
	}
	return nil
}

// noticed is what one client has noticed, in milliseconds.
type noticed struct{ gap, p999, quiet float64 }

func (b *bench) gapOnce(ctx context.Context, p pair, busy, idle int) (all []noticed, err error) {
	var conns []net.Conn
	var asking []*asker
	var done sync.WaitGroup
	var failed atomic.Pointer[error]
	stop := make(chan struct{})
	defer func() {
		close(stop)
		done.Wait()
		for _, c := range conns {
			c.Close()
		}
	}()
	err = b.updated(ctx, p.exe, p.update,
		func(pr *process) error {
			port, err := pr.ask("listen")
			if err != nil {
				return err
			}
			dial := func(i int) (net.Conn, error) {
				// The server's address is another one for each lot of clients.
				return net.DialTimeout("tcp", fmt.Sprintf("127.0.0.%d:%.0f", 2+i/perAddress, port[0]), patience)
			}
			for i := range idle + busy {
				c, err := dial(i)
				if err != nil {
					return fmt.Errorf("connection %d: %w", i, err)
				}
				conns = append(conns, c)
			}
			for i, c := range conns[idle:] {
				done.Go(func() {
					if err := busily(c, time.Duration(i)*busyPause/time.Duration(busy), stop); err != nil {
						failed.Store(&err)
					}
				})
			}
			for range askers {
				a, err := newAsker(fmt.Sprintf("127.0.0.1:%.0f", port[0]))
				if err != nil {
					return err
				}
				asking = append(asking, a)
			}
			time.Sleep(500 * time.Millisecond) // until all have begun
			for _, a := range asking {
				a.forget()
			}
			began := time.Now()
			time.Sleep(quietTime)
			for _, a := range asking {
				for len(a.answered()) < quietLeast {
					if time.Since(began) > time.Minute {
						return fmt.Errorf("a client had only %d answers in a minute: the machine is too busy", len(a.answered()))
					}
					time.Sleep(10 * time.Millisecond)
				}
			}
			return nil
		},
		func(pr *process, r updater.Result) error {
			width := time.Duration(r.StopNS) + 20*time.Millisecond
			for _, a := range asking {
				before := a.answered()
				gap := a.end(r)
				var quiet []float64
				for _, w := range before {
					if w.at.Add(w.took).Before(r.Requested) {
						quiet = append(quiet, float64(w.took)/1e6)
					}
				}
				slices.Sort(quiet)
				middle := r.Requested.Add(-quietTime / 2)
				all = append(all, noticed{gap, quiet[len(quiet)*999/1000], longest(before, middle, middle.Add(width))})
			}
			if e := failed.Load(); e != nil {
				return fmt.Errorf("a connection was dropped: %w", *e)
			}
			return idleAnswer(conns[:idle])
		})
	return all, err
}

// busily asks again and again.
func busily(c net.Conn, first time.Duration, stop <-chan struct{}) error {
	buf := make([]byte, 1)
	for pause := first; ; pause = busyPause {
		select {
		case <-stop:
			return nil
		case <-time.After(pause):
		}
		if _, err := c.Write(buf); err != nil {
			return err
		}
		if _, err := c.Read(buf); err != nil {
			return err
		}
	}
}

// idleAnswer asks on some of the connections that were idle: the new release has to answer.
func idleAnswer(conns []net.Conn) error {
	buf := make([]byte, 1)
	for i := 0; i < len(conns); i += max(1, len(conns)/100) {
		c := conns[i]
		c.SetDeadline(time.Now().Add(patience))
		if _, err := c.Write(buf); err != nil {
			return err
		}
		if _, err := c.Read(buf); err != nil {
			return err
		}
		if buf[0] != '2' {
			return errors.New("an idle connection is answered by release " + string(buf))
		}
	}
	return nil
}

// descriptors raises the limit for this process and those it starts, and returns what it is then, at most what was wanted.
func descriptors(wanted int) int {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return 0
	}
	for _, l := range []syscall.Rlimit{{Cur: uint64(wanted), Max: max(l.Max, uint64(wanted))}, {Cur: l.Max, Max: l.Max}} {
		if syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l) == nil {
			break
		}
	}
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return 0
	}
	return min(wanted, int(l.Cur))
}
