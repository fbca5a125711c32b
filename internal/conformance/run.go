package conformance

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/upstarego/upstarego/internal/corpus"
)

// A Run takes programs through all modes.
type Run struct {
	Suite   corpus.Suite
	Command string  // the tool
	Direct  *Direct // for the programs that fit; nil: the command builds all
	Full    bool    // build all of them as programs that take updates, too
	Store   *Store
	Tool    string // digest of the tool: results of another one do not count
	// Known says which results of other tools are good enough; nil: none.
	Known    func(Record) bool
	Progress func(done, of int, r Record) // one at a time; may be nil
}

// ToolDigest identifies what results depend on beside the program.
func ToolDigest(tool string) (string, error) {
	d, err := fileDigest(tool)
	return d + " " + runtime.Version(), err
}

// modes are what an instrumented program is run in: with polls of which none is due, and captured at every poll, at
// every second, third, fifth and seventh.
var modes = []int{0, 1, 2, 3, 5, 7}

// releaseModes are those of programs that are built as ones that take updates, beside the modes: few, so that such a
// program's captures do not count twice.
var releaseModes = []int{0, 1}

// sampled says for which programs the command builds an executable that takes updates as well: the same twenty-fifth
// of all.
func sampled(p corpus.Program) bool {
	h := fnv.New32a()
	h.Write([]byte(p.Name))
	return h.Sum32()%25 == 0
}

// builders are those of a program's modes.
func (r *Run) builders(p corpus.Program, direct bool) (plain corpus.Builder, instrumented []corpus.Builder) {
	if direct {
		plain, instrumented = r.Direct.Plain(), []corpus.Builder{r.Direct.Stressed(modes...)}
	} else {
		plain, instrumented = corpus.Plain(), []corpus.Builder{corpus.Stressed(r.Command, modes...)}
	}
	if p.Group != "std" && (r.Full || sampled(p)) {
		instrumented = append(instrumented, corpus.StressedRelease(r.Command, releaseModes...))
	}
	return plain, instrumented
}

// Limits for one execution and one build. What exceeds one is tried again alone, with a longer one, before it counts.
const (
	PlainLimit    = time.Minute
	StressedLimit = 5 * time.Minute
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
	err := os.RemoveAll(dir) // what an earlier run has kept
	if err != nil {
		return rec, err
	}
	if rec.Key, err = digest(p, filepath.Join(dir, "module")); err != nil {
		return rec, err
	}
	if old, ok := r.Store.Get(p.Name); ok && old.Key == rec.Key && (old.Tool == rec.Tool || r.Known != nil && r.Known(old)) {
		return old, os.RemoveAll(dir)
	}
	suite := r.Suite
	rec.Direct = r.Direct != nil && r.Direct.Fits(p)
	suite.Reference, suite.Builders = r.builders(p, rec.Direct)
	if rec.Results, err = suite.One(ctx, dir, p); err != nil {
		return rec, err
	}
	if ctx.Err() != nil {
		return rec, ctx.Err()
	}
	rec.Outcome, rec.Why = judge(rec.Results)
	return rec, r.Store.Put(rec)
}
