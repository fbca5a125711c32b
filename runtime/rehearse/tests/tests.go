// Package tests runs a package's tests inside a program that takes updates: in a
// rehearsal by tests, the generated main calls Main where it calls the program's main
// otherwise. It stands in for what `go test` generates and links.
package tests

import (
	"errors"
	"io"
	"os"
	"reflect"
	"regexp"
	"runtime/pprof"
	"sync"
	"testing"
	"time"
	_ "unsafe" // for go:linkname
)

// A Package is what is run.
type Package struct {
	Path, Module string // import path of the package, and of its module
	Tests        []testing.InternalTest
	FuzzTargets  []testing.InternalFuzzTarget // their seeds are run
	Examples     []testing.InternalExample
	TestMain     func(*testing.M) // nil if there is none
}

// Main runs the tests as the command line says (-test.run and so on), and ends the
// process. over is called when they have run (given -test.paniconexit0), on the
// goroutine that is in testing.M.Run: a goroutine that no test waits for may be held for
// an update that is not made yet, and most TestMains end the process themselves.
func Main(p Package, over func()) {
	m := testing.MainStart(&deps{path: p.Path, module: p.Module, over: over}, p.Tests, nil, p.FuzzTargets, p.Examples)
	if p.TestMain == nil {
		os.Exit(m.Run())
	}
	p.TestMain(m)
	// A TestMain that returns leaves the exit code in m.
	os.Exit(int(reflect.ValueOf(m).Elem().FieldByName("exitCode").Int()))
}

// deps is what package testing has others do.
type deps struct {
	path, module string
	over         func()

	mu      sync.Mutex
	pattern string
	matches *regexp.Regexp
}

func (d *deps) ImportPath() string { return d.path }
func (d *deps) ModulePath() string { return d.module }

func (d *deps) MatchString(pattern, s string) (bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.matches == nil || d.pattern != pattern {
		re, err := regexp.Compile(pattern)
		if err != nil {
			return false, err
		}
		d.pattern, d.matches = pattern, re
	}
	return d.matches.MatchString(s), nil
}

//go:linkname setPanicOnExit0 internal/testlog.SetPanicOnExit0
func setPanicOnExit0(bool)

// SetPanicOnExit0 is called before tests are run, with true, and after it.
func (d *deps) SetPanicOnExit0(v bool) {
	setPanicOnExit0(v)
	if !v {
		d.over()
	}
}

func (d *deps) StartCPUProfile(w io.Writer) error { return pprof.StartCPUProfile(w) }
func (d *deps) StopCPUProfile()                   { pprof.StopCPUProfile() }

func (d *deps) WriteProfileTo(name string, w io.Writer, debug int) error {
	return pprof.Lookup(name).WriteTo(w, debug)
}

// What the go command's cache of test results goes by is of no use here.
func (d *deps) StartTestLog(io.Writer) {}
func (d *deps) StopTestLog() error     { return nil }

// entry is testing's name for a value of a fuzz target's arguments.
type entry = struct {
	Parent     string
	Path       string
	Data       []byte
	Values     []any
	Generation int
	IsSeed     bool
}

var errFuzzing = errors.New("a rehearsal runs the seeds of fuzz targets and does not fuzz")

func (d *deps) CoordinateFuzzing(time.Duration, int64, time.Duration, int64, int, []entry, []reflect.Type, string, string) error {
	return errFuzzing
}
func (d *deps) RunFuzzWorker(func(entry) error) error { return errFuzzing }

// Coverage is not measured.
func (d *deps) ResetCoverage()    {}
func (d *deps) SnapshotCoverage() {}
func (d *deps) InitRuntimeCoverage() (mode string, tearDown func(profile, dir string) (string, error), snapshot func() float64) {
	return "", nil, nil
}
