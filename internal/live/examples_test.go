package live

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/upstarego/upstarego/internal/leanbuild"
	"github.com/upstarego/upstarego/internal/rehearse"
)

var planted = flag.Bool("examples.planted", false, "rehearse the examples with all the faults that are planted in their maps, not with one or two")

// An example is a directory of examples with releases r1 and r2, the frame map between
// them, and a driver, rehearse.sh.
type example struct {
	t    *testing.T
	dir  string
	base string // executable of release 1
}

func newExample(t *testing.T, name string) *example {
	e := &example{t: t, dir: "../../examples/" + name}
	for _, r := range []string{"r1", "r2"} {
		e.plain(r)
	}
	e.base = Build(t, filepath.Join(e.dir, "r1"), "")
	return e
}

// plain: a release is a program like any other, and the driver is content with it.
func (e *example) plain(release string) {
	e.t.Helper()
	exe := filepath.Join(e.t.TempDir(), "plain")
	for _, cmd := range []*exec.Cmd{
		exec.Command("go", "vet", "."),
		exec.Command("go", "build", "-o", exe, "."),
		exec.Command("sh", "../rehearse.sh"),
	} {
		cmd.Dir = filepath.Join(e.dir, release)
		leanbuild.Prepare(cmd, "TMPDIR="+e.t.TempDir(), "UPSTARE_PROGRAM="+exe)
		out, err := cmd.CombinedOutput()
		require.NoError(e.t, err, "%v in %s\n%s", cmd.Args, cmd.Dir, out)
	}
}

