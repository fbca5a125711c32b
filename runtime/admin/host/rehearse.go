package host

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/upstarego/upstarego/runtime"
	"github.com/upstarego/upstarego/runtime/rehearse"
	"github.com/upstarego/upstarego/runtime/updater"
)

// startRehearsal does what a plan says, if the process was started with one. It
// returns before the program's main is called; finish is for when that has returned.
func startRehearsal(u *updater.Updater) (finish func()) {
	finish = func() {}
	name := os.Getenv(rehearse.Env)
	if name == "" {
		return finish
	}
	p, err := rehearse.ReadPlan(name)
	if err == nil && p.End != "" {
		err = startEnd(p)
	}
	switch {
	case err != nil:
	case p.Record != "":
		err = startRecord(p)
	case p.Report != "":
		finish, err = startUpdates(u, p)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "upstarego: rehearsal: %v\n", err)
		os.Exit(2)
	}
	return finish
}

const (
	waiting  = 24 * time.Hour // for the program to come to the place
	patience = 4              // attempts for which a goroutine is held, when some do not stop
	leaving  = time.Second    // and for how long, when others have to leave where they stand
	again    = 20 * time.Millisecond
)

// names are the frames of a segment as plans and reports name them.
func names(frames []runtime.Frame) []string {
	l := make([]string, len(frames))
	for i, f := range frames {
		l[i] = rehearse.Frame(f.Fn.Origin().Key, f.Pt)
	}
	return l
}

// A stack of points as the key of a map.
func identity(frames []runtime.Frame) string {
	var b strings.Builder
	for _, f := range frames {
		fmt.Fprintf(&b, "%p.%d ", f.Fn, f.Pt)
	}
	return b.String()
}

// looks is at how many captures a recording looks what is open, besides those that it writes down.
const looks = 4096

