package runtime

import (
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	_ "unsafe" // for go:linkname
)

// The stress report is the file that UPSTARE_STRESS_REPORT names, or one in the
// directory that it names, called PROGRAM-PID.json. It is one JSON object:
//
//	asked            N that was asked for: every N-th poll captures; 0 is off
//	every            N at the end
//	doublings        times that N doubled: when 131072 frames were rebuilt at one N, or 49152
//	                 captures made at the first N or 2048 at a later one
//	polls            update points and gates passed since the program was initialised
//	captures         segments captured and rebuilt
//	frames           frames rebuilt
//	deepest          frames in the deepest segment
//	stacks           distinct stacks of points (function and point of every frame of a segment)
//	stacks_exact     false: there were more than 49152, which were counted no further
//	points           points that are polled, of all own functions in the program
//	points_captured  of these, points at which a frame was captured and went on
//	points_both      of these, points where that happened to the fast body and to the resume body
//	exited           true: the program ended by os.Exit or its return from main; what it did since
//	                 its last capture is counted
//
// Because a program may end in ways that nothing can wait for (a panic, a deadlock,
// a signal), the file is mapped into memory and brought up to date with every
// capture: numbers have a fixed width there, with blanks before them.
type report struct {
	text   []byte // the mapped file
	fields [reportFields]int
	last   [reportFields]uint64
	exited int // where "exited" has its value
	exact  int

	stacks []uint64 // hash table of the hashes of stacks; 0 is free
	count  uint64
	full   bool
}

const (
	reportAsked = iota
	reportEvery
	reportDoublings
	reportPolls
	reportCaptures
	reportFramesRebuilt
	reportDeepest
	reportStacks
	reportPoints
	reportCaptured
	reportBoth
	reportFields
)

var reportNames = [reportFields]string{"asked", "every", "doublings", "polls", "captures", "frames", "deepest", "stacks", "points", "points_captured", "points_both"}

const (
	reportWidth = 20      // digits of the largest uint64
	stackSlots  = 1 << 16 // three quarters of them are used
)

// reporting is set once, before own code is captured.
var reporting atomic.Pointer[report]

// reportLock guards the report.
var reportLock mutex

// captured and both count the points by what has happened there.
var pointsCaptured, pointsBoth atomic.Uint64

// startReport makes the report's file, if one is wanted.
func startReport() {
	name := os.Getenv("UPSTARE_STRESS_REPORT")
	if name == "" {
		return
	}
	if fi, err := os.Stat(name); err == nil && fi.IsDir() {
		name = filepath.Join(name, filepath.Base(os.Args[0])+"-"+strconv.Itoa(os.Getpid())+".json")
	}
	r, err := newReport(name)
	if err != nil {
		os.Stderr.WriteString("upstarego: stress report: " + err.Error() + "\n")
		os.Exit(2)
	}
	r.stacks = make([]uint64, stackSlots)
	reporting.Store(r)
	r.update()
	addExitHook(exitHook{F: func() {
		reportLock.Lock()
		r.update()
		copy(r.text[r.exited:], "true ")
		reportLock.Unlock()
	}, RunOnFailure: true})
}

// newReport lays the file out. It gets its name when it is complete, so that one
// that another process has mapped is left alone.
func newReport(name string) (*report, error) {
	r := &report{}
	blank := make([]byte, reportWidth)
	for i := range blank {
		blank[i] = ' '
	}
	blank[reportWidth-1] = '0'
	text := []byte("{")
	for i, f := range reportNames {
		text = append(text, `"`+f+`":`...)
		text = append(text, blank...)
		text = append(text, ',')
		r.fields[i] = len(text) - 1
	}
	text = append(text, `"stacks_exact":`...)
	r.exact = len(text)
	text = append(text, `true ,"exited":`...)
	r.exited = len(text)
	text = append(text, "false}\n"...)

	f, err := os.CreateTemp(filepath.Dir(name), ".upstare-report-")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if _, err = f.Write(text); err == nil {
		err = f.Chmod(0o644)
	}
	if err == nil {
		r.text, err = syscall.Mmap(int(f.Fd()), 0, len(text), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return r, err
}

// capture counts a captured segment.
func (r *report) capture(frames []Frame) {
	const prime = 1099511628211
	h := uint64(14695981039346656037)
	for _, f := range frames {
		h = (h ^ uint64(uintptr(pointer(f.Fn)))) * prime
		h = (h ^ uint64(f.Pt)) * prime
	}
	h |= 1 // 0 is a free slot
	reportLock.Lock()
	r.stack(h)
	r.update()
	reportLock.Unlock()
}

// stack enters a hash. Two stacks that have the same one count as one: of the
// 49152 that fit, a pair has it with a probability below one in a billion.
func (r *report) stack(h uint64) {
	if r.full {
		return
	}
	for i := (h >> 32) % stackSlots; ; i = (i + 1) % stackSlots {
		switch r.stacks[i] {
		case h:
			return
		case 0:
			if r.count == stackSlots/4*3 {
				r.full = true
				copy(r.text[r.exact:], "false")
				return
			}
			r.stacks[i] = h
			r.count++
			return
		}
	}
}

// update writes the numbers that have changed.
func (r *report) update() {
	for i, v := range [reportFields]uint64{
		reportAsked: stress.asked, reportEvery: stress.every.Load(), reportDoublings: stress.doublings.Load(),
		reportPolls: stress.polls.Load(), reportCaptures: stats.captures.Load(), reportFramesRebuilt: stats.frames.Load(),
		reportDeepest: stats.deep.Load(), reportStacks: r.count, reportPoints: stats.points.Load(),
		reportCaptured: pointsCaptured.Load(), reportBoth: pointsBoth.Load(),
	} {
		if v == r.last[i] {
			continue
		}
		r.last[i] = v
		for at := r.fields[i] - 1; v > 0; at-- {
			r.text[at] = byte('0' + v%10)
			v /= 10
		}
	}
}

// What has happened at a point: a frame of this body was captured there.
const (
	fromFast   = 1
	fromResume = 2
)

// mark notes that a frame at a point is captured: what is captured goes on.
func (f *Func) mark(pt int, resumed bool) {
	if f.template != nil {
		f = f.template
	}
	m := f.marks.Load()
	if m == nil {
		l := make([]atomic.Uint32, f.Points)
		f.marks.CompareAndSwap(nil, &l)
		m = f.marks.Load()
	}
	bit := uint32(fromFast)
	if resumed {
		bit = fromResume
	}
	old := (*m)[pt].Or(bit)
	if old == 0 {
		pointsCaptured.Add(1)
	}
	if old != fromFast|fromResume && old|bit == fromFast|fromResume {
		pointsBoth.Add(1)
	}
}

// exitHook is internal/runtime/exithook.Hook.
type exitHook struct {
	F            func()
	RunOnFailure bool
}

// addExitHook makes the Go runtime call a function before the process ends by
// os.Exit or by the return of main.main.
//
//go:linkname addExitHook internal/runtime/exithook.Add
func addExitHook(exitHook)
