package host

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/upstarego/upstarego/runtime"
	"github.com/upstarego/upstarego/runtime/rehearse"
	"github.com/upstarego/upstarego/runtime/updater"
)

// startEnd has a process that is not updated leave what it has at its end.
func startEnd(p *rehearse.Plan) error {
	f, err := os.OpenFile(p.End, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	readyToLook()
	runtime.AtExit(func() {
		look(p, func(e *rehearse.End) {
			line, _ := json.Marshal(e)
			f.Write(append(line, '\n')) // in one piece: other processes write there, too
		})
	})
	return nil
}

// readyToLook makes the Go runtime open what it opens for timers, which not every
// program has and every one that is updated.
func readyToLook() { time.AfterFunc(time.Hour, func() {}).Stop() }

const (
	firstLook = time.Millisecond // pauses between looks
	lastLook  = 50 * time.Millisecond
)

// look leaves what the process has, which is about to end. If it lives on for that it
// says so before: goroutines that go on after the end of main may make it fail.
func look(p *rehearse.Plan, leave func(*rehearse.End)) {
	within := func(e *rehearse.End) bool {
		if p.Most == nil {
			return p.Patience == 0
		}
		open, goroutines := e.Beyond(p.Most)
		return len(open)+len(goroutines) == 0
	}
	e := picture(p)
	if within(e) {
		leave(e)
		return
	}
	e.Waited = true
	leave(e)
	pause := firstLook
	for end := time.Now().Add(p.Patience); time.Now().Before(end) && !within(e); {
		time.Sleep(pause)
		pause = min(2*pause, lastLook)
		next := picture(p)
		next.Waited = true
		if p.Most == nil {
			next.Merge(e)
		}
		e = next
	}
	leave(e)
}

// picture is what the process has now.
func picture(p *rehearse.Plan) *rehearse.End {
	e := &rehearse.End{PID: os.Getpid(), Open: map[string]int{}, Stacks: map[string]string{}}
	rehearse.More(e.Open, descriptors())
	delete(e.Open, p.End) // not the program's
	delete(e.Open, p.Record)
	e.Goroutines, e.Stacks = goroutines(updater.Stacks(), func(name string) string {
		name = rehearse.Declared(name)
		if f, ok := strings.CutPrefix(name, "main."); ok && p.Main != "" {
			name = p.Main + "." + f
		}
		if to, ok := p.Names[name]; ok {
			name = to
		}
		return name
	}, func(fn, file string) bool {
		return runtime.OwnFile(file) || strings.Contains(fn, "/upstare/") // a frame map's
	})
	for name := range e.Stacks {
		if p.Most == nil || e.Goroutines[name] <= p.Most.Goroutines[name] {
			delete(e.Stacks, name)
		}
	}
	return e
}

// locks are how the Go runtime says that a goroutine waits for a lock.
var locks = []string{"sync.Mutex.Lock", "sync.RWMutex.Lock", "sync.RWMutex.RLock"}

// goroutines counts the goroutines in own code of a text of stacks, but for the first,
// which looks; see rehearse.End. Each name has the stack of the youngest.
func goroutines(text string, name func(fn string) string, own func(fn, file string) bool) (count map[string]int, stacks map[string]string) {
	count, stacks = map[string]int{}, map[string]string{}
	youngest := map[string]int{}
	_, text, _ = strings.Cut(text, "\n\n")
	for stack := range strings.SplitSeq(text, "\n\n") {
		stack = strings.TrimRight(stack, "\n")
		head, frames, ok := strings.Cut(stack, ":\n")
		if !ok {
			continue
		}
		n := began(frames, name, own)
		if n == "" {
			continue
		}
		head = strings.TrimPrefix(head, "goroutine ")
		number, state, _ := strings.Cut(head, " ")
		id, _ := strconv.Atoi(number)
		state, _, _ = strings.Cut(strings.Trim(state, "[]"), ",")
		names := []string{n}
		if slices.Contains(locks, state) {
			names = append(names, n+rehearse.Locked)
		}
		for _, n := range names {
			count[n]++
			if id >= youngest[n] {
				youngest[n], stacks[n] = id, stack
			}
		}
	}
	return count, stacks
}

// began names what a goroutine in own code began with: the outermost own function. One
// that own code began with a foreign function goes by both. Others have no name.
func began(frames string, name func(fn string) string, own func(fn, file string) bool) string {
	outermost, first := "", ""
	lines := strings.Split(frames, "\n")
	for i := 0; i+1 < len(lines); i++ {
		at, ok := strings.CutPrefix(lines[i+1], "\t")
		if !ok {
			continue
		}
		file, _, _ := strings.Cut(at, " +0x")
		file = file[:max(0, strings.LastIndexByte(file, ':'))]
		fn, creates := strings.CutPrefix(lines[i], "created by ")
		if creates {
			fn, _, _ = strings.Cut(fn, " in goroutine ")
			if first == "" && own(fn, file) {
				return outermost + ", begun by " + name(fn)
			}
			break
		}
		fn = fn[:max(0, strings.LastIndexByte(fn, '('))]
		outermost = fn
		if own(fn, file) {
			first = name(fn)
		}
	}
	return first
}

// digits in the name of a temporary file are chosen anew in each run.
var digits = regexp.MustCompile(`[0-9]+`)

// temporary puts the same name for what is in $TMPDIR, another one in each run.
func temporary(name string) string {
	tmp := strings.TrimSuffix(os.Getenv("TMPDIR"), "/") + "/"
	if in, ok := strings.CutPrefix(name, tmp); ok && tmp != "/" {
		return "$TMPDIR/" + digits.ReplaceAllString(in, "*")
	}
	return name
}

// descriptors are what the process has open, as rehearse.End names it.
func descriptors() []string {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return nil
	}
	var l []string
	for _, e := range list {
		to, err := os.Readlink("/proc/self/fd/" + e.Name())
		if err != nil || strings.HasPrefix(to, "/proc/") {
			continue // it was the one that reads the list, or another goroutine has closed it
		}
		kind, rest, _ := strings.Cut(to, ":")
		switch {
		case strings.HasPrefix(to, "/"):
			to = temporary(to)
		case kind == "socket":
			fd, _ := strconv.Atoi(e.Name())
			to = socket(fd)
		case kind == "anon_inode":
			to = strings.Trim(rest, "[]")
		default:
			to = kind
		}
		l = append(l, to)
	}
	slices.Sort(l)
	return l
}

