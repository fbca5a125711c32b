package rehearse

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/upstarego/upstarego/runtime/rehearse"
)

// A use is one way to use the program: the driver's, or one test.
type use struct {
	Name   string        `json:"name"` // of the test; "" is the driver
	Args   []string      `json:"args,omitempty"`
	Took   time.Duration `json:"took_ns"` // without an update
	Slow   time.Duration `json:"slow_ns"` // while it captured itself at every point
	Record string        `json:"record"`  // file in Config.Dir

	// Ends is the most that a process had at its end, of either release, without an
	// update; nil if those of one of them leave no End.
	Ends *rehearse.End `json:"ends,omitempty"`

	mu     sync.Mutex
	hasty  bool       // it fails if a process lives on at its end
	more   sync.Mutex // held while others is found out
	others *compared
}

// A preparation is what a rehearsal knows before the first update.
type preparation struct {
	Uses  []*use  `json:"uses"`
	Apart []Apart `json:"apart"`
}

func (p *preparation) use(name string) *use {
	return p.Uses[slices.IndexFunc(p.Uses, func(u *use) bool { return u.Name == name })]
}

// limit is how long a run may take.
func (c *Config) limit(u *use) time.Duration {
	if c.Limit > 0 {
		return c.Limit
	}
	return max(leastLimit, limitFactor*u.Took)
}

// prepared finds out which uses are content with either release, and records which
// stacks of points they bring the old one to, or reads what an earlier call found out.
func (c *Config) prepared(ctx context.Context) (*preparation, error) {
	name := filepath.Join(c.Dir, "uses.json")
	p := new(preparation)
	if text, err := os.ReadFile(name); err == nil {
		return p, json.Unmarshal(text, p)
	}
	var err error
	if c.Tests != nil {
		err = c.tests(ctx, p)
	} else {
		u := new(use)
		p.Uses = []*use{u}
		if err = c.plain(ctx, u); err == nil {
			err = c.record(ctx, u, "record.jsonl")
		}
	}
	if err != nil {
		return nil, err
	}
	// The quickest one that comes to a class rehearses it.
	slices.SortStableFunc(p.Uses, func(a, b *use) int { return int(a.Slow - b.Slow) })
	text, err := json.MarshalIndent(p, "", "\t")
	if err != nil {
		return nil, err
	}
	return p, os.WriteFile(name, append(text, '\n'), 0o644)
}

// plain runs a use with either release as it is.
func (c *Config) plain(ctx context.Context, u *use) error {
	limit := c.Limit
	if limit == 0 {
		limit = plainLimit
	}
	u.Ends = nil
	all, left := new(rehearse.End), 0
	for _, program := range []string{c.New, c.Old} {
		start := time.Now()
		end, out, err := c.ending(ctx, program, u, &rehearse.Plan{}, limit)
		if err != nil {
			return &DriverError{program, err, out}
		}
		u.Took = time.Since(start)
		if end != nil {
			left++
			all.Merge(end)
		}
	}
	if left == 2 {
		u.Ends = all
	}
	return nil
}

// record runs a use with the old release, which captures itself everywhere and writes
// down where.
func (c *Config) record(ctx context.Context, u *use, file string) error {
	part := filepath.Join(c.Dir, file+".part")
	os.Remove(part)
	start := time.Now()
	end, out, err := c.ending(ctx, c.Old, u, &rehearse.Plan{Record: part}, c.limit(u))
	if err != nil {
		return &DriverError{c.Old + ", captured at every point", err, out}
	}
	if u.Ends != nil && end != nil {
		u.Ends.Merge(end)
	}
	u.Slow, u.Record = time.Since(start), file
	if err := os.Rename(part, filepath.Join(c.Dir, file)); err != nil {
		return fmt.Errorf("the driver did not start $UPSTARE_PROGRAM: %w", err)
	}
	return nil
}

// each does something for a number of things, as many at once as the rehearsal runs.
func (c *Config) each(n int, do func(i int)) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range max(1, c.Parallel) {
		wg.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}
