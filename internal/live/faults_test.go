package live

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/upstarego/upstarego/runtime/updater"
)

var faultTimes = flag.Int("faults.times", 1, "how often each fault is injected")

func faulty(parts ...string) func(testing.TB) string {
	return func(t testing.TB) string { return Assemble(t, "../../testdata/live/faults.txtar", parts...) }
}

var (
	faults1 = &Shared{Source: faulty("common", "r1")}
	faults2 = &Shared{Source: faulty("common", "r2"), From: faults1, Last: true}
)

// A subject is a process that updates fail in, and another one in which they do not.
type subject struct {
	t     *testing.T
	p, by *Process
	n     int
}

func newSubject(t *testing.T) *subject {
	t.Helper()
	faults1.Exe(t)
	return newSubjectIn(t, t.TempDir(), os.TempDir())
}

// newSubjectIn has the processes' sockets in one directory, and lets them use another one
// for temporary files.
func newSubjectIn(t *testing.T, sockets, temp string) *subject {
	t.Helper()
	t.Setenv("UPSTARE_FAULTS", "on")
	t.Setenv("TMPDIR", temp)
	start := func(name string) *Process { return StartAt(t, filepath.Join(sockets, name), faults1.Exe(t)) }
	s := &subject{t: t, p: start("one"), by: start("two")}
	for _, p := range []*Process{s.p, s.by} {
		require.Equal(t, "ready", p.Line())
		require.Equal(t, "put", p.Ask("many"))
	}
	return s
}

// end kills both processes, for tests that start many.
func (s *subject) end() {
	s.p.stop()
	s.by.stop()
}

// both does the same to both, and compares.
func (s *subject) both(line string) {
	s.t.Helper()
	require.Equal(s.t, s.by.Ask(line), s.p.Ask(line), line)
}

// goesOn: the program serves, in its old release, and is what it would be had nobody asked.
func (s *subject) goesOn() {
	s.t.Helper()
	s.n++
	s.both(fmt.Sprintf("put k%d new%d x", s.n, s.n))
	s.both("digest")
	require.Equal(s.t, "r1", s.p.Ask("release"))
	require.Equal(s.t, "0", s.p.Ask("wrong"))
	require.EqualValues(s.t, 1, s.p.Status()["release"].(map[string]any)["number"])
}

// updates: the next attempt succeeds, and the program is what the other one becomes.
func (s *subject) updates() {
	s.t.Helper()
	for _, p := range []*Process{s.p, s.by} {
		p.MustUpdate(faults2.Update(s.t))
	}
	s.alike()
}

// alike: both go on, and are the same.
func (s *subject) alike() {
	s.t.Helper()
	s.both("put after x")
	s.both("digest")
	s.both("release")
	s.both("wrong")
}

// fails makes an update that a fault ends. One that hangs is given up on request, unless
// it has a limit.
func (s *subject) fails(fault string, limit ...string) map[string]any {
	s.t.Helper()
	v := url.Values{"fault": {fault}, "wait": {"0"}}
	for _, l := range limit {
		name, d, _ := strings.Cut(l, "=")
		v.Set(name, d)
	}
	var r map[string]any
	s.p.mustRead(&r, http.MethodPost, "/v1/updates?"+v.Encode(), faults2.Update(s.t))
	path := "/v1/updates/" + r["id"].(string)
	for end := time.Now().Add(patience); r["state"] == "running"; time.Sleep(time.Millisecond) {
		require.True(s.t, time.Now().Before(end), "the update is not decided")
		s.p.mustRead(&r, http.MethodGet, path, "")
		if r["faulted"] == true && strings.HasSuffix(fault, "=hang") && limit == nil {
			s.p.HTTP(http.MethodDelete, path, "")
		}
	}
	require.Equal(s.t, "undone", r["state"], "%v", r)
	require.Equal(s.t, true, r["faulted"], "the update does not come to %s: %v", fault, r)
	return r
}

