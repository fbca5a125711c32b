package updater

import (
	"fmt"
	"os"
	goruntime "runtime"
	"runtime/metrics"
	"time"

	"github.com/upstarego/upstarego/runtime/reserve"
	"github.com/upstarego/upstarego/runtime/state"
)

// An update must not find out in its middle that there is no memory, for that ends the
// process. So what it will take is asked for before: what opening the file takes, from the
// file's size; what the transform takes, from the heap's. Address space for the latter is
// kept until the program stands still, and what is carried over is counted against it: an
// update that turns out to need more is undone. And the heap gets pages for it that have
// been touched, so that the stop does not wait for them.

const (
	openTimes = 4 // what opening a file takes, in terms of its size
	openLeast = 32 << 20
	leastRoom = 8 << 20 // of a transform

	marked       = 500 << 20 // by a processor in a second, when it is slow
	leastTouched = 2 << 20
	mostTouched  = 256 << 20

	// A small object has an entry in the table several times its size.
	tableTimes = 6
)

// room refuses an update that there is no memory to open.
func (j *job) room() error {
	fi, err := os.Stat(j.req.Path)
	if err != nil {
		return nil // it cannot be read either, which is told by those who try
	}
	need := uint64(fi.Size())*openTimes + openLeast
	if left := reserve.Left(); need > left.Bytes {
		return noMemory(fmt.Sprintf("to open it takes some %d MB, and %v", need>>20, left))
	}
	return nil
}

// unloaded is the error of a file that could not be opened: others may have taken the
// memory that there was.
func (j *job) unloaded(err error) error {
	if short := j.room(); short != nil {
		return noMemory(fmt.Sprintf("%v; %v", err, reserve.Left()))
	}
	return asError(err, CodeRefused, "the update cannot be loaded")
}

func noMemory(why string) error {
	return errorf(CodeNoMemory, "there is not enough memory for the update: %s; raise the limit, or make the update when the program holds less", why)
}

// reserveRoom keeps memory for the transform.
func (j *job) reserveRoom(p *plan) error {
	want := uint64(leastRoom)
	if p.tr != nil {
		s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		metrics.Read(s)
		want += uint64(float64(s[0].Value.Uint64()) * (p.tr.growth() + tableTimes))
	}
	sp, err := reserve.Take(want, leastRoom)
	if err != nil {
		return noMemory(err.Error())
	}
	p.space = sp
	return nil
}

// touch has the heap own what the transform may take: to get it page by page takes longer
// than to carry objects over. It is a guess, so what is nobody's afterwards must be little
// for such a process.
func (j *job) touch(p *plan) {
	if p.tr == nil {
		return
	}
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	heap := s[0].Value.Uint64()
	bytes := min(p.tr.need(), max(mostTouched, heap/4))
	ends, limited := j.phaseCtx.Deadline()
	if bytes < leastTouched || limited && collection(heap, goruntime.GOMAXPROCS(0)) > time.Until(ends)/4 {
		return
	}
	done := make(chan uint64, 1)
	go func() { done <- reserve.Touch(bytes) }()
	select {
	case n := <-done:
		j.set(func(r *Result) { r.Touched = n })
	case <-j.phaseCtx.Done(): // as the stop will find
	}
}

// collection is about how long a garbage collection takes: it has a quarter of the
// processors.
func collection(heap uint64, procs int) time.Duration {
	return time.Duration(4 * float64(heap) / float64(procs) / marked * float64(time.Second))
}

// limits are those of the transform's walk.
func (j *job) limits(p *plan) state.Limits {
	l := state.Limits{Step: j.over, Lend: p.side.lends}
	var used uint64
	l.Memory = func(bytes uintptr) error {
		// Blocks are larger than what is in them, and the heap has tables of its own.
		if used += uint64(bytes) + uint64(bytes)/2; used > p.space.Bytes {
			return noMemory(fmt.Sprintf("carrying the state over takes more than the %d MB that there were", p.space.Bytes>>20))
		}
		return nil
	}
	switch f := j.req.Fault; {
	case f == nil:
	case f.Point == "object":
		l.Every = 1
		l.Step = func() error {
			if err := j.fault("object"); err != nil {
				return err
			}
			return j.over()
		}
	case f.Point == "memory":
		memory := l.Memory
		l.Memory = func(bytes uintptr) error {
			if err := j.fault("memory"); err != nil {
				return err
			}
			return memory(bytes)
		}
	}
	return l
}