// rehearse rehearses the step from release 1 to release 2 of dir.
func (e *example) rehearse(dir string, flags ...string) (s rehearse.Summary, output string, err error) {
	e.t.Helper()
	results := filepath.Join(e.t.TempDir(), "results.json")
	args := []string{"rehearse", "-from", e.base, "-driver", "sh ../rehearse.sh", "-dir", e.t.TempDir(), "-json", results}
	cmd := exec.Command(Tool(e.t), append(append(args, flags...), ".")...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", leanbuild.Flags)
	out, err := cmd.CombinedOutput()
	text, rerr := os.ReadFile(results)
	require.NoError(e.t, rerr, "%s", out)
	require.NoError(e.t, json.Unmarshal(text, &s))
	return s, string(out), err
}

// passes rehearses release 2 as it is: nothing fails, every class of stacks that the
// driver comes to is come to again and the update is made there, and every rule of the
// map is needed. How often a process comes to a class may differ from run to run, so that
// a later occurrence need not be there again.
func (e *example) passes(flags ...string) rehearse.Summary {
	e.t.Helper()
	s, out, err := e.rehearse(filepath.Join(e.dir, "r2"), flags...)
	require.NoError(e.t, err, "%s", out)
	require.Zero(e.t, s.Count(rehearse.Failed), "%s", out)
	passed := map[string]bool{}
	for _, r := range s.Runs {
		if r.Outcome == rehearse.Passed {
			passed[r.Class] = true
		}
	}
	require.Len(e.t, passed, s.Classes, "%s", out)
	require.Empty(e.t, s.Unexercised, "%s", out)
	return s
}

// framemap drafts or checks the frame map of the release in dir.
func (e *example) framemap(dir string, flags ...string) (output string, err error) {
	cmd := exec.Command(Tool(e.t), append(append([]string{"framemap", "-from", e.base}, flags...), ".")...)
	cmd.Dir = dir
	leanbuild.Prepare(cmd)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// changed copies the example, with another text in place of one in its frame map, and
// gives the directory of release 2.
func (e *example) changed(was, is string) (dir string) {
	e.t.Helper()
	tree := e.t.TempDir()
	require.NoError(e.t, os.CopyFS(tree, os.DirFS(e.dir)))
	name := filepath.Join(tree, "r2/upstare/r2/framemap.go")
	text, err := os.ReadFile(name)
	require.NoError(e.t, err)
	require.Equal(e.t, 1, strings.Count(string(text), was), was)
	require.NoError(e.t, os.WriteFile(name, []byte(strings.Replace(string(text), was, is, 1)), 0o644))
	return filepath.Join(tree, "r2")
}

// finds rehearses release 2 with another text in place of one in its frame map, and
// gives the stacks at which that fails.
func (e *example) finds(was, is string, flags ...string) (stacks []string) {
	e.t.Helper()
	s, out, err := e.rehearse(e.changed(was, is), flags...)
	require.Error(e.t, err, "%s", out)
	for _, r := range s.Runs {
		if r.Outcome == rehearse.Failed {
			stacks = append(stacks, strings.Join(r.Stack, " "))
		}
	}
	return stacks
}

// TestSort: bubble sort goes on as heap sort wherever it stands, and the other way
// round. The first root of heapSort left out is found, though not at the first
// occurrence.
func TestSort(t *testing.T) {
	t.Parallel()
	e := newExample(t, "sort")
	s := e.passes("-per", "4")
	require.Contains(t, classes(s), "example.com/sort.bubbleSort@1 < example.com/sort.main@5")
	if *planted {
		e.passes("-back")
	}
	require.Contains(t, e.finds("len(o.Numbers) / 2", "len(o.Numbers)/2 - 1"), "example.com/sort.bubbleSort@1 example.com/sort.main@5")
}

// TestFib: every depth of a recursion becomes one of a function with other parameters and
// results. A result that a frame holds already, because the call has just returned, is
// found to be missing (-examples.planted).
func TestFib(t *testing.T) {
	t.Parallel()
	e := newExample(t, "fib")
	s := e.passes("-per", "1")
	require.Contains(t, classes(s), "example.com/fib.fib@2 < example.com/fib.fib@1 < example.com/fib.fib@2 < example.com/fib.main@8")
	if *planted {
		require.Contains(t, e.finds("uint64(o.Result2)", "0", "-per", "1"), "example.com/fib.fib@2 example.com/fib.main@8")
	}
}

// TestPipeline: a stage is put between two others; no line is lost, doubled or out of its
// order. A stage that reads beside the one that it should feed is found (-examples.planted).
func TestPipeline(t *testing.T) {
	t.Parallel()
	e := newExample(t, "pipeline")
	s := e.passes()
	require.Contains(t, classes(s), "example.com/pipeline.show@1 < example.com/pipeline.main@4")
	if *planted {
		require.NotEmpty(t, e.finds("		n.In = numbered\n", "", "-per", "1"))
	}

	// Everybody waits when the update comes. What show gets by the select that it waits in
	// has no number, and all that comes later has one.
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, syscall.Mkfifo(file, 0o600))
	p := Start(t, e.base, file)
	in, err := os.OpenFile(file, os.O_WRONLY, 0)
	require.NoError(t, err)
	defer in.Close()
	says := func(line string) string {
		t.Helper()
		fmt.Fprintln(in, line)
		return strings.TrimPrefix(p.Line(), file+": ")
	}
	require.Equal(t, "old", says("old"))
	next := filepath.Join(t.TempDir(), "next")
	text, err := TryBuild(t, filepath.Join(e.dir, "r2"), next, e.base, "-update-only")
	require.NoError(t, err, "%s", text)
	p.MustUpdate(next + ".update")
	first := 1
	if says("new") == "1 new" {
		first = 2 // a tick had come between
	}
	for i := range 20 {
		require.Equal(t, fmt.Sprintf("%d more", first+i), says("more"))
	}
	require.NoError(t, in.Close())
	require.Equal(t, file+" has 22 lines", p.Line())
	p.Ended()
}

// TestAuth: the password is verified in the first of two functions and no longer in the
// second. The draft asks, and nothing is built before it is answered; the map lets nobody
// in unverified and drops nobody, wherever the update comes. Answered by doing nothing
// it is found out, and by a check with its operands exchanged (-examples.planted).
func TestAuth(t *testing.T) {
	t.Parallel()
	e := newExample(t, "auth")
	tree := t.TempDir()
	require.NoError(t, os.CopyFS(tree, os.DirFS(filepath.Join(e.dir, "r2"))))
	require.NoError(t, os.RemoveAll(filepath.Join(tree, "upstare")))
	const question = "skipped: \"if !accounts.Verify(s.user, s.password)\""
	text, err := TryBuild(t, tree, filepath.Join(t.TempDir(), "next"), e.base)
	require.Error(t, err)
	require.Regexp(t, `session\.go:\d+:\d+: .if !accounts\.Verify\(s\.user, s\.password\). is skipped by goroutines in example\.com/auth\.\(\*session\)\.run at point 1 .* \[UP3018\]`, text)
	out, _ := e.framemap(tree) // it says that something is to decide
	drafted, err := os.ReadFile(filepath.Join(tree, "upstare/r2/framemap.go"))
	require.NoError(t, err, "%s", out)
	// In run, which waits for the user between the two. At the other points nobody stays.
	require.Equal(t, 1, strings.Count(string(drafted), "DECIDE) // "+question), "%s", drafted)
	text, err = TryBuild(t, tree, filepath.Join(t.TempDir(), "next"), e.base)
	require.Error(t, err)
	require.Equal(t, 1, strings.Count(text, "a decision is open ("+question+")"), "%s", text)

	s := e.passes("-per", often())
	require.Contains(t, classes(s), "example.com/auth.(*session).run@2")
	const terms = "example.com/auth.(*session).say@1 example.com/auth.(*session).ask@1 example.com/auth.(*session).terms@1 example.com/auth.(*session).run@2 example.com/auth.main.func2@2"
	require.Contains(t, e.finds("framemap.Then(s, func() { u.Conn.Close() })", "", "-per", "1"), terms)
	if *planted {
		require.NotEmpty(t, e.finds("accounts.Verify(u.User, u.Password)", "accounts.Verify(u.Password, u.User)", "-per", "2"))
	}
}

// TestSSHDAuth is TestAuth on an SSH server: users stand wherever the server waits for
// them, with several sessions and requests under way, when it is updated under a client
// that checks every answer. A map that leaves one of the three functions out is refused;
// one that accepts and does nothing lets somebody in. Rehearsals find it out wherever that
// is, and one that uses a code twice (-examples.planted).
func TestSSHDAuth(t *testing.T) {
	t.Parallel()
	e := newExample(t, "sshd-auth")
	functions := []string{"run"}
	if *planted {
		functions = []string{"handshake", "begin", "run"}
	}
	for _, function := range functions {
		out, err := e.framemap(e.changed("	framemap.Accept(m, "+function+", check)\n", ""), "-check")
		require.Error(t, err)
		require.Regexp(t, `connection\.go:\d+:\d+: .if !users\.Verify\(c\.ssh\.User\(\), c\.key\(\), c\.code\). is skipped by goroutines in example\.com/sshd\.\(\*connection\)\.`+function+` at point .* \[UP3018\]`, out)
	}

	drive := filepath.Join(t.TempDir(), "drive")
	cmd := exec.Command("go", "build", "-o", drive, ".")
	cmd.Dir = filepath.Join(e.dir, "drive")
	leanbuild.Prepare(cmd)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	held := func(dir string) (said string) {
		t.Helper()
		next := filepath.Join(t.TempDir(), "next")
		text, err := TryBuild(t, dir, next, e.base, "-update-only")
		require.NoError(t, err, "%s", text)
		p := StartWith(t, filepath.Join(t.TempDir(), "admin.sock"), []string{"UPSTARE_PROGRAM=" + e.base}, drive, "-hold") // the server that it starts is the one that is updated
		require.Equal(t, "11 are held", p.Line())
		require.Eventually(t, func() bool { return p.Status()["records"].(map[string]any)["running"] == 0.0 },
			patience, time.Millisecond, "all of them wait")
		p.MustUpdate(next + ".update")
		p.Send("go on")
		said = p.Line()
		p.Ended()
		return said
	}
	const nothing, verifies = "	if true {", "	if c.Ssh == nil {"
	require.Equal(t, "all is well", held(filepath.Join(e.dir, "r2")))
	require.Regexp(t, "was let in without a right key and code: hello .* says .*; welcome", held(e.changed(verifies, nothing)))

	if !*planted {
		return
	}
	// Between are: handshake behind the code, run when handshake has returned, begin before
	// the command has come.
	const in = `example\.com/sshd\.\(\*connection\)\.`
	between := []string{in + "handshake@3 ", in + "handshake@4 ", "(?m)^" + in + "run@1 ", in + "begin@1 ", in + "begin@2 "}
	e.passes("-per", "2")
	found := strings.Join(e.finds(verifies, nothing, "-per", "1"), "\n")
	for _, place := range between {
		require.Regexp(t, place, found)
	}
	require.NotEmpty(t, e.finds("inside != nil && point <= 2", "inside != nil", "-per", "1"))
}

// often is how many updates a rehearsal makes at each class.
func often() string {
	if *planted {
		return "2"
	}
	return "1"
}

func classes(s rehearse.Summary) (l []string) {
	for _, r := range s.Runs {
		l = append(l, r.Class)
	}
	return l
}
