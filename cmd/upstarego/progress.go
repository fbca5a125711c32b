package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/upstarego/upstarego/internal/release"
)

// progressDelay is how long a build may say nothing.
const progressDelay = 2 * time.Second

// A progress notes what a build does. On a terminal it shows that, in one line that it takes away again, once the
// build has taken longer than the delay. What is written to it goes to where the line is, beside the line.
type progress struct {
	out   io.Writer
	delay time.Duration
	show  bool // out is a terminal

	mu    sync.Mutex
	timer *time.Timer
	due   bool // the delay has passed
	line  bool // the line is there
	now   release.Work
	since time.Time
	order []release.Work
	took  map[release.Work]time.Duration
}

func newProgress(out io.Writer) *progress {
	return &progress{out: out, delay: progressDelay, show: isTerminal(out), took: map[release.Work]time.Duration{}}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" {
		return false
	}
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}

// begin notes what is done from now on.
func (p *progress) begin(w release.Work) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.account()
	if _, ok := p.took[w]; !ok {
		p.order = append(p.order, w)
		p.took[w] = 0
	}
	p.now, p.since = w, time.Now()
	if p.timer == nil && p.show {
		p.timer = time.AfterFunc(p.delay, func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			if p.now != "" {
				p.due = true
				p.draw()
			}
		})
	}
	if p.due {
		p.draw()
	}
}

// account adds the time since the last begin.
func (p *progress) account() {
	if p.now != "" {
		p.took[p.now] += time.Since(p.since)
	}
}

const clearLine = "\r\x1b[K"

func (p *progress) draw() {
	fmt.Fprintf(p.out, "%s%s …", clearLine, p.now)
	p.line = true
}

func (p *progress) clear() {
	if p.line {
		io.WriteString(p.out, clearLine)
		p.line = false
	}
}

// Write writes what somebody has to say meanwhile.
func (p *progress) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	return p.out.Write(text)
}

// end is the end of the build, whatever came of it.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.account()
	p.now = ""
	if p.timer != nil {
		p.timer.Stop()
	}
	p.clear()
}

// print says how long each part took.
func (p *progress) print(w io.Writer) {
	total := time.Duration(0)
	for _, k := range p.order {
		fmt.Fprintf(w, "%8.3f s  %s\n", p.took[k].Seconds(), k)
		total += p.took[k]
	}
	fmt.Fprintf(w, "%8.3f s  in all\n", total.Seconds())
}
