package pclntab

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// A program tells for everything in a file, also what is inlined elsewhere, that it
// stands in another; other files of the package stay.
func TestPlace(t *testing.T) {
	dir := t.TempDir()
	exe := filepath.Join(dir, "program")
	for name, text := range map[string]string{
		"go.mod": "module example.com/place\n\ngo 1.26\n",
		"main.go": `package main

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
)

func say() {
	for skip := 1; skip < 4; skip++ {
		_, file, line, _ := runtime.Caller(skip)
		fmt.Println(filepath.Base(file), line)
	}
}

func main() {
	outer()
	fmt.Print(strings.Repeat("", 1))
}
`,
		"other.go": `package main

//go:noinline
func outer() { inlined() }

func inlined() {
//line :70:1
	say()
}
`,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666))
	}
	build := exec.Command("go", "build", "-o", exe)
	build.Dir = dir
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	run := func() string {
		out, err := exec.Command(exe).CombinedOutput()
		require.NoError(t, err, "%s", out)
		return string(out)
	}
	require.Equal(t, "other.go 70\nother.go 4\nmain.go 18\n", run())

	table, err := Open(exe)
	require.NoError(t, err)
	find := func(name string) Func {
		i := slices.IndexFunc(table.Funcs(), func(f Func) bool { return f.Name == name })
		require.GreaterOrEqual(t, i, 0, name)
		return table.Funcs()[i]
	}
	require.Equal(t, filepath.Join(dir, "other.go"), table.FileOf(find("main.outer")))
	require.Equal(t, "strings.go", filepath.Base(table.FileOf(find("strings.Repeat"))))
	require.True(t, table.Place(find("main.outer"), find("strings.Repeat")))
	require.NoError(t, table.Write())
	require.Equal(t, "strings.go 70\nstrings.go 4\nmain.go 18\n", run())
}

// A function that stands for another takes its name, its literals' and its file; the
// longest symbol says what a literal is called. Without the file there is an error.
func TestOthers(t *testing.T) {
	dir := t.TempDir()
	exe := filepath.Join(dir, "program")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte(`package main

import (
	"fmt"
	"runtime"
	"strings"
)

//go:noinline
func standIn(f func()) { func() { defer f() }(); func() { defer f() }() }

func main() {
	standIn(func() {
		var pcs [10]uintptr
		frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
		for {
			f, more := frames.Next()
			if fmt.Println(f.Function); !more {
				break
			}
		}
	})
	fmt.Print(strings.Repeat("", 1))
}
`), 0o666))
	out, err := exec.Command("go", "build", "-gcflags=-l", "-o", exe, filepath.Join(dir, "main.go")).CombinedOutput()
	require.NoError(t, err, "%s", out)
	all := &Names{Resume: 1 << 30, Wrapper: 1 << 30, Others: []Other{
		{Symbol: "main.standIn", Plain: "fmt.F", As: "strings.Repeat"},
		{Symbol: "main.standIn.func2", Plain: "fmt.G"},
		{Symbol: "main.not", Plain: "fmt.N", As: "strings.nor"},
	}}
	require.NoError(t, all.Apply(exe, ""))
	out, err = exec.Command(exe).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Equal(t, "fmt.F.func1\nfmt.F\nmain.main\nruntime.main\nruntime.goexit\nfmt.G\nfmt.F\nmain.main\nruntime.main\nruntime.goexit\n", string(out))
	all.Others = []Other{{Symbol: "main.main", Plain: "main.m", As: "strings.nor"}}
	require.ErrorContains(t, all.Apply(exe, ""), "the file of main.main or of strings.nor is not known")
}
