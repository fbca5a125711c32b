package pclntab

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const waitingProgram = `package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
)

func room()

// positions are the functions that a stack trace shows, with their lines.
func positions() (l []string) {
	lines := strings.Split(string(debug.Stack()), "\n")
	for i, s := range lines {
		if strings.HasPrefix(s, "main.") && !strings.HasPrefix(s, "main.positions") && !strings.HasPrefix(s, "main.tell") {
			at := lines[i+1][strings.LastIndexByte(lines[i+1], '/')+1:]
			at, _, _ = strings.Cut(at, " ")
			name, _, _ := strings.Cut(s, "(")
			l = append(l, name+" "+at)
		}
	}
	return l
}

func callers() (l []string) {
	pcs := make([]uintptr, 100)
	fs := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	for f, more := fs.Next(); more; f, more = fs.Next() {
		if strings.HasPrefix(f.Function, "main.") {
			l = append(l, fmt.Sprintf("%s %s:%d", f.Function, f.File[strings.LastIndexByte(f.File, '/')+1:], f.Line))
		}
	}
	return l
}

func tell(what string) {
	p, c := positions(), callers()
	for i, s := range p {
		if c[i] != s {
			fmt.Println("they differ:", s, c[i])
		}
	}
	fmt.Println(what, p)
}

//go:noinline
func hold(f func()) int { f(); return 1 }

var sink [][]byte

//go:noinline
func deep(n int) int {
	var a [100]int
	for i := range a {
		a[i] = i + n
	}
	if n == 0 {
		runtime.GC()
		return a[7]
	}
	return a[3] + deep(n-1)
}

//go:noinline
func kept(s []string, m map[string]int, f func()) (r string) {
	x := 0
	p := &x
	for i := range 3 {
		*p += hold(func() {
			deep(2000)
			for range 100 {
				sink = append(sink, make([]byte, 1000))
			}
			f()
		})
		s = append(s, fmt.Sprint(i, x))
	}
	m["a"] = x
	return fmt.Sprint(s, m)
}

//go:noinline
func recovers() (r string) {
	defer func() {
		r = fmt.Sprint("recovered ", recover())
		hold(func() { tell("deferred") })
	}()
	hold(func() { hold(func() { panic("p") }) })
	return "no"
}

//go:noinline
func generic[T any](x T) { hold(func() { tell("generic") }); fmt.Println(x) }

//go:noinline
func several() {
	defer func() { fmt.Println("end of several") }()
	hold(func() { tell("first") })
	tell("itself")
	for range 2 {
		hold(func() { tell("second") })
	}
}

func inlined() { hold(func() { tell("inlined") }) }

//go:noinline
func inlines() { inlined() }

//go:noinline
func many() (r int) {
	if len(os.Args) > 5 {
		r += hold(nil)
` + "CALLS" + `
	}
	hold(func() { tell("many") })
	return r
}

func main() {
	room()
	several()
	fmt.Println(kept([]string{"s"}, map[string]int{"b": 2}, func() {}))
	fmt.Println(recovers())
	generic(5)
	generic("five")
	inlines()
	many()
	done := make(chan bool)
	go func() {
		defer close(done)
		hold(func() { tell("goroutine") })
	}()
	<-done
	hold(func() { panic("the end") })
}
`

const waitingRoom = `#include "textflag.h"

TEXT ·room(SB), NOSPLIT|NOFRAME, $0-0
	PCDATA $TABLES, $0
	RET
`

// waits is a frame of hold and the one below it.
var waits = regexp.MustCompile(` main\.hold( main\.go:\d+)?( main\.\S+)( main\.go:\d+)?`)

var onlyHold = regexp.MustCompile(` main\.hold( main\.go:\d+)?`)

