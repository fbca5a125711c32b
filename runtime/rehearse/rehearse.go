// Package rehearse is what `upstarego rehearse` and a program that it starts say to
// each other: the plan of one run, and what the run leaves behind. The program's part
// is runtime/admin/host.
//
// A rehearsal first records which stacks of points a program comes to, in a run
// without an update. Then it runs the program again and again, and each time updates
// it at one of them.
package rehearse

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Env names the environment variable with the name of the plan's file. A process
// that is started with it takes part in a rehearsal; nothing else does.
const Env = "UPSTARE_REHEARSE"

// A Plan says what a process does: it records, or it updates itself.
type Plan struct {
	// Record is the file that gets a Seen for every distinct stack of points, as a
	// line of JSON, once it is seen, and again when it has been seen often.
	Record string `json:"record,omitempty"`

	// Report is the file that says how the updates went. The first process that
	// makes it is the one that is updated: a driver may start several.
	Report string `json:"report,omitempty"`

	// Updates are update files, for one update after the other, back to back, when
	// a goroutine comes to a stack of class Class for the Occurrence-th time. It
	// stays there meanwhile.
	Updates    []string      `json:"updates,omitempty"`
	Affected   []string      `json:"affected,omitempty"` // see Class
	Tests      []string      `json:"tests,omitempty"`    // keys of functions that stand in tests
	Class      string        `json:"class,omitempty"`
	Occurrence int           `json:"occurrence,omitempty"`
	Timeout    time.Duration `json:"timeout_ns,omitempty"` // of an update, from there

	// Hold makes a run to compare with: the goroutine is held as long, and no update
	// is made.
	Hold time.Duration `json:"hold_ns,omitempty"`

	// End is the file that gets an End, as a line of JSON. The process that is updated
	// has it in its report.
	End string `json:"end,omitempty"`

	// Patience is how long a process lives on at its end: one with Most until it has
	// no more than that, for what is on its way out. Another one does so all the time,
	// and leaves the most that it has had.
	Patience time.Duration `json:"patience_ns,omitempty"`
	Most     *End          `json:"most,omitempty"`

	Main  string            `json:"main,omitempty"`  // import path of package main
	Names map[string]string `json:"names,omitempty"` // what goroutines are counted under, if not what they began with
}

// ReadPlan reads a plan.
func ReadPlan(name string) (*Plan, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	p := new(Plan)
	return p, json.Unmarshal(text, p)
}

// A Seen is a line of a record: of a stack, or of descriptors.
type Seen struct {
	PID   int      `json:"pid"`
	Stack []string `json:"stack,omitempty"` // innermost first, see Frame
	Count int      `json:"count,omitempty"` // of that stack in that process, so far

	// Open are the descriptors that the process had at once, named as in End: of one
	// kind it had never had so many.
	Open []string `json:"open,omitempty"`
}

// More adds names to the most of each that have been seen at once, and reports whether
// there are more of one than before.
func More(most map[string]int, names []string) bool {
	n, more := map[string]int{}, false
	for _, name := range names {
		if n[name]++; n[name] > most[name] {
			most[name], more = n[name], true
		}
	}
	return more
}

// A Report is how the updates of a process went.
type Report struct {
	PID     int      `json:"pid"`
	Reached bool     `json:"reached"`         // the class was come to that often
	Stack   []string `json:"stack,omitempty"` // the one that was held
	Left    string   `json:"left,omitempty"`  // why the goroutine had to go on before an update was made

	Steps []Step `json:"steps,omitempty"` // one for each update that was tried

	// Held is for how long.
	Held time.Duration `json:"held_ns,omitempty"`

	// What the process had open before the first update and after the last one, while
	// the goroutine was held; others were not. Named as in End.
	OpenBefore []string `json:"open_before,omitempty"`
	OpenAfter  []string `json:"open_after,omitempty"`

	// Returned says that main had returned before the last update was made, which its end
	// has waited for: what the new main does at its end has not been done.
	Returned bool `json:"returned,omitempty"`

	// End is there if the updates were made before the process ended by itself.
	End *End `json:"end,omitempty"`

	// Frames counts the frames that were converted, by where they stood (Frame);
	// Types the calls of framemap.Type's functions, by the new type's key.
	Frames map[string]int `json:"frames,omitempty"`
	Types  map[string]int `json:"types,omitempty"`
}

// A Step is one update of a run.
type Step struct {
	Update string `json:"update"`
	State  string `json:"state"` // as in the update's status: committed, undone
	Error  string `json:"error,omitempty"`
	Again  bool   `json:"again,omitempty"` // another attempt may succeed
	Late   int    `json:"late,omitempty"`  // goroutines for which something failed after commit
	First  string `json:"first,omitempty"` // what, for the first of them

	Warnings []string `json:"warnings,omitempty"` // what went wrong after commit
}

// Write puts the report into its file, at once or not at all.
func (r *Report) Write(name string) error {
	text, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	tmp := filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+"."+strconv.Itoa(os.Getpid()))
	if err := os.WriteFile(tmp, append(text, '\n'), 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, name)
}

// Frame is how a frame is written: its function's key, generic ones without type
// arguments, and the number of its point.
func Frame(key string, point int) string { return key + "@" + strconv.Itoa(point) }

// Class is the class of a stack (innermost first): the frames of functions that the
// update affects, with where they stand. What stands between them is the same code
// before and after. Stacks without such a frame are told apart by where their
// goroutine began, or, if that was in a test, by what the test called: each test is a
// beginning of its own, and would make the same stacks another class.
func Class(stack []string, affected, test func(key string) bool) string {
	var l []string
	for _, f := range stack {
		if affected(key(f)) {
			l = append(l, f)
		}
	}
	if len(l) > 0 {
		return strings.Join(l, " < ")
	}
	for _, f := range slices.Backward(stack) {
		if !test(key(f)) {
			return "in " + key(f)
		}
	}
	return "in tests"
}

func key(frame string) string {
	key, _ := Point(frame)
	return key
}

// Point takes a frame apart; what is none has no point, -1.
func Point(frame string) (key string, point int) {
	if i := strings.LastIndexByte(frame, '@'); i >= 0 {
		if n, err := strconv.Atoi(frame[i+1:]); err == nil {
			return frame[:i], n
		}
	}
	return frame, -1
}

// In reports whether a list has a key.
func In(list []string) func(key string) bool {
	has := map[string]bool{}
	for _, key := range list {
		has[key] = true
	}
	return func(key string) bool { return has[key] }
}