// TestFaults: an update that fails at any point of its way, by an error, a panic or by
// not going on, leaves nothing behind, and the next one succeeds.
func TestFaults(t *testing.T) {
	for _, point := range updater.FaultPoints {
		name, _, _ := strings.Cut(point, ":")
		if _, err := updater.ParseFault(name); err != nil {
			continue // behind commit
		}
		t.Run(name, func(t *testing.T) {
			s := newSubject(t)
			ns := []int{1}
			if name == "object" || name == "memory" {
				ns = []int{1, 2, 3, 50, 1500}
			}
			for i := range *faultTimes {
				for k, kind := range []string{updater.FaultError, updater.FaultPanic, updater.FaultHang} {
					s.fails(fmt.Sprintf("%s:%d=%s", name, ns[(i+k)%len(ns)], kind))
					s.goesOn()
				}
			}
			s.updates()
		})
	}
}

// TestMapFaults: what the developer's functions do, they fail, panic, or do not come back,
// gives the update up if it comes before commit. What does not come back keeps further
// updates from beginning, and nothing else.
func TestMapFaults(t *testing.T) {
	for _, place := range []string{"before", "require", "type", "validate", "var"} {
		t.Run(place, func(t *testing.T) {
			do := filepath.Join(t.TempDir(), "do")
			t.Setenv("FAULTS_DO", do)
			s := newSubject(t)
			for range *faultTimes {
				for _, what := range []string{"fails", "panics"} {
					if what == "fails" && (place == "type" || place == "var") {
						continue // they have no error to return
					}
					require.NoError(t, os.WriteFile(do, []byte(place+" "+what), 0o666))
					status, answer := post(s.p, "?timeout.quiesce=1s", faults2.Update(t))
					if place == "require" { // it may hold later
						require.Equal(t, 504, status, answer)
					} else {
						require.Equal(t, 500, status, answer)
					}
					require.Contains(t, answer, `"state": "undone"`)
					require.Contains(t, answer, "as it was told to")
					s.goesOn()
				}
				s.hangs(do, place)
			}
			s.updates()
		})
	}
}

// hangs gives an update up that does not come back from the developer's function.
func (s *subject) hangs(do, place string) {
	t := s.t
	require.NoError(t, os.WriteFile(do, []byte(place+" hangs"), 0o666))
	file := faults2.Update(t)
	var r map[string]any
	s.p.mustRead(&r, http.MethodPost, "/v1/updates?wait=0", file)
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		if _, err := os.Stat(do + ".begun"); err == nil {
			break
		}
		require.True(t, time.Now().Before(end), "the function is not called")
	}
	status, answer := s.p.HTTP(http.MethodDelete, "/v1/updates/"+r["id"].(string), "")
	require.Equal(t, 200, status, answer)
	require.Contains(t, answer, `"state": "undone"`)
	require.Contains(t, answer, "given up on request")
	require.Contains(t, answer, "has not come to its end")
	s.goesOn()
	status, answer = post(s.p, "", file)
	require.Equal(t, 409, status, answer)
	require.Contains(t, answer, "UP2004")
	require.Contains(t, answer, "has not come to its end")
	s.goesOn()
	require.NoError(t, os.Remove(do))
	require.NoError(t, os.Remove(do+".begun"))
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		if status, answer = post(s.p, "?dry_run=1", file); status == 200 {
			break
		}
		require.Equal(t, 409, status, answer)
		require.True(t, time.Now().Before(end), "the function has ended, and no update begins")
	}
	s.goesOn()
}

// TestPhaseLimits: each phase can be given a time of its own, after which the update is
// undone.
func TestPhaseLimits(t *testing.T) {
	s := newSubject(t)
	for phase, fault := range map[string]string{"check": "check", "load": "loaded", "quiesce": "quiet", "transform": "object", "commit": "methods"} {
		r := s.fails(fault+"=hang", "timeout=1h", "timeout."+phase+"=1s")
		e := r["error"].(map[string]any)
		require.Equal(t, "UP2007", e["code"])
		require.Contains(t, e["message"], "phase "+phase+" for 1s")
		s.goesOn()
	}
	status, answer := post(s.p, "?timeout.resume=1s", faults2.Update(t))
	require.Equal(t, 400, status, answer)
	s.updates()
}

