package conformance

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/upstarego/upstarego/internal/corpus"
)

// A Run takes programs through all modes.
type Run struct {
	Suite  corpus.Suite // with the builders of the command
	Direct *Direct      // for the programs that fit; nil: the command builds all
	Store  *Store
	Tool   string // digest of the tool: results of another one do not count
	// Known says which results of other tools are good enough; nil: none.
	Known    func(Record) bool
	Progress func(done, of int, r Record) // one at a time; may be nil
}

// ToolDigest identifies what results depend on beside the program.
func ToolDigest(tool string) (string, error) {
	d, err := fileDigest(tool)
	return d + " " + runtime.Version(), err
}

// Modes are the builders of every program's modes: with polls of which none is due, and captured at every poll and
// at every seventh.
func Modes(tool string) []corpus.Builder { return []corpus.Builder{corpus.Stressed(tool, modes...)} }

var modes = []int{0, 1, 7}

// Limits for one execution and one build.
const (
	PlainLimit    = time.Minute
	StressedLimit = 10 * time.Minute
	BuildLimit    = 5 * time.Minute
)

// Do runs programs, several at a time, and returns their records in order. When ctx ends it leaves off.
func (r *Run) Do(ctx context.Context, programs []corpus.Program) ([]Record, error) {
	var (
		records = make([]Record, len(programs))
		errs    = make([]error, len(programs))
		slots   = make(chan struct{}, max(r.Suite.Parallel, 1))
		wg      sync.WaitGroup
		mu      sync.Mutex
		done    int
	)
	for i, p := range programs {
		slots <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		wg.Go(func() {
			defer func() { <-slots }()
			records[i], errs[i] = r.one(ctx, filepath.Join(r.Suite.Work, fmt.Sprintf("%04d", i)), p)
			mu.Lock()
			defer mu.Unlock()
			if done++; r.Progress != nil && errs[i] == nil {
				r.Progress(done, len(programs), records[i])
			}
		})
	}
	wg.Wait()
	return records, errors.Join(append(errs, ctx.Err())...)
}

func (r *Run) one(ctx context.Context, dir string, p corpus.Program) (Record, error) {
	rec := Record{Program: p.Name, Group: p.Group, Tool: r.Tool, Outcome: Skipped, Why: p.Skip}
	if p.Skip != "" {
		return rec, nil
	}
	var err error
	if rec.Key, err = digest(p, filepath.Join(dir, "module")); err != nil {
		return rec, err
	}
	if old, ok := r.Store.Get(p.Name); ok && old.Key == rec.Key && (old.Tool == rec.Tool || r.Known != nil && r.Known(old)) {
		return old, os.RemoveAll(dir)
	}
	suite := r.Suite
	if rec.Direct = r.Direct != nil && r.Direct.Fits(p); rec.Direct {
		suite.Reference, suite.Builders = r.Direct.Plain(), []corpus.Builder{r.Direct.Stressed(modes...)}
	}
	if rec.Results, err = suite.One(ctx, dir, p); err != nil {
		return rec, err
	}
	if ctx.Err() != nil {
		return rec, ctx.Err()
	}
	rec.Outcome, rec.Why = judge(rec.Results)
	return rec, r.Store.Put(rec)
}