// startRecord writes down every stack of points once it is seen, and its number each
// time that has doubled: a process may end in ways that nothing can wait for. It also
// writes down what the program has open without an update.
func startRecord(p *rehearse.Plan) error {
	f, err := os.OpenFile(p.Record, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	seen := map[string]int{}
	most, captures := map[string]int{}, 0
	write := func(s rehearse.Seen) {
		s.PID = os.Getpid()
		line, _ := json.Marshal(s)
		f.Write(append(line, '\n')) // in one piece: other processes write there, too
	}
	runtime.Watch(func(frames []runtime.Frame) <-chan struct{} {
		id := identity(frames)
		mu.Lock()
		defer mu.Unlock()
		seen[id]++
		n := seen[id]
		doubled := n&(n-1) == 0
		if doubled {
			write(rehearse.Seen{Stack: names(frames), Count: n})
		}
		if captures++; doubled || captures <= looks {
			if open := descriptors(); rehearse.More(most, open) {
				write(rehearse.Seen{Open: open})
			}
		}
		return nil
	})
	return nil
}

// A rehearsal updates its process at one stack of points.
type rehearsal struct {
	*rehearse.Plan
	u        *updater.Updater
	affected func(string) bool
	tests    func(string) bool

	mu      sync.Mutex // guards what follows
	matches map[string]bool
	count   int
	report  rehearse.Report
	hold    chan struct{} // closed when who is held goes on; nil: nobody is
	held    []string      // where it stands
	pass    int           // captures that go by before somebody is held again; -1: nobody will be
	gone    int           // how often who was held had to go on
	since   time.Time     // the first one is held
	done    bool          // all that the plan says; nobody is held any more
	ending  bool          // main has returned before anybody was held, and nobody will be
	mains   int           // how often frames of the program's main were converted

	reached chan struct{}
	over    chan struct{} // everything that the plan says has been done
}

func startUpdates(u *updater.Updater, p *rehearse.Plan) (finish func(), err error) {
	finish = func() {}
	f, err := os.OpenFile(p.Report, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if os.IsExist(err) {
		return finish, nil // another process of the same run is the one
	} else if err != nil {
		return finish, err
	}
	f.Close()
	r := &rehearsal{
		Plan: p, u: u, affected: rehearse.In(p.Affected), tests: rehearse.In(p.Tests), matches: map[string]bool{},
		reached: make(chan struct{}), over: make(chan struct{}),
		report: rehearse.Report{PID: os.Getpid(), Frames: map[string]int{}, Types: map[string]int{}},
	}
	updater.Watch(func(fn *runtime.Func, pt int) { r.converted(rehearse.Frame(fn.Origin().Key, pt)) }, r.transformed)
	if err := r.write(); err != nil {
		return finish, err
	}
	if p.Patience > 0 {
		readyToLook()
		runtime.AtExit(r.end)
	}
	prepared := make(chan struct{})
	var once sync.Once
	go r.run(func() { once.Do(func() { close(prepared) }) })
	<-prepared // loading takes longer than many programs run
	runtime.Watch(r.at)
	return r.finish, nil
}

// finish lets a program whose main has returned live until it has been updated, if a
// goroutine is held for that: which of the two comes first is no question of the map. But
// then the end is that of the old main, which has not done what the new one does there.
func (r *rehearsal) finish() {
	r.mu.Lock()
	reached := r.report.Reached
	r.ending = !reached
	r.report.Returned = reached && r.Hold == 0 && r.behind()
	r.mu.Unlock()
	if !reached {
		return
	}
	select {
	case <-r.over:
	case <-time.After(r.Timeout):
	}
}

// behind reports, when the program's main has returned, whether it has been taken to the
// last release before: it may have returned while another goroutine's update was made.
func (r *rehearsal) behind() bool {
	if len(r.Plan.Tests) == 0 && r.mains < len(r.Updates) {
		return true
	}
	return runtime.Current().Number <= len(r.Updates)
}

func (r *rehearsal) converted(frame string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if key, _ := rehearse.Point(frame); key == r.Main+".main" {
		r.mains++
	}
	r.report.Frames[frame]++
}

func (r *rehearsal) transformed(typ string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Types[typ]++
}

func (r *rehearsal) write() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.report.Write(r.Report)
}

// at holds the goroutine that comes to the class when it is time.
func (r *rehearsal) at(frames []runtime.Frame) <-chan struct{} {
	id := identity(frames)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.report.Reached {
		return r.holdAgain(frames)
	}
	if r.ending {
		return nil
	}
	match, known := r.matches[id]
	if !known {
		match = rehearse.Class(names(frames), r.affected, r.tests) == r.Class
		r.matches[id] = match
	}
	if !match {
		return nil
	}
	if r.count++; r.count < r.Occurrence {
		return nil
	}
	r.report.Reached, r.report.Stack = true, names(frames)
	r.hold, r.held, r.since = make(chan struct{}), r.report.Stack, time.Now()
	close(r.reached)
	return r.hold
}

// holdAgain holds whoever is captured next after the goroutine had to go on, so that
// the program does not end meanwhile. It has to leave places with any number of points
// in time: each time twice as many go by.
func (r *rehearsal) holdAgain(frames []runtime.Frame) <-chan struct{} {
	switch {
	case r.hold != nil || r.pass < 0:
		return nil
	case r.pass > 0:
		r.pass--
		return nil
	}
	r.hold, r.held = make(chan struct{}), names(frames)
	return r.hold
}

// inTheWay reports whether who is held is one of those that stand where the update
// cannot take them.
func (r *rehearsal) inTheWay(l []updater.Position) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(l, func(p updater.Position) bool {
		return slices.Contains(r.held, rehearse.Frame(p.Func, p.Point))
	})
}

// run makes the updates. prepared is called when the program may begin.
func (r *rehearsal) run(prepared func()) {
	defer prepared()
	if r.Hold > 0 {
		r.without(prepared)
	} else {
		r.steps(prepared)
	}
	r.mu.Lock()
	held := r.report.Reached
	if n := len(r.report.Steps); held {
		r.report.Held = time.Since(r.since)
		r.done = r.Hold > 0 || n == len(r.Updates) && r.report.Steps[n-1].State == updater.StateCommitted
	}
	r.report.OpenAfter = descriptors()
	r.mu.Unlock()
	runtime.Unwatch()
	r.write() // the program may end as soon as the goroutine goes on
	if held {
		r.release(false)
	}
	close(r.over)
}

