package bench

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/perf/benchmath"
)

func digit(n int) string { return strconv.Itoa(n) }

// place writes a file of testdata.
func place(name, to string) error {
	text, err := testdata.ReadFile(name)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o666)
}

// size measures files, and what is resident when nobody asks for anything.
func (b *bench) size(ctx context.Context) error {
	k, err := b.kvd(ctx)
	if err != nil {
		return err
	}
	var bytes []float64
	for _, file := range []string{k.plain, k.plugin, k.exe[1], k.exe[2], k.update[2]} {
		fi, err := os.Stat(file)
		if err != nil {
			return err
		}
		bytes = append(bytes, float64(fi.Size()))
	}
	const mb = 1 << 20
	b.set("size/executable", exact(bytes[2]/bytes[1]), "plain %.2f MB, with plugin support %.2f MB, instrumented %.2f MB", bytes[0]/mb, bytes[1]/mb, bytes[2]/mb)
	b.set("size/update", exact(bytes[4]/bytes[3]), "%.2f MB", bytes[4]/mb)

	var rest [3][]float64
	for range either(b, 6, 20) {
		for i, exe := range []string{k.plain, k.plugin, k.exe[1]} {
			s, err := b.serve(ctx, exe)
			if err != nil {
				return err
			}
			rss, err := s.settled()
			s.stop()
			if err != nil {
				return err
			}
			rest[i] = append(rest[i], rss)
		}
	}
	b.set("size/resident", figure(ratios(rest[2], rest[0])), "plain %s MB; against the one with plugin support %s", digits(figure(rest[0]).Median/mb), digits(figure(ratios(rest[2], rest[1])).Median))
	return nil
}

// settled lets the process give back memory, and returns what is resident then.
func (p *process) settled() (float64, error) {
	last := -1.0
	for range 20 {
		time.Sleep(150 * time.Millisecond)
		if err := p.cmd.Process.Signal(syscall.SIGUSR1); err != nil {
			return 0, fmt.Errorf("%w\n%.4000s", err, p.errs)
		}
		time.Sleep(150 * time.Millisecond)
		rss, err := p.memory("VmRSS")
		if err != nil {
			return 0, err
		}
		if rss == last {
			break
		}
		last = rss
	}
	return last, nil
}

// memory measures what an update leaves for good: the second one, because the first opens what all later ones find open.
func (b *bench) memory(ctx context.Context) error {
	if b.Quick {
		b.leaveAll("memory/", leftOut)
		return nil
	}
	if b.wantedRow("memory/kvd") {
		k, err := b.kvd(ctx)
		if err != nil {
			return err
		}
		first, second, err := b.added(ctx, k)
		if err != nil {
			return err
		}
		b.set("memory/kvd", figure(second), "the second update; the first one %s MB", digits(figure(first).Median))
	}
	if !b.wantedRow("memory/chat") {
		return nil
	}
	c, err := b.example(ctx, "chat", 1, 3)
	if err != nil {
		return err
	}
	_, second, err := b.added(ctx, c)
	if err != nil {
		return err
	}
	fi, err := os.Stat(c.exe[1])
	if err != nil {
		return err
	}
	size := float64(fi.Size()) / (1 << 20)
	of := make([]float64, len(second))
	for i, mb := range second {
		of[i] = mb / size
	}
	b.set("memory/chat", figure(of), "the second update, %s MB; executable %.1f MB", digits(Number(benchmath.AssumeNothing.Summary(benchmath.NewSample(second, &benchmath.DefaultThresholds), confidence).Center)), size)
	return nil
}

// added is by how much, in megabytes, two updates let an idle process grow.
func (b *bench) added(ctx context.Context, e *example) (first, second []float64, err error) {
	for range either(b, 6, 10) {
		s, err := b.serve(ctx, e.exe[1])
		if err != nil {
			return nil, nil, err
		}
		defer s.stop()
		var rss [3]float64
		for i := range rss {
			if i > 0 {
				if _, err := s.update(e.update[i+1]); err != nil {
					return nil, nil, err
				}
			}
			if rss[i], err = s.settled(); err != nil {
				return nil, nil, err
			}
		}
		s.stop()
		first, second = append(first, (rss[1]-rss[0])/(1<<20)), append(second, (rss[2]-rss[1])/(1<<20))
	}
	return first, second, nil
}
