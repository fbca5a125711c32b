package live

import (
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/upstarego/upstarego/runtime/updater"
)

// TestBesides: updates fail, and succeed, while the Go runtime collects garbage all the
// time, is given other numbers of processors, profiles, traces, or the process is stopped
// and goes on.
func TestBesides(t *testing.T) {
	for _, what := range []string{"gc", "maxprocs", "profile", "trace", "signals"} {
		t.Run(what, func(t *testing.T) {
			s := newSubject(t)
			if what == "signals" {
				stop := make(chan bool)
				t.Cleanup(func() { close(stop) })
				go func() {
					for {
						select {
						case <-stop:
							return
						case <-time.After(3 * time.Millisecond):
							syscall.Kill(s.p.PID(), syscall.SIGSTOP)
							syscall.Kill(s.p.PID(), syscall.SIGCONT)
						}
					}
				}()
			} else {
				s.both("besides " + what)
			}
			for i, fault := range []string{"captured", "object:50", "methods", "inits"} {
				for k, kind := range []string{updater.FaultError, updater.FaultPanic} {
					if *faultTimes > 1 || (i+k)%2 == 0 {
						s.fails(fault + "=" + kind)
						s.goesOn()
					}
				}
			}
			s.updates()
		})
	}
}

// TestAskedByItself: a goroutine of the program asks for the update that it is carried
// through itself.
func TestAskedByItself(t *testing.T) {
	s := newSubject(t)
	require.Equal(t, "200 committed true", s.p.Ask("besides self "+faults2.Update(t)))
	s.by.MustUpdate(faults2.Update(t))
	s.both("put after x")
	s.both("digest")
	s.both("release")
	s.both("wrong")
}

// TestAskedBeforeMain: nobody is there yet, and nothing is harmed.
func TestAskedBeforeMain(t *testing.T) {
	t.Setenv("FAULTS_EARLY", faults2.Update(t))
	s := newSubject(t)
	s.both("besides early")
	require.Equal(t, "no endpoint", s.p.Ask("besides early"))
	s.goesOn()
	s.updates()
}

// TestTwoAtOnce: one of them is told that another one is under way.
func TestTwoAtOnce(t *testing.T) {
	s := newSubject(t)
	var r map[string]any
	s.p.mustRead(&r, http.MethodPost, "/v1/updates?wait=0&fault=object=hang", faults2.Update(t))
	s.p.faulted()
	status, answer := post(s.p, "", faults2.Update(t))
	require.Equal(t, 409, status, answer)
	require.Contains(t, answer, "UP2004")
	status, answer = s.p.HTTP(http.MethodDelete, "/v1/updates/"+r["id"].(string), "")
	require.Equal(t, 200, status, answer)
	s.goesOn()
	s.updates()
}

// TestEndsInTheMiddle: a program that ends by itself while an update is under way ends as
// it would have: its endpoint goes, and nothing is left.
func TestEndsInTheMiddle(t *testing.T) {
	t.Setenv("UPSTARE_FAULTS", "on")
	for _, fault := range []string{"check", "loaded", "planned"} {
		dir := t.TempDir()
		t.Setenv("TMPDIR", dir)
		p := StartAt(t, filepath.Join(dir, "admin.sock"), faults1.Exe(t))
		require.Equal(t, "ready", p.Line())
		p.listens()
		status, answer := post(p, "?wait=0&fault="+fault+"=hang", faults2.Update(t))
		require.Equal(t, 202, status, answer)
		p.faulted()
		p.Send("quit")
		p.Ended()
		require.True(t, p.cmd.ProcessState.Success(), p.Errors())
		left, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Empty(t, left, fault)
	}
}

// faulted waits until the fault of the update under way has come.
func (p *Process) faulted() {
	p.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if u, ok := p.Status()["update"].(map[string]any); ok && u["faulted"] == true {
			return
		}
	}
	p.t.Fatal("the fault does not come")
}

// TestNoPlaceForFiles: nothing can be written anywhere, neither to the directory for
// temporary files nor to memory that is a file; the update is refused, and made when it can.
func TestNoPlaceForFiles(t *testing.T) {
	faults2.Update(t)
	s := newSubjectIn(t, t.TempDir(), "/proc/none")
	limit := func(bytes uint64) {
		l := syscall.Rlimit{Cur: bytes, Max: ^uint64(0)}
		_, _, errno := syscall.Syscall6(syscall.SYS_PRLIMIT64, uintptr(s.p.PID()), syscall.RLIMIT_FSIZE, uintptr(unsafe.Pointer(&l)), 0, 0, 0)
		require.Zero(t, errno)
	}
	for _, bytes := range []uint64{0, 4096, 1 << 20} {
		limit(bytes)
		status, answer := post(s.p, "", faults2.Update(t))
		require.Equal(t, 500, status, answer)
		require.Contains(t, answer, `"code": "UP2032"`)
		s.goesOn()
	}
	limit(^uint64(0))
	s.updates()
}
