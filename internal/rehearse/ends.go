package rehearse

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"strings"
	"time"

	"github.com/upstarego/upstarego/runtime/rehearse"
)

// patience is for how long a process lives on whose end has more than that of others.
const patience = time.Second

// compared is what runs without an update had.
type compared struct {
	opened map[string]int // descriptors at once
	end    rehearse.End
}

// with adds what a process had.
func (b *compared) with(open []string, end *rehearse.End) {
	if b.opened == nil {
		b.opened = map[string]int{}
	}
	rehearse.More(b.opened, open)
	if end != nil {
		b.end.Merge(end)
	}
}

// ending runs a use, and gives the most that its processes had at their end; nil if
// none left an End.
func (c *Config) ending(ctx context.Context, program string, u *use, plan *rehearse.Plan, limit time.Duration) (*rehearse.End, string, error) {
	f, err := os.CreateTemp(c.Dir, "end-")
	if err != nil {
		return nil, "", err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	plan.End, plan.Main, plan.Names = f.Name(), c.Program.Main, c.Names
	out, derr := c.drive(ctx, program, u, plan, limit)
	text, err := os.ReadFile(f.Name())
	if err != nil {
		return nil, out, err
	}
	var most *rehearse.End
	for line := range bytes.Lines(text) {
		e := new(rehearse.End)
		if json.Unmarshal(line, e) != nil {
			continue // cut short: the process was killed
		}
		if most == nil {
			most = new(rehearse.End)
		}
		most.Merge(e)
	}
	return most, out, derr
}

// patient says for how long a process of u may live on at its end.
func (u *use) patient() time.Duration {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.Ends == nil || u.hasty {
		return 0 // there is nothing to compare with
	}
	return patience
}

// without is what the new release has when it is not updated, at any time and at an end
// that it lives on at: found out once, when a run had more than others.
func (c *Config) without(ctx context.Context, u *use) (*compared, error) {
	u.more.Lock()
	defer u.more.Unlock()
	if u.others != nil {
		return u.others, nil
	}
	f, err := os.CreateTemp(c.Dir, "record-new-")
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	f.Close()
	// Whether the use is content does not matter here.
	end, _, _ := c.ending(ctx, c.New, u, &rehearse.Plan{Record: f.Name(), Patience: u.patient()}, c.limit(u))
	opened, err := Opened([]Record{{u.Name, f.Name()}})
	if err != nil {
		return nil, err
	}
	u.others = &compared{opened: opened}
	if end != nil {
		u.others.end.Merge(end)
	}
	return u.others, nil
}

// An excess is what a run had more of than runs without an update.
type excess struct {
	what    string
	n, most int
	stack   string // of a goroutine
	end     bool   // at the end; else while the update was made
}

func (x excess) String() string {
	s := fmt.Sprintf("%s (%d; without an update %d at most)", x.what, x.n, x.most)
	switch {
	case x.stack != "":
		return "left over at the end: a goroutine of " + s + "\n" + x.stack
	case x.end:
		return "still open at the end: " + s
	}
	return "the update left open: " + s
}

// beyond is what a run had more of. Its end decides, if there are ends to compare it
// with: what is open for a while after an update is no leak.
func (c *Config) beyond(u *use, p *rehearse.Report, b *compared) (l []excess) {
	if u.Ends == nil || p.End == nil {
		n, most := map[string]int{}, maps.Clone(b.opened)
		rehearse.More(n, p.OpenAfter)
		if most == nil {
			most = map[string]int{}
		}
		rehearse.More(most, p.OpenBefore)
		for name, n := range c.opened {
			most[name] = max(most[name], n)
		}
		open, _ := (&rehearse.End{Open: n}).Beyond(&rehearse.End{Open: most})
		for _, name := range open {
			l = append(l, excess{what: name, n: n[name], most: most[name]})
		}
		return l
	}
	most := new(rehearse.End)
	most.Merge(u.Ends)
	most.Merge(&b.end)
	open, goroutines := p.End.Beyond(most)
	for _, name := range open {
		l = append(l, excess{what: name, n: p.End.Open[name], most: most.Open[name], end: true})
	}
	for i, name := range goroutines {
		if i+1 < len(goroutines) && goroutines[i+1] == name+rehearse.Locked {
			continue // it is one of them
		}
		l = append(l, excess{what: name, n: p.End.Goroutines[name], most: most.Goroutines[name], stack: p.End.Stacks[name], end: true})
	}
	return l
}

// stays looks whether a run that passed had more than runs without an update. It fails
// if it does when it is made again, with what has been found out about the program
// meanwhile: what the new release has by itself, and what the same run has in which the
// goroutine is held as long, and no update is made.
func (c *Config) stays(ctx context.Context, u *use, r *Run) error {
	b := new(compared)
	first := c.beyond(u, r.Report, b)
	if len(first) == 0 {
		return nil
	}
	others, err := c.without(ctx, u)
	if err != nil {
		return err
	}
	b.opened = maps.Clone(others.opened)
	b.end.Merge(&others.end)
	if first = c.beyond(u, r.Report, b); len(first) == 0 {
		return nil
	}
	for _, x := range first {
		what, _, _ := strings.Cut(x.String(), "\n")
		r.Once = append(r.Once, what)
	}
	control, _, derr, err := c.updated(ctx, u, r, func(p *rehearse.Plan) { p.Hold, p.Most = max(r.Report.Held, time.Millisecond), nil })
	if err != nil {
		return err
	}
	if derr != nil || !control.Reached || r.Report.End != nil && control.End == nil {
		return nil // nothing to compare with
	}
	b.with(control.OpenBefore, control.End)
	b.with(control.OpenAfter, nil)
	again, out, derr, err := c.updated(ctx, u, r, func(p *rehearse.Plan) {
		if p.Most != nil {
			p.Most.Merge(&b.end)
		}
	})
	if err != nil {
		return err
	}
	c.judge(r, again, derr, out)
	if r.Outcome != Passed {
		return nil
	}
	for _, x := range c.beyond(u, again, b) {
		for _, y := range first {
			if x.what == y.what {
				r.Why = append(r.Why, x.String())
				break
			}
		}
	}
	if len(r.Why) > 0 {
		r.Outcome, r.Once = Failed, nil
	}
	return nil
}
