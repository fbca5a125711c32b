package updater

import (
	"bytes"
	"cmp"
	"regexp"
	goruntime "runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/upstarego/upstarego/runtime"
)

const (
	maxGroups  = 1000   // that are listed
	maxStacks  = 10_000 // goroutines beyond which the runtime is not asked for all stacks
	keyFrames  = 16     // own frames by which a stack is known again
	maxWaiting = 8      // states that are listed for a group
)

// Goroutines says where in own code the goroutines of the process stand, and in the
// code of which release.
type Goroutines struct {
	Total   int `json:"total"`
	Release int `json:"release"` // the current one
	Old     int `json:"old"`     // goroutines in the code of earlier ones
	Foreign int `json:"foreign"` // goroutines without own code on their stacks

	// Groups are ordered by release, then by count. LeftOff is how many goroutines are in
	// groups that are not listed.
	Groups  []GoroutineGroup `json:"groups"`
	LeftOff int              `json:"left_off,omitempty"`

	// Waits is false if there are so many goroutines that the Go runtime was not asked
	// what each of them waits for, and since when.
	Waits bool `json:"waits_known"`
}

// A GoroutineGroup are the goroutines whose innermost own code is the same place.
type GoroutineGroup struct {
	Count   int      `json:"count"`
	Func    string   `json:"func"`              // as stack traces have it
	Key     string   `json:"key,omitempty"`     // as framemap.go has it
	Pos     string   `json:"pos"`               // file:line
	Points  []int    `json:"points,omitempty"`  // that are on that line
	Release int      `json:"release"`           // 0: not known
	Waits   []string `json:"waits,omitempty"`   // as the Go runtime has it: "chan receive", "IO wait"
	Unsure  bool     `json:"unsure,omitempty"`  // Waits and times are of the same stacks of other releases as well
	LeastNS int64    `json:"waited_min_ns"`     // each of them has waited at least so long, as far as is known
	MostNS  int64    `json:"waited_longest_ns"` // one of them has waited at least so long
}

// looking lets one request at a time look: each stops the world.
var looking sync.Mutex

// FindGoroutines looks at all goroutines. Those whose function does not match, unless it
// is nil, are not listed.
func FindGoroutines(match *regexp.Regexp) (*Goroutines, error) {
	looking.Lock()
	defer looking.Unlock()
	var b bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&b, 1); err != nil {
		return nil, err
	}
	text := ""
	known := goruntime.NumGoroutine() <= maxStacks
	if known {
		text = Stacks()
	}
	g := grouped(stacksOf(b.String()), text, runtime.Releases(), time.Now(), match)
	g.Waits = known
	return g, nil
}

// A stack is one that count goroutines have.
type stack struct {
	count int
	pcs   []uintptr
}

// stacksOf reads the lines "N @ pc pc …" of a goroutine profile in text form.
func stacksOf(profile string) (l []stack) {
	for line := range strings.SplitSeq(profile, "\n") {
		count, pcs, ok := strings.Cut(line, " @ ")
		n, err := strconv.Atoi(count)
		if !ok || err != nil {
			continue
		}
		s := stack{count: n}
		for f := range strings.FieldsSeq(pcs) {
			if pc, err := strconv.ParseUint(strings.TrimPrefix(f, "0x"), 16, 64); err == nil {
				s.pcs = append(s.pcs, uintptr(pc))
			}
		}
		l = append(l, s)
	}
	return l
}

// groupAt is where a group is.
type groupAt struct {
	fn, file string
	line     int
	release  int
}

// grouped puts stacks into groups. text, as runtime.Stack has it, tells what goroutines
// with the same own frames wait for; it has no addresses, so that where such frames are in
// several releases it tells of all of them together.
func grouped(stacks []stack, text string, releases []*runtime.Release, now time.Time, match *regexp.Regexp) *Goroutines {
	g := &Goroutines{Groups: []GoroutineGroup{}}
	if n := len(releases); n > 0 {
		g.Release = releases[n-1].Number
	}
	type group struct {
		GoroutineGroup
		keys map[string]bool
	}
	groups := map[groupAt]*group{}
	in := map[string]map[int]bool{} // own frames → releases
	for _, s := range stacks {
		g.Total += s.count
		at, key, ok := s.own(releases)
		if !ok {
			g.Foreign += s.count
			continue
		}
		if at.release > 0 && at.release < g.Release {
			g.Old += s.count
		}
		gr := groups[at]
		if gr == nil {
			gr = &group{keys: map[string]bool{}}
			gr.Func, gr.Pos, gr.Release = at.fn, at.file, at.release
			if at.line > 0 {
				gr.Pos += ":" + strconv.Itoa(at.line)
			}
			groups[at] = gr
		}
		gr.Count += s.count
		gr.keys[key] = true
		if in[key] == nil {
			in[key] = map[int]bool{}
		}
		in[key][at.release] = true
	}
	waits := waitsOf(text)
	indexes := make([]pointIndex, len(releases))
	for at, gr := range groups {
		if match != nil && !match.MatchString(gr.Func) {
			continue
		}
		for i, r := range releases {
			if r.Number != at.release {
				continue
			}
			if indexes[i] == nil {
				indexes[i] = indexPoints(r)
			}
			gr.Key, gr.Points = indexes[i].at(at)
			if i+1 < len(releases) {
				// No statement of it has run since.
				gr.LeastNS = int64(max(0, now.Sub(releases[i+1].Since)))
				gr.MostNS = gr.LeastNS
			}
		}
		var ws []waiting
		for k := range gr.keys {
			ws = append(ws, waits[k]...)
			gr.Unsure = gr.Unsure || len(in[k]) > 1 && len(waits[k]) > 0
		}
		gr.wait(ws)
		g.Groups = append(g.Groups, gr.GoroutineGroup)
	}
	slices.SortFunc(g.Groups, func(a, b GoroutineGroup) int {
		return cmp.Or(a.Release-b.Release, b.Count-a.Count, strings.Compare(a.Func, b.Func), strings.Compare(a.Pos, b.Pos))
	})
	if len(g.Groups) > maxGroups {
		for _, gr := range g.Groups[maxGroups:] {
			g.LeftOff += gr.Count
		}
		g.Groups = g.Groups[:maxGroups]
	}
	return g
}

