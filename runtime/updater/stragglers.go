package updater

import (
	"fmt"
	goruntime "runtime"
	"slices"
	"strings"
	"time"

	"github.com/upstarego/upstarego/runtime"
)

// A Straggler is a goroutine, or several at one place, that an update waits for.
type Straggler struct {
	Goroutine string `json:"goroutine,omitempty"` // "goroutine 12 [running]", if it is one
	Stack     string `json:"stack,omitempty"`

	Func  string `json:"func,omitempty"` // the innermost function of the program
	Pos   string `json:"pos,omitempty"`
	Point int    `json:"point,omitempty"` // where it stands at one
	Why   string `json:"why"`
	ForNS int64  `json:"for_ns"` // since it was in the way first
}

// lateness is how long and how often something has been in the way.
type lateness struct {
	since time.Time
	times int
}

// inTheWay reports who is in the way of an attempt. Who is every time comes first: on a
// busy machine anybody may be late once.
func (j *job) inTheWay(late []Straggler) {
	if j.late == nil {
		j.late = map[string]*lateness{}
	}
	of := func(s Straggler) *lateness {
		key, _, _ := strings.Cut(s.Goroutine, " [")
		if key == "" {
			key = fmt.Sprint(s.Func, " ", s.Point, " ", s.Why)
		}
		if j.late[key] == nil {
			j.late[key] = &lateness{since: time.Now()}
		}
		return j.late[key]
	}
	for i := range late {
		l := of(late[i])
		l.times++
		late[i].ForNS = int64(time.Since(l.since))
	}
	slices.SortStableFunc(late, func(a, b Straggler) int { return of(b).times - of(a).times })
	j.set(func(r *Result) {
		// An attempt that was cut short says less than those before: who would have
		// got there in time is among them.
		if j.phaseCtx.Err() == nil || len(r.Stragglers) == 0 {
			r.Stragglers = late
		}
	})
}

// standing is what positions say of goroutines that stand there.
func standing(found []Position) (late []Straggler) {
	for _, p := range found {
		late = append(late, Straggler{Func: p.Func, Pos: p.Pos, Point: p.Point, Why: p.Why})
	}
	return late[:min(len(late), maxStragglers)]
}

const (
	maxStragglers = 20
	maxStackText  = 16 << 20
)

// stragglers finds, while a stop is asked for and n records still run, the
// goroutines in own code that have not stopped, and those in functions of a frame map.
// The records do not say which goroutine is theirs; those that the Go runtime calls
// running come first, and those that are in such a function itself, where nothing says
// that they wait.
func stragglers(n int) []Straggler {
	if n == 0 {
		return nil
	}
	return stragglersIn(Stacks(), n)
}

func stragglersIn(stacks string, n int) []Straggler {
	var busy, other []Straggler
	for text := range strings.SplitSeq(stacks, "\n\n") {
		head, stack, ok := strings.Cut(text, ":\n")
		f, pos := ownFrame(stack)
		own, lent := pos != "", strings.Contains(stack, "runtime.(*Rec).lend(")
		if !ok || !own && !lent || strings.Contains(stack, "runtime.(*Rec).waitStop(") {
			continue
		}
		s := Straggler{Goroutine: head, Stack: strings.TrimRight(stack, "\n"), Func: f, Pos: pos, Why: "it runs and has not come to a point"}
		if lent {
			s.Why = "it is in a function of the frame map, or in what that has called"
		} else if !strings.Contains(head, "[run") {
			s.Why = "it waits in a call, and has not said so"
		}
		if !own || strings.Contains(head, "[run") { // running or runnable: not waiting for anything
			busy = append(busy, s)
		} else {
			other = append(other, s)
		}
	}
	all := append(busy, other...)
	all = all[:min(len(all), max(n, len(busy)), maxStragglers)]
	for i := range all {
		all[i] = all[i].apart()
	}
	return all
}

// apart is s without the stacks of all others, which it was read from: it is remembered.
func (s Straggler) apart() Straggler {
	for _, text := range []*string{&s.Goroutine, &s.Stack, &s.Func, &s.Pos} {
		*text = strings.Clone(*text)
	}
	return s
}

// Stacks are the stacks of all goroutines, the caller's first, as runtime.Stack has them.
func Stacks() string {
	buf := make([]byte, 1<<20)
	for {
		k := goruntime.Stack(buf, true)
		if k < len(buf) || len(buf) >= maxStackText {
			return string(buf[:k])
		}
		buf = make([]byte, 4*len(buf))
	}
}

// ownFrame is the innermost function of the program on a stack, and where it is.
func ownFrame(stack string) (function, pos string) {
	name := ""
	for line := range strings.SplitSeq(stack, "\n") {
		at, ok := strings.CutPrefix(line, "\t")
		if !ok {
			name = line
			continue
		}
		at, _, _ = strings.Cut(at, " +0x")
		if file, _, ok := splitLine(at); ok && runtime.OwnFile(file) {
			if i := strings.LastIndexByte(name, '('); i > 0 {
				name = name[:i]
			}
			return name, at
		}
	}
	return "", ""
}
