package bench

import (
	"net"
	"slices"
	"sync"
	"time"

	"github.com/upstarego/upstarego/runtime/updater"
)

// An asker is a client that does nothing but ask, and notes how long each answer took.
type asker struct {
	conn  net.Conn
	stop  chan struct{}
	done  sync.WaitGroup
	mu    sync.Mutex
	asked []asked
}

type asked struct {
	at   time.Time
	took time.Duration
}

func newAsker(addr string) (*asker, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	a := &asker{conn: c, stop: make(chan struct{})}
	a.done.Go(func() {
		buf := make([]byte, 1)
		for {
			select {
			case <-a.stop:
				return
			default:
			}
			began := time.Now()
			if _, err := c.Write(buf); err != nil {
				return
			}
			if _, err := c.Read(buf); err != nil {
				return
			}
			a.mu.Lock()
			a.asked = append(a.asked, asked{began, time.Since(began)})
			a.mu.Unlock()
			time.Sleep(100 * time.Microsecond)
		}
	})
	return a, nil
}

// forget leaves out what was before.
func (a *asker) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked = nil
}

// answered is what was answered so far.
func (a *asker) answered() []asked {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.asked)
}

// end ends the client, and returns the longest time, in milliseconds, that an answer took around the stop.
func (a *asker) end(r updater.Result) float64 {
	time.Sleep(50 * time.Millisecond)
	close(a.stop)
	a.conn.SetDeadline(time.Now().Add(patience))
	a.done.Wait()
	a.conn.Close()
	commit := r.Requested.Add(time.Duration(r.RequestToCommitNS))
	// A client that has no processor when it wants to ask does not see the stop; others would.
	return max(float64(r.StopNS)/1e6, longest(a.asked, commit.Add(-time.Duration(r.StopNS)), commit.Add(20*time.Millisecond)))
}

// longest is the longest wait, in milliseconds, that was under way at some time of a window.
func longest(waits []asked, from, to time.Time) (ms float64) {
	for _, w := range waits {
		if w.at.Before(to) && w.at.Add(w.took).After(from) {
			ms = max(ms, float64(w.took)/1e6)
		}
	}
	return ms
}