// own finds the innermost own code of a stack, and a key for its own frames. What is
// below a frame that was rebuilt is that frame's base, and is not meant.
func (s stack) own(releases []*runtime.Release) (at groupAt, key string, ok bool) {
	var k strings.Builder
	n := 0
	for fs, more := goruntime.CallersFrames(s.pcs), len(s.pcs) > 0; more; {
		var f goruntime.Frame
		f, more = fs.Next()
		if !runtime.OwnFile(f.File) {
			continue
		}
		if n++; n <= keyFrames {
			k.WriteString(frameKey(f.Function, f.Line))
		}
		if at.line > 0 || runtime.Waits(f.PC+1) {
			continue
		}
		real := f.Line < runtime.LineBase
		if ok && !real {
			continue
		}
		at, ok = groupAt{fn: f.Function, file: f.File, release: releaseAt(releases, f.PC+1)}, true
		if real {
			at.line = f.Line
		}
	}
	return at, k.String(), ok
}

func frameKey(fn string, line int) string { return fn + ":" + strconv.Itoa(line) + "\n" }

// releaseAt is the number of the release in whose text a return address lies.
func releaseAt(releases []*runtime.Release, ret uintptr) int {
	for _, r := range releases {
		if r.Text[0] < ret && ret <= r.Text[1] {
			return r.Number
		}
	}
	return 0
}

// A pointIndex finds points by line.
type pointIndex map[int][]pointOn

type pointOn struct {
	file string
	f    *runtime.Func
	pt   int
}

func indexPoints(r *runtime.Release) pointIndex {
	x := pointIndex{}
	for f := range r.AllFuncs() {
		for pt := 1; pt < f.Points; pt++ {
			if file, line, ok := splitPos(f.Pos(pt)); ok {
				x[line] = append(x[line], pointOn{file, f, pt})
			}
		}
	}
	return x
}

// at are the points at a place, if they are of one function.
func (x pointIndex) at(at groupAt) (key string, points []int) {
	for _, p := range x[at.line] {
		if !sameFile(p.file, at.file) {
			continue
		}
		if key != "" && key != p.f.Key {
			return "", nil
		}
		key = p.f.Key
		points = append(points, p.pt)
	}
	slices.Sort(points)
	return key, points
}

// waiting is what runtime.Stack says of a goroutine.
type waiting struct {
	state string
	least time.Duration
}

// waitsOf reads runtime.Stack's text, by the key of own frames.
func waitsOf(text string) map[string][]waiting {
	waits := map[string][]waiting{}
	for one := range strings.SplitSeq(text, "\n\n") {
		head, frames, ok := strings.Cut(one, ":\n")
		_, state, bracket := strings.Cut(head, " [")
		if !ok || !bracket {
			continue
		}
		var k strings.Builder
		n := 0
		fn := ""
		for line := range strings.SplitSeq(frames, "\n") {
			at, isPos := strings.CutPrefix(line, "\t")
			if !isPos {
				fn = line
				continue
			}
			at, _, _ = strings.Cut(at, " +0x")
			file, pos, ok := splitLine(at)
			if !ok || strings.HasPrefix(fn, "created by ") || !runtime.OwnFile(file) {
				continue
			}
			if n++; n <= keyFrames {
				k.WriteString(frameKey(fn[:max(0, strings.LastIndexByte(fn, '('))], pos))
			}
		}
		if n == 0 {
			continue
		}
		w := waiting{}
		for i, part := range strings.Split(strings.TrimSuffix(state, "]"), ", ") {
			if minutes, ok := strings.CutSuffix(part, " minutes"); ok {
				if m, err := strconv.Atoi(minutes); err == nil {
					w.least = time.Duration(m) * time.Minute
				}
			} else if i == 0 {
				w.state = part
			}
		}
		waits[k.String()] = append(waits[k.String()], w)
	}
	return waits
}

// wait enters what is known of the group's goroutines.
func (g *GoroutineGroup) wait(ws []waiting) {
	if len(ws) == 0 {
		return
	}
	count := map[string]int{}
	least := ws[0].least
	for _, w := range ws {
		count[w.state]++
		least = min(least, w.least)
		if !g.Unsure {
			g.MostNS = max(g.MostNS, int64(w.least))
		}
	}
	g.LeastNS = max(g.LeastNS, int64(least)) // of a stack in several releases: for all of them
	g.MostNS = max(g.MostNS, g.LeastNS)
	for s := range count {
		g.Waits = append(g.Waits, s)
	}
	slices.SortFunc(g.Waits, func(a, b string) int { return cmp.Or(count[b]-count[a], strings.Compare(a, b)) })
	g.Waits = g.Waits[:min(len(g.Waits), maxWaiting)]
}
