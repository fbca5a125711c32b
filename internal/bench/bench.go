package bench

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/upstarego/upstarego/internal/corpus"
)

//go:embed testdata/*.go
var sources embed.FS

const (
	mainFile   = "main.go"
	modulePath = "bench.test/program"
)

// Programs lists the benchmarks by name.
func Programs() []string {
	files, err := fs.Glob(sources, "testdata/*.go")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	var names []string
	for _, f := range files {
		if name := path.Base(f); name != mainFile {
			names = append(names, strings.TrimSuffix(name, ".go"))
		}
	}
	return names
}

// Cost is what a program needs per round, and how much code it has.
type Cost struct {
	Instructions float64 `json:"instructions"`
	Allocs       float64 `json:"allocs"`
	Bytes        float64 `json:"bytes"`
	NS           float64 `json:"ns"`        // least of several
	Code         int     `json:"code"`      // bytes of functions that the plain program has too
	CodeAll      int     `json:"code_all"`  // bytes of all functions of own packages, generated ones included
	Functions    int     `json:"functions"` // of own packages
}

// A Row compares one program.
type Row struct {
	Program string            `json:"program"`
	Plain   Cost              `json:"plain"`
	Other   Cost              `json:"instrumented"`
	Ratio   map[string]Number `json:"ratio"`
	Failed  string            `json:"failed,omitempty"` // why there is nothing to compare
}

// A Number is a ratio. Where the plain program's cost is zero and the other's is not, it is infinite, which
// JSON has no word for: it is written as null.
type Number float64

// MarshalJSON writes what is not finite as null.
func (n Number) MarshalJSON() ([]byte, error) {
	if math.IsInf(float64(n), 0) || math.IsNaN(float64(n)) {
		return []byte("null"), nil
	}
	return json.Marshal(math.Round(float64(n)*1e4) / 1e4)
}

// Options say what to measure and how long.
type Options struct {
	Plain, Other corpus.Builder
	Programs     []string
	Budget       int    // instructions to count, about: more of them drown the runtime's own
	Repeats      int    // timed executions, of which the fastest counts
	Work         string // directory for modules and executables
	Progress     func(program string)
}

const (
	fewRounds   = 5  // done by the execution that is subtracted
	trialRounds = 20 // and so many more by the one that shows how long a round is
	timedFactor = 10 // without callgrind there is time for more rounds
)

// ErrNoValgrind says what is needed to count instructions.
var ErrNoValgrind = errors.New("valgrind is not installed: counting instructions needs it; on Debian, apt-get install valgrind")

