package live

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/upstarego/upstarego/runtime/updater"
)

// TestBesides: updates fail, and succeed, while the Go runtime collects garbage all the
// time, is given other numbers of processors, profiles, traces, the process is stopped
// and goes on, or a debugger is attached.
func TestBesides(t *testing.T) {
	for _, what := range []string{"gc", "maxprocs", "profile", "trace", "signals", "debugger"} {
		t.Run(what, func(t *testing.T) {
			s := newSubject(t)
			switch what {
			case "signals":
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
			case "debugger":
				traced := traceProcess(t, s.p.PID())
				defer func() { require.NotZero(t, traced(), "the debugger has seen nothing") }()
			default:
				s.both("besides " + what)
			}
			for i := range 8 * ((*faultTimes + 7) / 8) {
				if fault, kind := i/2%4, i%2; *faultTimes > 1 || (fault+kind)%2 == 0 {
					s.fails([]string{"captured", "object:50", "methods", "inits"}[fault] + "=" + []string{updater.FaultError, updater.FaultPanic}[kind])
					s.goesOn()
				}
			}
			s.updates()
		})
	}
}

// traceProcess is a debugger that has all threads of a process stop at each signal and
// lets them go on, until the test has ended. traced counts these stops.
func traceProcess(t *testing.T, pid int) (traced func() int64) {
	t.Helper()
	var stops atomic.Int64
	attached, stop, ended := make(chan error), make(chan bool), make(chan bool)
	go func() {
		defer close(ended)
		runtime.LockOSThread() // the threads are this one's
		defer runtime.UnlockOSThread()
		threads := map[int]bool{}
		err := eachThread(pid, func(id int) error {
			threads[id] = true
			err := ptrace(ptraceSeize, id, 1<<syscall.PTRACE_EVENT_CLONE)
			if err == syscall.EPERM { // it has been attached with the one that cloned it
				err = nil
			}
			return err
		})
		attached <- err
		for detach := false; len(threads) > 0; {
			var status syscall.WaitStatus
			switch id, err := syscall.Wait4(-1, &status, syscall.WALL|syscall.WNOTHREAD|syscall.WNOHANG, nil); {
			case err == syscall.EINTR:
			case err != nil: // nobody is there any more
				return
			case id > 0 && status.Stopped():
				stops.Add(1)
				threads[id] = true
				signal := 0
				if status>>16 == 0 { // no event of the debugger's
					signal = int(status.StopSignal())
				}
				request := syscall.PTRACE_CONT
				if detach {
					request = syscall.PTRACE_DETACH
					delete(threads, id)
				}
				ptrace(request, id, signal) // it may have been killed meanwhile
			case id > 0:
				delete(threads, id)
			case detach:
				time.Sleep(time.Millisecond)
			default:
				select {
				case <-stop:
					detach = true
					eachThread(pid, func(id int) error { return ptrace(ptraceInterrupt, id, 0) })
				case <-time.After(time.Millisecond):
				}
			}
		}
	}()
	t.Cleanup(func() {
		close(stop)
		<-ended
	})
	require.NoError(t, <-attached)
	return stops.Load
}

// What package syscall does not name.
const (
	ptraceSeize     = 0x4206
	ptraceInterrupt = 0x4207
)

func ptrace(request, thread, data int) error {
	if _, _, errno := syscall.Syscall6(syscall.SYS_PTRACE, uintptr(request), uintptr(thread), 0, uintptr(data), 0, 0); errno != 0 {
		return errno
	}
	return nil
}

// eachThread calls do for all threads of a process that are still there.
func eachThread(pid int, do func(id int) error) error {
	threads, err := os.ReadDir(fmt.Sprint("/proc/", pid, "/task"))
	for _, th := range threads {
		id, _ := strconv.Atoi(th.Name())
		if e := do(id); e != nil && e != syscall.ESRCH {
			err = e
		}
	}
	return err
}

// TestAskedByItself: a goroutine of the program asks for the update that it is carried
// through itself.
func TestAskedByItself(t *testing.T) {
	for range *faultTimes {
		s := newSubject(t)
		require.Equal(t, "200 committed true", s.p.Ask("besides self "+faults2.Update(t)))
		s.by.MustUpdate(faults2.Update(t))
		s.alike()
		s.end()
	}
}

// TestAskedBeforeMain: nobody is there yet, and nothing is harmed.
func TestAskedBeforeMain(t *testing.T) {
	t.Setenv("FAULTS_EARLY", faults2.Update(t))
	for range *faultTimes {
		s := newSubject(t)
		s.both("besides early")
		require.Equal(t, "no endpoint", s.p.Ask("besides early"))
		s.goesOn()
		s.updates()
		s.end()
	}
}

// TestTwoAtOnce: one of them is told that another one is under way.
func TestTwoAtOnce(t *testing.T) {
	s := newSubject(t)
	for range *faultTimes {
		var r map[string]any
		s.p.mustRead(&r, http.MethodPost, "/v1/updates?wait=0&fault=object=hang", faults2.Update(t))
		s.p.faulted()
		status, answer := post(s.p, "", faults2.Update(t))
		require.Equal(t, 409, status, answer)
		require.Contains(t, answer, "UP2004")
		status, answer = s.p.HTTP(http.MethodDelete, "/v1/updates/"+r["id"].(string), "")
		require.Equal(t, 200, status, answer)
		s.goesOn()
	}
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
	for range *faultTimes {
		for _, bytes := range []uint64{0, 4096, 1 << 20} {
			limit(bytes)
			status, answer := post(s.p, "", faults2.Update(t))
			require.Equal(t, 500, status, answer)
			require.Contains(t, answer, `"code": "UP2032"`)
			s.goesOn()
		}
	}
	limit(^uint64(0))
	s.updates()
}
