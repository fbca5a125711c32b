package live

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func post(p *Process, query, path string) (int, string) {
	return p.HTTP(http.MethodPost, "/v1/updates"+query, `{"path": "`+path+`"}`)
}

// TestRefusedRequests: what the endpoint is asked wrongly it refuses with the code
// and status that are documented, and the program goes on in its release.
func TestRefusedRequests(t *testing.T) {
	p := Start(t, everywhere1.Exe(t))
	require.Equal(t, "ready", p.Line())
	before := p.Ask("old")
	serves := func() {
		t.Helper()
		require.Equal(t, "spins true", p.Ask("spins"))
		require.Equal(t, "r1", release(p))
	}
	s := p.Status()
	require.Nil(t, s["update"])
	require.Nil(t, s["last"])
	require.EqualValues(t, p.PID(), s["pid"])

	for _, c := range []struct {
		name, method, path, body, code string
		status                         int
	}{
		{"relative", "POST", "/v1/updates", `{"path": "prog.update"}`, "UP2011", 400},
		{"relative text", "POST", "/v1/updates", "./prog.update", "UP2011", 400},
		{"no path", "POST", "/v1/updates", "", "UP2011", 400},
		{"other fields", "POST", "/v1/updates", `{"file": "/x"}`, "UP2011", 400},
		{"bad timeout", "POST", "/v1/updates?timeout=soon", "/x", "UP2011", 400},
		{"missing file", "POST", "/v1/updates", "/nowhere/x.update", "UP2021", 400},
		{"directory", "POST", "/v1/updates", "/", "UP2021", 400},
		{"executable", "POST", "/v1/updates", everywhere2.Exe(t), "UP2022", 400},
		{"no such update", "DELETE", "/v1/updates/99", "", "UP2011", 404},
		{"no such update", "GET", "/v1/updates/99", "", "UP2011", 404},
		{"no such resource", "GET", "/v2", "", "UP2011", 404},
	} {
		status, answer := p.HTTP(c.method, c.path, c.body)
		require.Equal(t, c.status, status, "%s: %s", c.name, answer)
		require.Contains(t, answer, `"code": "`+c.code+`"`, c.name)
		serves()
	}

	for range 2 {
		o := p.Update(everywhere2.Update(t), "-dry-run")
		require.Equal(t, 0, o.Exit, o.Stderr)
		require.Equal(t, "fits", o.Result["state"])
		require.Equal(t, o.Result["release_before"], o.Result["release_after"])
		require.Equal(t, before, p.Ask("old"))
		serves()
	}

	// One update at a time; the one under way can be given up.
	require.Equal(t, "started", p.Ask("long"))
	done := make(chan Outcome, 1)
	go func() { done <- p.Update(everywhere2.Update(t), "-timeout", "60s") }()
	id := p.Under("quiesce")
	o := p.MustFail("UP2004", everywhere2.Update(t))
	require.Equal(t, 3, o.Exit)
	status, answer := post(p, "", everywhere2.Update(t))
	require.Equal(t, 409, status, answer)
	serves()
	status, answer = p.HTTP(http.MethodDelete, "/v1/updates/"+id, "")
	require.Equal(t, 200, status, answer)
	require.Contains(t, answer, `"state": "undone"`)
	o = <-done
	require.Equal(t, 3, o.Exit)
	require.Contains(t, o.Stderr, "given up on request")
	require.Equal(t, before, p.Ask("old"))
	serves()
	last := p.Status()["last"].(map[string]any)
	require.Equal(t, "undone", last["state"])

	p.MustUpdate(everywhere2.Update(t), "-timeout", "60s")
	require.Equal(t, "r2", release(p))
	last = p.Status()["last"].(map[string]any)
	require.Equal(t, "committed", last["state"])
	status, answer = p.HTTP(http.MethodDelete, "/v1/updates/"+last["id"].(string), "")
	require.Equal(t, 409, status, answer)
	status, answer = post(p, "", everywhere2.Update(t))
	require.Equal(t, 412, status, answer)
	require.Contains(t, answer, "UP2005")
	p.Send("go")
	require.Equal(t, with("r2 new "), p.Until("end"))
}

// run runs the command with its default way to find programs.
func run(t *testing.T, args ...string) (string, int) {
	t.Helper()
	cmd := exec.Command(Tool(t), args...)
	out, err := cmd.CombinedOutput()
	if _, ok := err.(*exec.ExitError); err != nil && !ok {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// TestTwoProcesses: sockets are where they are documented and only this user's;
// the process that is meant is updated, the other one is not.
func TestTwoProcesses(t *testing.T) {
	dir, err := os.MkdirTemp("", "run")
	require.NoError(t, err)
	defer os.RemoveAll(dir)
	t.Setenv("XDG_RUNTIME_DIR", dir)
	t.Setenv("TMPDIR", dir) // no other programs are found
	var ps []*Process
	var socks []string
	for range 2 {
		p := StartAt(t, "", everywhere1.Exe(t))
		require.Equal(t, "ready", p.Line())
		p.sock = filepath.Join(dir, "upstare-"+strconv.Itoa(os.Getuid()), "prog-"+strconv.Itoa(p.PID())+".sock")
		ps, socks = append(ps, p), append(socks, p.sock)
	}
	for path, mode := range map[string]os.FileMode{filepath.Dir(socks[0]): os.ModeDir | 0o700, socks[0]: os.ModeSocket | 0o600, socks[1]: os.ModeSocket | 0o600} {
		fi, err := os.Lstat(path)
		require.NoError(t, err)
		require.Equal(t, mode, fi.Mode(), path)
	}
	out, exit := run(t, "update", everywhere2.Update(t))
	require.Equal(t, 1, exit)
	require.Contains(t, out, "UP2002")
	require.Contains(t, out, socks[0])
	out, exit = run(t, "status")
	require.Equal(t, 0, exit)
	require.Equal(t, 2, strings.Count(out, "release 1 ("), out)

	out, exit = run(t, "update", "-pid", strconv.Itoa(ps[1].PID()), everywhere2.Update(t))
	require.Equal(t, 0, exit, out)
	require.Contains(t, out, "release 1 -> 2")
	require.Equal(t, "r1", release(ps[0]))
	require.Equal(t, "r2", release(ps[1]))
	for i, p := range ps {
		p.Send("go")
		if i == 1 {
			require.Equal(t, with("r2 new "), p.Until("end"))
		} else {
			require.Subset(t, p.Until("end"), []string{"r1 returned result", "r1 handler h asked"})
		}
	}
}

// TestNoEndpoint: a program whose endpoint is switched off, or cannot be, runs all
// the same.
func TestNoEndpoint(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", dir)
	t.Setenv("TMPDIR", dir)
	p := StartAt(t, "off", everywhere1.Exe(t))
	require.Equal(t, "ready", p.Line())
	require.Equal(t, "spins true", p.Ask("spins"))
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left, "no socket")
	out, exit := run(t, "update", "-pid", strconv.Itoa(p.PID()), everywhere2.Update(t))
	require.Equal(t, 1, exit)
	require.Contains(t, out, "UP2001")
	require.Equal(t, "spins true", p.Ask("spins"))

	for _, addr := range []string{"0.0.0.0:0", "/nowhere/x.sock"} {
		p := StartAt(t, addr, everywhere1.Exe(t))
		require.Equal(t, "ready", p.Line())
		require.Equal(t, "spins true", p.Ask("spins"))
		p.stop()
		require.Contains(t, p.stderr.String(), "no admin endpoint")
		require.Contains(t, p.stderr.String(), "UPSTARE_ADMIN")
	}
}