// socket says what a socket is, and as much of its addresses as is the same in
// another run.
func socket(fd int) string {
	local, err := syscall.Getsockname(fd)
	if err != nil {
		return "socket"
	}
	kind, _ := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_TYPE)
	name := "socket " + family(local, kind)
	if a := address(local); a != "" {
		name += " " + a
	}
	if on, _ := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_ACCEPTCONN); on != 0 {
		return name + " listening"
	}
	if peer, err := syscall.Getpeername(fd); err == nil {
		name += " connected"
		if a := address(peer); a != "" {
			name += " to " + a
		}
	}
	return name
}

func family(a syscall.Sockaddr, kind int) string {
	stream := kind == syscall.SOCK_STREAM
	switch a.(type) {
	case *syscall.SockaddrUnix:
		return "unix"
	case *syscall.SockaddrInet4, *syscall.SockaddrInet6:
		if stream {
			return "tcp"
		}
		return "udp"
	}
	return fmt.Sprintf("%T", a)[len("*syscall.Sockaddr"):]
}

func address(a syscall.Sockaddr) string {
	switch a := a.(type) {
	case *syscall.SockaddrUnix:
		return temporary(a.Name)
	case *syscall.SockaddrInet4:
		return netip.AddrFrom4(a.Addr).String() + ":" + port(a.Port)
	case *syscall.SockaddrInet6:
		return "[" + netip.AddrFrom16(a.Addr).Unmap().String() + "]:" + port(a.Port)
	}
	return ""
}

// port is a port, or * for one that the system has chosen.
func port(n int) string {
	if n >= chosen() {
		return "*"
	}
	return strconv.Itoa(n)
}

// chosen is the first of those that the system chooses.
var chosen = sync.OnceValue(func() int {
	first := 32768
	if text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		fmt.Sscan(string(text), &first)
	}
	return first
})