// Run measures the programs one after the other: two at once would disturb each other's times.
func Run(ctx context.Context, o Options) ([]Row, error) {
	if _, err := exec.LookPath("valgrind"); err != nil {
		return nil, ErrNoValgrind
	}
	var rows []Row
	for _, name := range o.Programs {
		if o.Progress != nil {
			o.Progress(name)
		}
		row, err := o.compare(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func (o *Options) compare(ctx context.Context, name string) (Row, error) {
	row := Row{Program: name}
	dir := filepath.Join(o.Work, name)
	if err := writeModule(dir, name); err != nil {
		return row, err
	}
	exes := [2]string{filepath.Join(o.Work, name+"-plain"), filepath.Join(o.Work, name+"-other")}
	for i, b := range []corpus.Builder{o.Plain, o.Other} {
		var failed *corpus.BuildError
		if err := b.Build(ctx, corpus.Program{Name: name}, dir, exes[i]); i == 1 && errors.As(err, &failed) {
			row.Failed = failed.Output
			return row, nil
		} else if err != nil {
			return row, err
		}
	}
	rounds, err := o.rounds(ctx, exes[0])
	if err != nil {
		return row, err
	}
	costs := [2]*Cost{&row.Plain, &row.Other}
	for i, exe := range exes {
		few, err := instructions(ctx, exe, fewRounds)
		if err != nil {
			return row, err
		}
		many, err := instructions(ctx, exe, fewRounds+rounds)
		if err != nil {
			return row, err
		}
		costs[i].Instructions = float64(many-few) / float64(rounds)
	}
	if err := o.runInside(ctx, exes, costs, rounds*timedFactor); err != nil {
		return row, err
	}
	if err := measureCode(exes, costs); err != nil {
		return row, err
	}
	row.Ratio = map[string]Number{
		"instructions": ratio(row.Plain.Instructions, row.Other.Instructions),
		"allocs":       ratio(row.Plain.Allocs, row.Other.Allocs),
		"bytes":        ratio(row.Plain.Bytes, row.Other.Bytes),
		"ns":           ratio(row.Plain.NS, row.Other.NS),
		"code":         ratio(float64(row.Plain.Code), float64(row.Other.Code)),
		"code_all":     ratio(float64(row.Plain.CodeAll), float64(row.Other.CodeAll)),
	}
	return row, nil
}

// rounds is how many rounds of the plain program make up the budget.
func (o *Options) rounds(ctx context.Context, exe string) (int, error) {
	few, err := collect(ctx, exe, fewRounds)
	if err != nil {
		return 0, err
	}
	more, err := collect(ctx, exe, fewRounds+trialRounds)
	if err != nil {
		return 0, err
	}
	if more <= few {
		return 0, fmt.Errorf("%d rounds cost no instructions: work does nothing", trialRounds)
	}
	return max(trialRounds, o.Budget*trialRounds/int(more-few)), nil
}

func ratio(plain, other float64) Number {
	if plain == other {
		return 1
	}
	return Number(other / plain)
}

func writeModule(dir, name string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module "+modulePath+"\n\ngo 1.26\n"), 0o644); err != nil {
		return err
	}
	for _, file := range []string{mainFile, name + ".go"} {
		src, err := sources.ReadFile("testdata/" + file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, file), src, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// inside is what testdata/main.go reports.
type inside struct {
	Result json.RawMessage `json:"result"`
	NS     int64           `json:"ns"`
	Allocs uint64          `json:"allocs"`
	Bytes  uint64          `json:"bytes"`
}

// runInside takes allocations and times, the two programs by turns. Results must agree: a program that does
// something else can not be compared.
func (o *Options) runInside(ctx context.Context, exes [2]string, costs [2]*Cost, rounds int) error {
	var result string
	for repeat := range o.Repeats {
		for i, exe := range exes {
			few, err := execute(ctx, exe, fewRounds)
			if err != nil {
				return err
			}
			many, err := execute(ctx, exe, fewRounds+rounds)
			if err != nil {
				return err
			}
			if both := string(few.Result) + string(many.Result); result == "" {
				result = both
			} else if result != both {
				return fmt.Errorf("results differ: %s and %s", result, both)
			}
			done := float64(rounds)
			// The runtime allocates now and then for itself: the least is the program's.
			least(repeat, &costs[i].Allocs, math.Round(100*float64(int64(many.Allocs-few.Allocs))/done)/100)
			least(repeat, &costs[i].Bytes, math.Round(float64(int64(many.Bytes-few.Bytes))/done))
			least(repeat, &costs[i].NS, float64(many.NS)/(done+fewRounds))
		}
	}
	for _, c := range costs {
		c.Allocs, c.Bytes = max(c.Allocs, 0), max(c.Bytes, 0)
	}
	return nil
}

// least keeps the smallest value of all repeats.
func least(repeat int, at *float64, v float64) {
	if repeat == 0 || v < *at {
		*at = v
	}
}

func execute(ctx context.Context, exe string, rounds int) (*inside, error) {
	cmd := exec.CommandContext(ctx, exe, strconv.Itoa(rounds))
	cmd.Env = append(cmd.Environ(), "UPSTARE_ADMIN=off")
	out, err := cmd.Output()
	if err != nil {
		return nil, explain(err)
	}
	r := new(inside)
	if err := json.Unmarshal(out, r); err != nil {
		return nil, fmt.Errorf("what the program printed: %w", err)
	}
	return r, nil
}

func explain(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		lines := strings.Split(strings.TrimSpace(string(exit.Stderr)), "\n")
		return fmt.Errorf("%w: %s", err, strings.Join(lines[:min(len(lines), 10)], "\n"))
	}
	return err
}

// Select picks benchmarks by name, all of them if there is no name.
func Select(names []string) ([]string, error) {
	all := Programs()
	if len(names) == 0 {
		return all, nil
	}
	for _, n := range names {
		if !slices.Contains(all, n) {
			return nil, fmt.Errorf("no benchmark %s: there are %s", n, strings.Join(all, ", "))
		}
	}
	return names, nil
}
