package pclntab

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

const program = `package main

import (
	"fmt"
	"runtime"
)

type t struct{}

//go:noinline
func (t) show() {
	defer func() { fmt.Println("recovered", recover()) }()
	pcs := make([]uintptr, 10)
	fs := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	for f, more := fs.Next(); more; f, more = fs.Next() {
		fmt.Println(f.Function)
	}
	panic("p")
}

func inlined() { t{}.show() }

//go:noinline
func between() { inlined() }

//go:noinline
func function[P any]() { between() }

func main() { function[int]() }
`

// A program tells the changed names, also of inlined functions, and leaves out what
// has become a wrapper.
func TestProgramTellsNewNames(t *testing.T) {
	dir := t.TempDir()
	exe := filepath.Join(dir, "program")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte(program), 0o666))
	out, err := exec.Command("go", "build", "-o", exe, filepath.Join(dir, "main.go")).CombinedOutput()
	require.NoError(t, err, "%s", out)
	run := func() string {
		out, err := exec.Command(exe).CombinedOutput()
		require.NoError(t, err, "%s", out)
		return string(out)
	}
	require.Equal(t, "main.t.show\nmain.inlined\nmain.between\nmain.function[...]\nmain.main\nruntime.main\nrecovered p\n", run())

	table, err := Open(exe)
	require.NoError(t, err)
	wrapped := 0
	for _, f := range table.Funcs() {
		switch {
		case f.Name == "main.between":
			require.Equal(t, uint8(kindNormal), f.Kind)
			require.Equal(t, strings.Count(program[:strings.Index(program, "func between")], "\n")+1, f.StartLine)
			require.NoError(t, table.Wrap(f))
			table.Start(f, 7)
			wrapped++
		case f.Name == "runtime.gopanic":
			require.ErrorContains(t, table.Wrap(f), "runtime.gopanic is of kind")
			wrapped++
		case strings.Contains(f.Name, "deferwrap"):
			require.Equal(t, uint8(KindWrapper), f.Kind, "what the compiler itself makes a wrapper: %s", f.Name)
			wrapped++
		}
	}
	require.Greater(t, wrapped, 2)
	table.Rename(func(name string) string {
		switch name {
		case "main.main":
			return "main.longer, which does not fit"
		case "main.t.show":
			return "runtime.CallersFrames" // longer, and stands elsewhere
		case "main.inlined":
			return "main.inl"
		}
		return strings.Replace(name, "main.function", "main.f", 1)
	})
	require.NoError(t, table.Write())
	require.Equal(t, "runtime.CallersFrames\nmain.inl\nmain.f[...]\nmain.main\nruntime.main\nrecovered p\n", run())

	table, err = Open(exe)
	require.NoError(t, err)
	i := slices.IndexFunc(table.Funcs(), func(f Func) bool { return f.Name == "main.between" })
	require.Equal(t, Func{Name: "main.between", StartLine: 7, Kind: KindWrapper, at: table.Funcs()[i].at}, table.Funcs()[i])
}

func TestOtherFilesAreRefused(t *testing.T) {
	_, err := Open("/bin/true")
	require.ErrorContains(t, err, "not a Go program")
	_, err = Open("pclntab_test.go")
	require.Error(t, err)
}

// A file that was written can be executed, whatever else the process starts at that moment.
func TestWrittenFileExecutes(t *testing.T) {
	dir := t.TempDir()
	exe := filepath.Join(dir, "program")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte("package main\n\nfunc main() {}\n"), 0o666))
	out, err := exec.Command("go", "build", "-o", exe, filepath.Join(dir, "main.go")).CombinedOutput()
	require.NoError(t, err, "%s", out)
	table, err := Open(exe)
	require.NoError(t, err)
	var (
		done   = make(chan struct{})
		others sync.WaitGroup
	)
	for range 4 {
		others.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					exec.Command(os.Args[0], "-test.list=^$").Run()
				}
			}
		})
	}
	defer others.Wait()
	defer close(done)
	for range 100 {
		require.NoError(t, table.Write())
		require.NoError(t, exec.Command(exe).Run())
	}
}
