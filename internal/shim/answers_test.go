package shim

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// asked is a program that notes every time it is run, and this one in its place.
type asked struct {
	t         *testing.T
	dir, path string
}

func newAsked(t *testing.T, name, body string) *asked {
	a := &asked{t: t, dir: t.TempDir()}
	a.path = filepath.Join(a.dir, name)
	a.becomes(body)
	t.Setenv("UPSTAREGO_CACHE", t.TempDir())
	return a
}

func (a *asked) becomes(body string) {
	a.t.Helper()
	require.NoError(a.t, os.WriteFile(a.path+".new", []byte("#!/bin/sh\necho run >>"+a.path+".runs\n"+body+"\n"), 0o777))
	require.NoError(a.t, os.Rename(a.path+".new", a.path))
}

func (a *asked) runs() int {
	data, _ := os.ReadFile(a.path + ".runs")
	return bytes.Count(data, []byte("\n"))
}

func (a *asked) start(cmd *exec.Cmd) (stdout, stderr string, status int) {
	a.t.Helper()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		require.IsType(a.t, new(exec.ExitError), err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// TestVersions: a tool is asked once for its version, and again when it is another one, when
// Go's settings are others, and as long as it does not say.
func TestVersions(t *testing.T) {
	a := newAsked(t, "compile", "echo one $GOEXPERIMENT")
	config := filepath.Join(a.dir, "toolexec.json")
	require.NoError(t, os.WriteFile(config, []byte("{}"), 0o666))
	ask := func(set ...string) (string, string, int) {
		cmd := exec.Command(os.Args[0], a.path, "-V=full")
		cmd.Env = append(append(os.Environ(), ToolEnv+"="+config), set...)
		return a.start(cmd)
	}
	for range 3 {
		out, _, status := ask()
		require.Equal(t, "one", strings.TrimSpace(out))
		require.Zero(t, status)
	}
	require.Equal(t, 1, a.runs())
	out, _, _ := ask("GOEXPERIMENT=x")
	require.Equal(t, "one x\n", out)
	require.Equal(t, 2, a.runs())

	a.becomes("echo two; echo why >&2; exit 3")
	for range 2 {
		out, errs, status := ask()
		require.Equal(t, "two\n", out)
		require.Equal(t, "why\n", errs)
		require.Equal(t, 3, status)
	}
	require.Equal(t, 4, a.runs())
}

// TestTrials: the C compiler is asked once for each flag, whatever the link is about.
func TestTrials(t *testing.T) {
	a := newAsked(t, "cc", `case "$*" in
*-known*) ;;
*-unknown*) echo "unrecognized command-line option" >&2; exit 1;;
*) echo "no space left" >&2; exit 1;;
esac`)
	ask := func(flag, where, script string) (string, int) {
		ld, err := (&Linker{Command: []string{a.path, "-own"}}).Install(t.TempDir())
		require.NoError(t, err)
		_, errs, status := a.start(exec.Command(ld, "-m64", "-Wl,--version-script=/tmp/"+script, "-o", "/tmp/"+where+"/a.out", flag, "/tmp/"+where+"/trivial.c"))
		return errs, status
	}
	for i, where := range []string{"one", "two", "three"} {
		errs, status := ask("-known", where, where+".ver")
		require.Empty(t, errs)
		require.Zero(t, status)
		errs, status = ask("-unknown", where, where+".ver")
		require.Contains(t, errs, "unrecognized")
		require.Equal(t, 1, status)
		require.Equal(t, 2+i, a.runs(), where)
		_, status = ask("-full", where, where+".ver") // fails for another reason
		require.Equal(t, 1, status)
		require.Equal(t, 3+i, a.runs(), where)
	}

	// What is no trial is never answered.
	ld, err := (&Linker{Command: []string{a.path}}).Install(t.TempDir())
	require.NoError(t, err)
	for range 2 {
		a.start(exec.Command(ld, "-known", "-o", "/tmp/a.out", "/tmp/main.o"))
	}
	require.Equal(t, 7, a.runs())
}

// TestScript: what is known of a tool's version is said without this program, everything
// else goes to it, with its arguments as they were.
func TestScript(t *testing.T) {
	a := newAsked(t, "compile", "echo 'version 1%s \\ of it''s own'")
	here := filepath.Join(a.dir, "it's here")
	require.NoError(t, os.Mkdir(here, 0o777))
	require.NoError(t, os.WriteFile(filepath.Join(here, "self"), []byte("#!/bin/sh\nfor w; do echo \"<$w>\"; done\n"), 0o777))
	tools := Tools{Dir: a.dir, Experiment: "none", GOOS: "linux", GOARCH: "amd64"}
	start := func(args ...string) string {
		t.Helper()
		toolexec, err := tools.Script(here, filepath.Join(here, "self"), "-own")
		require.NoError(t, err)
		words, err := SplitWords(toolexec)
		require.NoError(t, err)
		cmd := exec.Command(words[0], append(words[1:], args...)...)
		out, errs, status := a.start(cmd)
		require.Zero(t, status, errs)
		return out
	}
	require.Equal(t, "<-own>\n<"+a.path+">\n<-V=full>\n", start(a.path, "-V=full"))

	config := filepath.Join(here, "toolexec.json")
	require.NoError(t, os.WriteFile(config, []byte("{}"), 0o666))
	cmd := exec.Command(os.Args[0], ToolArg, config, a.path, "-V=full")
	cmd.Env = append(os.Environ(), "GOEXPERIMENT=none", "GOOS=linux", "GOARCH=amd64")
	want, _, _ := a.start(cmd)
	require.Equal(t, 1, a.runs())
	require.Equal(t, want, start(a.path, "-V=full"))
	require.Equal(t, 1, a.runs())

	require.Equal(t, "<-own>\n<"+a.path+">\n<-o>\n<it's \"a\" $file *>\n", start(a.path, "-o", "it's \"a\" $file *"))
	require.Equal(t, "<-own>\n<"+a.path+">\n", start(a.path))
	require.Equal(t, "<-own>\n<gcc>\n<-V=full>\n", start("gcc", "-V=full"))
	a.becomes("echo $*")
	require.Equal(t, "-### -x c\n", start(a.path, "-###", "-x", "c"))
	require.Equal(t, "<-own>\n<"+a.path+">\n<-V=full>\n", start(a.path, "-V=full")) // it is another one
}
