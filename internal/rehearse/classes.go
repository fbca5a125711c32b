package rehearse

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/upstarego/upstarego/framemap/check"
	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/match"
	"github.com/upstarego/upstarego/runtime/rehearse"
)

// Affected are the functions of the old release whose frames the update does not
// simply carry over: their source changed, a rule of the map is about them, or their
// points or locals have other numbers and names.
func Affected(matches []match.Func, rules *check.Rules) []string {
	var l []string
	for i := range matches {
		m, r := &matches[i], &rules.Funcs[i]
		if !m.Same || r.New != r.Old || r.Points != nil || r.Moves != nil || r.Fill || r.Accept || len(r.Told)+len(r.At)+len(r.Never)+len(r.Pinned) > 0 {
			l = append(l, m.Old.Key)
		}
	}
	return l
}

// A Class is a class of stacks of points, which one update stands for.
type Class struct {
	Name   string   `json:"name"`   // rehearse.Class
	Comes  []Come   `json:"comes"`  // the uses of the program that come to it, in the order that Classes is given
	Stacks int      `json:"stacks"` // distinct stacks in it
	Stack  []string `json:"stack"`  // the first of them, innermost first
}

// A Line is where a frame stands in the old release's source.
type Line struct {
	Frame string `json:"frame"` // as stacks have it
	File  string `json:"file"`  // import path + "/" + file name
	Line  int    `json:"line"`
	Text  string `json:"text"`
}

func (l Line) String() string {
	if l.File == "" {
		return l.Frame
	}
	return fmt.Sprintf("%s  %s:%d `%s`", l.Frame, path.Base(l.File), l.Line, l.Text)
}

// Lines says where the frames of a stack stand.
func Lines(program *ledger.Release, stack []string) []Line {
	l := make([]Line, len(stack))
	for i, frame := range stack {
		l[i].Frame = frame
		key, point := rehearse.Point(frame)
		if program == nil {
			continue
		}
		if f := program.Func(key); f != nil && 0 <= point && point < len(f.Points) {
			p := &f.Points[point]
			l[i] = Line{frame, f.File, p.Line, p.What}
		}
	}
	return l
}

// A Come says how often a process of a use came to a class, at least.
type Come struct {
	Use   string `json:"use"`
	Count int    `json:"count"`
}

// A Record is the file that a use's processes have written.
type Record struct{ Use, File string }

// Opened says how many descriptors of each kind the program has at once, as records
// have it.
func Opened(records []Record) (map[string]int, error) {
	most := map[string]int{}
	for _, record := range records {
		text, err := os.ReadFile(record.File)
		if err != nil {
			return nil, err
		}
		for line := range bytes.Lines(text) {
			var s rehearse.Seen
			if json.Unmarshal(line, &s) == nil {
				rehearse.More(most, s.Open)
			}
		}
	}
	return most, nil
}

// Classes reads records and puts their stacks into classes, the ones that are seen
// first first.
func Classes(records []Record, affected, tests []string) (classes []*Class, stacks int, err error) {
	isAffected, isTest := rehearse.In(affected), rehearse.In(tests)
	of := map[string]*Class{} // by stack
	byName := map[string]*Class{}
	type place struct {
		pid   int
		stack string
	}
	for _, record := range records {
		text, err := os.ReadFile(record.File)
		if err != nil {
			return nil, 0, err
		}
		counts := map[place]int{}
		for line := range bytes.Lines(text) {
			var s rehearse.Seen
			if json.Unmarshal(line, &s) != nil {
				continue // cut short: the process was killed
			}
			if len(s.Stack) == 0 {
				continue
			}
			id := strings.Join(s.Stack, " ")
			if of[id] == nil {
				name := rehearse.Class(s.Stack, isAffected, isTest)
				c := byName[name]
				if c == nil {
					c = &Class{Name: name, Stack: s.Stack}
					byName[name] = c
					classes = append(classes, c)
				}
				c.Stacks++
				of[id] = c
			}
			counts[place{s.PID, id}] = max(counts[place{s.PID, id}], s.Count)
		}
		// A process is updated at the n-th time that it comes to a class.
		perProcess := map[*Class]map[int]int{}
		for p, n := range counts {
			c := of[p.stack]
			if perProcess[c] == nil {
				perProcess[c] = map[int]int{}
			}
			perProcess[c][p.pid] += n
		}
		for c, l := range perProcess {
			most := 0
			for _, n := range l {
				most = max(most, n)
			}
			c.Comes = append(c.Comes, Come{record.Use, most})
		}
	}
	return classes, len(of), nil
}

