package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"sync"
	"time"

	"github.com/upstarego/upstarego/internal/mqtt"
)

// A target is how one of the programs is used.
type target interface {
	// args are the arguments that make it listen on addr. dir is for its files.
	args(addr, dir string) []string
	// clients are those that never rest, each with connections of its own that it keeps
	// from the first release to the last.
	clients() []client
	// tools are Debian's clients; they come and go.
	tools(addr string) []tool
	// trial is a conversation that begins before an update and ends behind it.
	trial(addr string, rnd *rand.Rand, t *transcript) trial
}

// targetsByName are the targets that there are.
var targetsByName = map[string]target{
	"redcon":       redcon{},
	"ftpserverlib": ftp{},
	"miniredis":    miniredis{},
	"mochi":        mochi{},
	"go-socks5":    socks{},
	"nsqd":         nsqd{},
}

// A client uses a server.
type client interface {
	// open connects. What the client has learnt on connections before it forgets.
	open(addr string, rnd *rand.Rand) error
	// step does some operations, and returns how many. It knows each answer beforehand.
	step() (n int, err error)
	close()
}

// wrong is an answer that is not what it has to be, on a connection that goes on.
type wrong string

func (w wrong) Error() string { return string(w) }

func wrongf(format string, args ...any) error { return wrong(fmt.Sprintf(format, args...)) }

// pause is how long a client rests after each step: what is looked for is operations that
// are lost, not how many there can be.
const pause = 5 * time.Millisecond

// A load are the clients and tools that use one server.
type load struct {
	rec     *record
	tools   int // that run
	stop    context.CancelFunc
	running sync.WaitGroup
}

// begin starts all clients and those tools that are installed.
func begin(ctx context.Context, t target, addr string, seed uint64, say func(format string, args ...any)) (*load, error) {
	ctx, stop := context.WithCancel(ctx)
	l := &load{rec: new(record), stop: stop}
	for i, c := range t.clients() {
		rnd := rand.New(rand.NewPCG(seed, uint64(i)))
		if err := c.open(addr, rnd); err != nil {
			stop()
			l.running.Wait()
			return nil, fmt.Errorf("client %d: %w", i, err)
		}
		l.running.Go(func() { l.use(ctx, fmt.Sprintf("client %d (%T)", i, c), c, addr, rnd) })
	}
	for _, tool := range t.tools(addr) {
		if _, err := exec.LookPath(tool.name); err != nil {
			say("%s is not installed, and is left out (Debian: %s)", tool.name, tool.debian)
			continue
		}
		l.tools++
		l.running.Go(func() { l.repeat(ctx, tool) })
	}
	return l, nil
}

// end ends the load, and waits until it has.
func (l *load) end() {
	l.stop()
	l.running.Wait()
}

// use lets a client work until the end. One whose connection has broken begins anew.
func (l *load) use(ctx context.Context, name string, c client, addr string, rnd *rand.Rand) {
	defer func() { c.close() }()
	last := time.Now()
	for open := true; ctx.Err() == nil; {
		var n int
		var err error
		if !open {
			if err = c.open(addr, rnd); err != nil {
				l.rec.lost(name, true, fmt.Errorf("connecting anew: %w", err))
				time.Sleep(time.Second)
				continue
			}
			open, last = true, time.Now()
		}
		n, err = c.step()
		now := time.Now()
		l.rec.answered(n, now.Sub(last))
		last = now
		if err != nil {
			var w wrong
			var u mqtt.Unexpected
			broken := !errors.As(err, &w) && !errors.As(err, &u)
			l.rec.lost(name, broken, err)
			if broken {
				c.close()
				open = false
			}
		}
		if r, is := c.(resting); is && open {
			time.Sleep(r.rest())
			last = time.Now() // nothing was asked meanwhile
		} else {
			time.Sleep(pause)
		}
	}
}

// A resting client does little: it waits for a time before it asks again, which is no gap.
type resting interface{ rest() time.Duration }
