package updater

import (
	"fmt"
	"strconv"
	"strings"
	"syscall"
)

// A Fault makes one update fail at a point of its way, so that tests can see what the
// program has left of it: nothing, whatever the point. The endpoint takes faults only
// from whoever has started the process with UPSTARE_FAULTS=on.
type Fault struct {
	Point string
	N     int    // the how manieth time the point is come to; 0 is 1
	Kind  string // what happens there: FaultError, FaultPanic, FaultHang or FaultKill

	count int
}

// What a fault does.
const (
	FaultError = "error" // the step fails
	FaultPanic = "panic" // it panics
	FaultHang  = "hang"  // it does not go on before the update's time is over
	FaultKill  = "kill"  // the process is killed, as by kill -9
)

// FaultPoints lists the points, in the order in which an update comes to them. Those that
// end in :n are come to more than once. Behind the last one that is marked so nothing can
// fail any more: what is left are stores, and there only FaultKill is allowed.
var FaultPoints = []string{
	"check", "load", "loaded", "planned", "hooks",
	"stopped:n", "captured:n", "quiet:n", "ready:n",
	"transform", "frame:n", "object:n", "memory:n", "transformed",
	"commit", "methods", "inits",
	"applied", "committed", "resumed",
}

const lastThatFails = "inits"

// ParseFault reads POINT[:N][=KIND].
func ParseFault(s string) (*Fault, error) {
	f := &Fault{N: 1, Kind: FaultError}
	rest, kind, ok := strings.Cut(s, "=")
	if ok {
		f.Kind = kind
	}
	f.Point, kind, ok = strings.Cut(rest, ":")
	if ok {
		n, err := strconv.Atoi(kind)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q is no number of times", kind)
		}
		f.N = n
	}
	switch f.Kind {
	case FaultError, FaultPanic, FaultHang, FaultKill:
	default:
		return nil, fmt.Errorf("%q is no kind of fault: error, panic, hang or kill", f.Kind)
	}
	fails := true
	for _, p := range FaultPoints {
		name, _, many := strings.Cut(p, ":")
		if name == f.Point {
			if f.N > 1 && !many {
				return nil, fmt.Errorf("an update comes to %q once", name)
			}
			if !fails && f.Kind != FaultKill {
				return nil, fmt.Errorf("nothing can fail at %q: the update is committed", name)
			}
			return f, nil
		}
		fails = fails && name != lastThatFails
	}
	return nil, fmt.Errorf("%q is no point of an update: %s", f.Point, strings.Join(FaultPoints, ", "))
}

// fault is called at a point. It does nothing unless the request has a fault there.
func (j *job) fault(point string) error {
	f := j.req.Fault
	if f == nil || f.Point != point {
		return nil
	}
	if f.count++; f.count != f.N {
		return nil
	}
	return j.fail()
}

func (j *job) fail() error {
	f := j.req.Fault
	j.set(func(r *Result) { r.Faulted = true })
	what := "a fault at " + f.Point
	if f.N > 1 {
		what += ":" + strconv.Itoa(f.N)
	}
	switch f.Kind {
	case FaultKill:
		syscall.Kill(syscall.Getpid(), syscall.SIGKILL)
		select {}
	case FaultPanic:
		panic(what)
	case FaultHang:
		<-j.phaseCtx.Done()
		return j.over()
	}
	return errorf(CodeFailed, "%s, as the request has asked for", what)
}