// build makes an executable of waitingProgram, with room for so many tables.
func build(t *testing.T, room int, flags ...string) (exe string) {
	dir := t.TempDir()
	exe = filepath.Join(dir, "program")
	for name, text := range map[string]string{
		"main.go": strings.Replace(waitingProgram, "CALLS", strings.Repeat("\t\thold(nil)\n", 1200), 1),
		"r.s":     strings.Replace(waitingRoom, "TABLES", strconv.Itoa(room), 1), "go.mod": "module p\n\ngo 1.26\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666))
	}
	cmd := exec.Command("go", append(append([]string{"build", "-o", exe}, flags...), ".")...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return exe
}

// run is what it tells, and in the last line the functions in its crash.
func run(t *testing.T, exe string) string {
	out, err := exec.Command(exe).CombinedOutput()
	require.Error(t, err)
	text, crash, ok := strings.Cut(string(out), "panic: the end\n")
	require.True(t, ok, "%s", out)
	for l := range strings.SplitSeq(crash, "\n") {
		if name, _, call := strings.Cut(l, "("); call && strings.HasPrefix(name, "main.") {
			text += " " + name
		}
	}
	return text + "\n"
}

func isHold(f Func) bool { return f.Name == "main.hold" }

func every(Func) bool { return true }

// wrapped opens the table and makes hold a wrapper.
func wrapped(t *testing.T, exe string) *Table {
	table, err := Open(exe)
	require.NoError(t, err)
	funcs := table.Funcs()
	i := slices.IndexFunc(funcs, isHold)
	require.NoError(t, table.Wrap(funcs[i]))
	return table
}

// A function is left out where it waits in a call, and does everything else as before:
// its stack grows and is scanned, panics pass through it and find its deferred calls.
func TestHide(t *testing.T) {
	for _, flags := range []string{"-buildmode=exe", "-buildmode=pie", "-ldflags=-linkmode=external", "-ldflags=-s"} {
		t.Run(flags, func(t *testing.T) {
			exe := build(t, 8000, strings.Fields(flags)...)
			before := run(t, exe)
			table := wrapped(t, exe)
			hidden, of, err := table.Hide(every, isHold, "main.room")
			require.NoError(t, err)
			require.Equal(t, of-1, hidden, "all but the one that is inlined")
			require.Greater(t, of, 1200)
			require.NoError(t, table.Write())

			want := waits.ReplaceAllStringFunc(before, func(s string) string {
				if hold, at, _ := strings.Cut(s, " main.inlined"); at != "" {
					return s[len(hold):]
				}
				return ""
			})
			require.Equal(t, want, run(t, exe))
			require.Contains(t, want, "second [main.several.func3 main.go:103 main.main")
			require.Contains(t, want, "itself [main.several main.go:101 main.main")
			require.Contains(t, want, "main.inlined main.go:107 main.inlines main.go:110 main.main")

			_, err = Open(exe)
			require.NoError(t, err)
		})
	}
}

// Arguments are left out of a trace; a function without any looks like one.
func TestHideArgs(t *testing.T) {
	exe := build(t, 0)
	shown := func() string {
		out, err := exec.Command(exe).CombinedOutput()
		require.Error(t, err)
		_, crash, ok := strings.Cut(string(out), "panic: the end\n")
		require.True(t, ok, "%s", out)
		return crash
	}
	require.Regexp(t, `main.hold\(0x[0-9a-f]+\??\)`, shown())
	require.Contains(t, shown(), "main.main()")
	for _, any := range []bool{true, false} {
		table, err := Open(exe)
		require.NoError(t, err)
		for _, f := range table.Funcs() {
			switch f.Name {
			case "main.hold":
				require.True(t, table.HasArgs(f))
				table.HideArgs(f, any)
				require.Equal(t, any, table.HasArgs(f))
			case "main.main", "main.several":
				require.False(t, table.HasArgs(f))
			case "main.kept", "main.deep":
				require.True(t, table.HasArgs(f))
			}
		}
		require.NoError(t, table.Write())
		want := "main.hold()"
		if any {
			want = "main.hold(...)"
		}
		require.Contains(t, shown(), want)
	}
}

// What finds no room stays visible.
func TestHideWithoutRoom(t *testing.T) {
	exe := build(t, 8000)
	before := run(t, exe)
	table := wrapped(t, exe)
	hidden, of, err := table.Hide(every, isHold, "main.nothing")
	require.NoError(t, err)
	require.Zero(t, hidden)
	require.Greater(t, of, 1200)
	hidden, _, err = table.Hide(every, isHold, "main.main")
	require.NoError(t, err)
	require.Zero(t, hidden)
	require.NoError(t, table.Write())
	require.Equal(t, onlyHold.ReplaceAllString(before, ""), run(t, exe))
}

// Of what is asked for, that is hidden which there is room for.
func TestHideSome(t *testing.T) {
	exe := build(t, 150)
	before := run(t, exe)
	table := wrapped(t, exe)
	hidden, of, err := table.Hide(every, isHold, "main.room")
	require.NoError(t, err)
	require.Greater(t, hidden, 2)
	require.Less(t, hidden, of/2)
	require.NoError(t, table.Write())
	after := run(t, exe)
	require.NotContains(t, after, "main.go:101 main.several")
	require.Contains(t, after, "many [main.many.func1 main.go:1318 main.many main.go:1318 main.main main.go:1330]")
	require.Equal(t, strings.Count(before, "\n"), strings.Count(after, "\n"))
}