// steps makes one update after the other. One that was undone is tried again, as an
// operator would do it, and the goroutine goes on first.
func (r *rehearsal) steps(prepared func()) {
	for i, path := range r.Updates {
		s := r.step(i == 0, path, prepared)
		for end := time.Now().Add(r.Timeout); s.State != updater.StateCommitted && s.Again && time.Now().Before(end); {
			r.leave(s.Error, true)
			time.Sleep(again)
			s = r.step(false, path, prepared)
		}
		r.mu.Lock()
		r.report.Steps = append(r.report.Steps, s)
		r.mu.Unlock()
		r.write()
		if s.State != updater.StateCommitted {
			return
		}
	}
}

// without does what steps does, except that no update is made: it is prepared, and
// given up after the goroutine has been held for some time.
func (r *rehearsal) without(prepared func()) {
	id, err := r.u.Start(updater.Request{Path: r.Updates[0], Timeout: waiting, Ready: func(ctx context.Context) {
		prepared()
		<-ctx.Done()
	}})
	if err != nil {
		return
	}
	<-r.reached
	r.mu.Lock()
	r.report.OpenBefore = descriptors()
	r.mu.Unlock()
	time.Sleep(r.Hold)
	r.u.Cancel(id)
	r.u.Wait(context.Background(), id)
}

// end is called when the process ends.
func (r *rehearsal) end() {
	r.mu.Lock()
	compared := r.done && !r.report.Returned
	r.mu.Unlock()
	if !compared {
		return
	}
	look(r.Plan, func(e *rehearse.End) {
		r.mu.Lock()
		r.report.End = e
		r.mu.Unlock()
		r.write()
	})
}

// leave lets who is held go on before the update is made, which has to be said before:
// the program may end then.
func (r *rehearsal) leave(why string, again bool) {
	r.mu.Lock()
	if r.report.Left == "" {
		r.report.Left = why
	}
	r.mu.Unlock()
	r.write()
	r.release(again)
}

// release lets who is held go on, and has somebody held again if need be.
func (r *rehearsal) release(again bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pass = -1
	if again {
		r.pass = 1<<min(r.gone, 20) - 1
		r.gone++
	}
	if r.hold != nil {
		close(r.hold)
		r.hold = nil
	}
}

// step makes one update.
func (r *rehearsal) step(first bool, path string, prepared func()) rehearse.Step {
	tries, began := 0, time.Time{}
	q := updater.Request{Path: path, Timeout: r.Timeout}
	if first {
		q.Timeout = waiting
		q.Ready = func(ctx context.Context) {
			prepared()
			select {
			case <-r.reached:
			case <-ctx.Done():
				return
			}
			r.mu.Lock()
			r.report.OpenBefore = descriptors()
			r.mu.Unlock()
			r.write()
		}
	}
	q.Tried = func(why error, again bool) {
		standing := updater.Standing(why)
		if tries++; tries == 1 {
			began = time.Now()
		}
		switch {
		case !again:
		case r.inTheWay(standing), len(standing) > 0 && time.Since(began) > leaving:
			// The map says that it has to go on first; or who has to waits for it.
			r.leave(why.Error(), true)
			tries = 0
		case len(standing) == 0 && tries >= patience: // somebody may wait for it
			r.leave(why.Error(), false)
		}
	}
	step := rehearse.Step{Update: filepath.Base(path)}
	id, err := r.u.Start(q)
	if err != nil {
		step.State, step.Error = updater.StateUndone, err.Error()
		return step
	}
	if first {
		go func() {
			<-r.reached
			ctx, cancel := context.WithTimeout(context.Background(), r.Timeout)
			defer cancel()
			if res, _ := r.u.Wait(ctx, id); res.State == updater.StateRunning {
				r.u.Cancel(id)
			}
		}()
	}
	res, _ := r.u.Wait(context.Background(), id)
	step.State, step.Late, step.Warnings = res.State, res.LateFailures, res.Warnings
	if len(res.Late) > 0 {
		step.First = res.Late[0].Error()
	}
	if res.Error != nil {
		step.Error = res.Error.Error()
		step.Again = res.Error.Code == updater.CodeFailed
	}
	return step
}