// Names says which functions' goroutines count as one, and under which name: those that
// a frame map makes out of the other. rules are those of each update.
func Names(rules ...*check.Rules) map[string]string {
	to := map[string]string{}
	find := func(name string) string {
		for to[name] != "" {
			name = to[name]
		}
		return name
	}
	for _, r := range rules {
		for i := range r.Funcs {
			f := &r.Funcs[i]
			old := rehearse.Declared(f.Old)
			join := func(new string) {
				if a, b := find(old), find(rehearse.Declared(new)); new != "" && a != b {
					to[a] = b
				}
			}
			join(f.New)
			for _, leads := range f.Leads {
				for _, l := range leads {
					join(l.Key)
				}
			}
		}
	}
	all := map[string][]string{}
	for name := range to {
		all[find(name)] = append(all[find(name)], name)
	}
	names := map[string]string{}
	for last, l := range all {
		l = append(l, last)
		slices.Sort(l)
		text := strings.Join(l[:min(len(l), shownNames)], " or ")
		if len(l) > shownNames {
			text += " …"
		}
		for _, name := range l {
			names[name] = text
		}
	}
	return names
}

const shownNames = 3

// A Try is one run with an update.
type Try struct {
	Class      *Class
	Use        string
	Occurrence int
}

// Tries are the runs that rehearse the classes. The first of a class is at its first
// occurrence in the first use that comes to it. More are in the other uses, in turn, and
// at other occurrences, spread over all there are: the last one, if it is one more.
func Tries(classes []*Class, per int) []Try {
	var l []Try
	for _, c := range classes {
		n := len(c.Comes)
		for k, come := range c.Comes[:min(n, per)] {
			// This use's share of the runs: every n-th, from the k-th.
			share := (per - k + n - 1) / n
			var at []int
			for i := range min(share, come.Count) {
				o := come.Count
				switch {
				case k == 0 && i == 0:
					o = 1
				case share > 1:
					o = 1 + i*(come.Count-1)/(share-1)
				}
				if !slices.Contains(at, o) {
					at = append(at, o)
				}
			}
			for _, o := range at {
				l = append(l, Try{c, come.Use, o})
			}
		}
	}
	// First tries of all classes come first.
	first := func(t Try) bool { return t.Occurrence == 1 && t.Use == t.Class.Comes[0].Use }
	sort.SliceStable(l, func(i, j int) bool { return first(l[i]) && !first(l[j]) })
	return l
}

// Unexercised are the rules of the map that no run came to.
func Unexercised(rules *check.Rules, frames, types map[string]int) []string {
	l := []string{}
	for i := range rules.Funcs {
		r := &rules.Funcs[i]
		seen := false
		for f := range frames {
			seen = seen || strings.HasPrefix(f, r.Old+"@")
		}
		if r.Fill && !seen {
			l = append(l, "framemap.Locals: "+r.Old)
		}
		for name, points := range map[string][]int{"Func": r.Told, "At": r.At} {
			for _, pt := range points {
				if f := rehearse.Frame(r.Old, pt); frames[f] == 0 {
					l = append(l, "framemap."+name+": "+f)
				}
			}
		}
	}
	for _, t := range rules.Types {
		if types[t] == 0 {
			l = append(l, "framemap.Type: "+t)
		}
	}
	sort.Strings(l)
	return l
}