// TestMapFaultsAfterCommit: what the map does behind commit cannot be undone, and is told.
func TestMapFaultsAfterCommit(t *testing.T) {
	for _, place := range []string{"go", "after"} {
		for _, what := range []string{"panics", "hangs"} {
			t.Run(place+" "+what, func(t *testing.T) {
				do := filepath.Join(t.TempDir(), "do")
				t.Setenv("FAULTS_DO", do)
				for range *faultTimes {
					s := newSubject(t)
					require.NoError(t, os.WriteFile(do, []byte(place+" "+what), 0o666))
					var r map[string]any
					s.p.mustRead(&r, http.MethodPost, "/v1/updates?timeout=5s", faults2.Update(t))
					require.Equal(t, "committed", r["state"])
					require.Len(t, r["warnings"], 1)
					require.NoError(t, os.Remove(do))
					s.by.MustUpdate(faults2.Update(t))
					s.alike()
					s.end()
				}
			})
		}
	}
}

// TestKilledAtEveryPoint: what is left of a process that was killed in an update keeps no
// fresh one from starting, and is nothing but its socket.
func TestKilledAtEveryPoint(t *testing.T) {
	faults2.Update(t)
	t.Setenv("UPSTARE_FAULTS", "on")
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	sock := filepath.Join(dir, "admin.sock")
	for _, point := range updater.FaultPoints {
		name, _, _ := strings.Cut(point, ":")
		p := StartAt(t, sock, faults1.Exe(t))
		require.Equal(t, "ready", p.Line())
		require.Equal(t, "put", p.Ask("many"))
		p.listens()
		p.Update(faults2.Update(t), "-fault", name+"=kill")
		p.Ended()
		require.Equal(t, syscall.SIGKILL, p.cmd.ProcessState.Sys().(syscall.WaitStatus).Signal(), name)
		left, err := os.ReadDir(dir)
		require.NoError(t, err)
		for _, e := range left {
			require.Equal(t, "admin.sock", e.Name(), name)
		}
	}
	p := StartAt(t, sock, faults1.Exe(t))
	require.Equal(t, "ready", p.Line())
	p.MustUpdate(faults2.Update(t))
}

// TestKilledAnywhen: the same at moments of no choosing, by SIGKILL and by SIGTERM.
func TestKilledAnywhen(t *testing.T) {
	file := faults2.Update(t)
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	sock := filepath.Join(dir, "admin.sock")
	const seed = 1
	random := rand.New(rand.NewPCG(seed, seed))
	for i := range 10 * *faultTimes {
		p := StartAt(t, sock, faults1.Exe(t))
		if random.IntN(4) > 0 { // else it may not even listen
			require.Equal(t, "ready", p.Line())
			p.listens()
			status, answer := post(p, "?wait=0", file)
			require.Equal(t, 202, status, answer)
		}
		time.Sleep(time.Duration(random.Int64N(int64(200 * time.Millisecond))))
		require.NoError(t, p.cmd.Process.Signal([]os.Signal{syscall.SIGKILL, syscall.SIGTERM}[i%2]))
		p.Ended()
		left, err := os.ReadDir(dir)
		require.NoError(t, err)
		for _, e := range left {
			// A directory that is made for a moment goes later: package leftover.
			require.True(t, e.Name() == "admin.sock" || strings.HasPrefix(e.Name(), fmt.Sprint(".u", p.PID(), "-")), "%s, in round %d", e.Name(), i)
			if e.IsDir() {
				require.NoError(t, os.RemoveAll(filepath.Join(dir, e.Name())))
			}
		}
	}
	p := StartAt(t, sock, faults1.Exe(t))
	require.Equal(t, "ready", p.Line())
	p.MustUpdate(file)
}
