// Command waits has objects of package sync inside a struct that every release moves,
// and goroutines that hold them and wait for them. It checks by itself that they do
// what they promise.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

const release = "r1"

// A guard has the order of its fields changed by each release.
type guard struct {
	count int // under mu
	tally *tally
	mu    sync.Mutex
	rw    sync.RWMutex
	group sync.WaitGroup
	once  sync.Once
	own   sync.Cond // its L is mu
	cond  *sync.Cond
}

// A tally never changes, nor do its parts move.
type tally struct {
	inside, writers, readers, left, wrong, arrived, ended atomic.Int32

	started  int32
	gate     chan bool
	tasks    chan bool  // lets a goroutine of WaitGroup.Go end
	lock     sync.Mutex // so does this, one after the other
	stop     atomic.Bool
	releases [4]atomic.Int32
}

var (
	guards = map[string]*guard{}
	alone  = map[string]*tally{}
	ready  = make(chan bool)
)

func newGuard() *guard {
	g := &guard{tally: &tally{gate: make(chan bool, 10), tasks: make(chan bool, 10)}}
	g.own.L = &g.mu
	g.cond = sync.NewCond(&g.mu)
	return g
}

// enter and leave check that one goroutine has mu.
func (t *tally) enter() {
	if t.inside.Add(1) != 1 {
		t.wrong.Add(1)
	}
}

func (t *tally) leave() {
	if t.inside.Add(-1) != 0 {
		t.wrong.Add(1)
	}
	t.end()
}

// enterWriting and leaveWriting check that one goroutine has rw.
func (t *tally) enterWriting() {
	if t.writers.Add(1) != 1 || t.readers.Load() != 0 {
		t.wrong.Add(1)
	}
}

func (t *tally) leaveWriting() {
	if t.writers.Add(-1) != 0 || t.readers.Load() != 0 {
		t.wrong.Add(1)
	}
	t.end()
}

// enterReading and leaveReading check that no writer has it.
func (t *tally) enterReading() {
	t.readers.Add(1)
	if t.writers.Load() != 0 {
		t.wrong.Add(1)
	}
}

func (t *tally) leaveReading() {
	if t.writers.Load() != 0 {
		t.wrong.Add(1)
	}
	t.readers.Add(-1)
	t.end()
}

func (t *tally) end() {
	t.releases[release[1]-'0'].Add(1)
	t.ended.Add(1)
}

// hold has the lock while it is parked.
func hold(g *guard) {
	t := g.tally
	g.mu.Lock()
	defer g.mu.Unlock()
	t.enter()
	ready <- true
	<-t.gate
	g.count++
	t.leave()
}

// spin has the lock while it is captured.
func spin(g *guard) {
	t := g.tally
	g.mu.Lock()
	t.enter()
	ready <- true
	for !t.stop.Load() {
		runtime.Gosched()
	}
	g.count++
	t.leave()
	g.mu.Unlock()
}

// lock is one of many; every second one unlocks by a deferred call, every third one locks
// through an interface.
func lock(g *guard, i int) {
	t := g.tally
	if i%3 == 0 {
		var l sync.Locker = &g.mu
		l.Lock()
	} else {
		g.mu.Lock()
	}
	if i%2 == 0 {
		defer g.mu.Unlock()
	}
	t.enter()
	time.Sleep(100 * time.Microsecond)
	g.count++
	t.leave()
	if i%2 != 0 {
		g.mu.Unlock()
	}
}

func holdWriting(g *guard) {
	g.rw.Lock()
	defer g.rw.Unlock()
	g.tally.enterWriting()
	ready <- true
	<-g.tally.gate
	g.tally.leaveWriting()
}

func holdReading(g *guard) {
	t := g.tally
	g.rw.RLock()
	t.enterReading()
	ready <- true
	<-t.gate
	t.leaveReading()
	g.rw.RUnlock()
}

func write(g *guard, i int) {
	t := g.tally
	t.arrived.Add(1)
	g.rw.Lock()
	if i%2 == 0 {
		defer g.rw.Unlock()
	}
	t.enterWriting()
	time.Sleep(100 * time.Microsecond)
	t.leaveWriting()
	if i%2 != 0 {
		g.rw.Unlock()
	}
}

func read(g *guard, i int) {
	t := g.tally
	t.arrived.Add(1)
	g.rw.RLock()
	if i%2 == 0 {
		defer g.rw.RUnlock()
	}
	t.enterReading()
	time.Sleep(100 * time.Microsecond)
	t.leaveReading()
	if i%2 != 0 {
		g.rw.RUnlock()
	}
}

// wait ends when nobody is left.
func wait(g *guard) {
	t := g.tally
	t.arrived.Add(1)
	g.group.Wait()
	if t.left.Load() != 0 {
		t.wrong.Add(1)
	}
	t.end()
}

// work starts n goroutines that the group counts: one parks, one runs, and one is foreign
// code alone.
func work(g *guard, n int) {
	t := g.tally
	t.left.Add(int32(n))
	for i := range n {
		switch i % 3 {
		case 0:
			g.group.Go(func() {
				<-t.tasks
				t.left.Add(-1)
			})
		case 1:
			g.group.Go(func() {
				for !t.stop.Load() {
					runtime.Gosched()
				}
				t.left.Add(-1)
			})
		case 2:
			t.left.Add(-1)
			t.lock.Lock()
			g.group.Go(t.lock.Lock)
		}
	}
}

// rounds starts goroutines that the group counts and waits for them, all the time.
func rounds(g *guard) {
	t := g.tally
	var done atomic.Int32
	for n := int32(0); !t.stop.Load(); {
		for i := range 5 {
			n++
			g.group.Go(func() {
				if i == 3 {
					time.Sleep(20 * time.Microsecond)
				}
				done.Add(1)
			})
		}
		g.group.Wait()
		if done.Load() != n {
			t.wrong.Add(1)
		}
		t.arrived.Store(n)
	}
	t.end()
}

// onces does one Once after the other, each by three goroutines.
func onces(g *guard) {
	t := g.tally
	for n := int32(1); !t.stop.Load(); n++ {
		g.once = sync.Once{}
		calls, ready := int32(0), false // under once
		for range 3 {
			g.group.Add(1)
			go func() {
				defer g.group.Done()
				g.once.Do(func() {
					calls++
					time.Sleep(20 * time.Microsecond)
					ready = true
				})
				if calls != 1 || !ready {
					t.wrong.Add(1)
				}
			}()
		}
		g.group.Wait()
		t.arrived.Store(n)
	}
	t.end()
}

// first is done once, and everybody waits until it is.
func first(g *guard) {
	g.once.Do(func() {
		<-g.tally.gate
		g.tally.left.Add(1)
	})
	if g.tally.left.Load() != 1 {
		g.tally.wrong.Add(1)
	}
}

// await waits for one signal, and does not ask what for.
func await(g *guard, own bool) {
	t := g.tally
	g.mu.Lock()
	t.arrived.Add(1)
	if own {
		g.own.Wait()
	} else {
		g.cond.Wait()
	}
	t.enter()
	time.Sleep(100 * time.Microsecond)
	t.leave()
	g.mu.Unlock()
}

// unnamed waits where the record cannot say for what.
func unnamed(g *guard) {
	t := g.tally
	lock := g.mu.Lock
	lock()
	t.enter()
	g.count++
	t.leave()
	g.mu.Unlock()
}

// waiting is how many goroutines the mutex counts.
func waiting(m *sync.Mutex) int { return int(*(*int32)(unsafe.Pointer(m)) >> 3) }

// begin starts n goroutines.
func begin(t *tally, n int, f func(i int)) {
	t.started += int32(n)
	for i := range n {
		go f(i)
	}
}

// arrive starts n goroutines, and gives them time to fall asleep.
func arrive(t *tally, n int, f func(i int)) string {
	all := t.arrived.Load() + int32(n)
	begin(t, n, f)
	defer time.Sleep(5 * time.Millisecond)
	return until(func() bool { return t.arrived.Load() == all })
}

// ended waits until all that were started have ended.
func ended(t *tally) bool {
	for end := time.Now().Add(20 * time.Second); t.ended.Load() != t.started; {
		if time.Now().After(end) {
			return false
		}
		time.Sleep(100 * time.Microsecond)
	}
	return true
}

func until(f func() bool) string {
	for end := time.Now().Add(20 * time.Second); !f(); {
		if time.Now().After(end) {
			return "never"
		}
		time.Sleep(100 * time.Microsecond)
	}
	return "yes"
}

func main() {
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		var cmd, name string
		n := 0
		fmt.Sscan(in.Text(), &cmd, &name, &n)
		fmt.Println(do(cmd, name, n))
	}
}

func do(cmd, name string, n int) string {
	switch cmd {
	case "alone":
		return startAlone(name, n)
	case "aloneonce":
		return startOnce(name, n)
	case "aloneworks":
		return startWork(name, n)
	}
	if t := alone[name]; t != nil {
		return tallied(t, cmd, n)
	}
	g := guards[name]
	if g == nil {
		g = newGuard()
		guards[name] = g
	}
	t := g.tally
	switch cmd {
	case "release":
		return release
	case "hold":
		begin(t, 1, func(int) { hold(g) })
		<-ready
	case "spin":
		begin(t, 1, func(int) { spin(g) })
		<-ready
	case "lock":
		was := waiting(&g.mu)
		begin(t, n, func(i int) { lock(g, i) })
		return until(func() bool { return waiting(&g.mu) == was+n })
	case "take":
		begin(t, n, func(i int) { lock(g, i) })
	case "unnamed":
		was := waiting(&g.mu)
		begin(t, 1, func(int) { unnamed(g) })
		return until(func() bool { return waiting(&g.mu) == was+1 })
	case "try":
		if g.mu.TryLock() {
			g.mu.Unlock()
			return "free"
		}
		return "locked"
	case "holdwriting":
		begin(t, 1, func(int) { holdWriting(g) })
		<-ready
	case "holdreading":
		begin(t, 1, func(int) { holdReading(g) })
		<-ready
	case "write":
		return arrive(t, n, func(i int) { write(g, i) })
	case "read":
		return arrive(t, n, func(i int) { read(g, i) })
	case "tryreading":
		if g.rw.TryRLock() {
			g.rw.RUnlock()
			return "free"
		}
		return "locked"
	case "trywriting":
		if g.rw.TryLock() {
			g.rw.Unlock()
			return "free"
		}
		return "locked"
	case "add":
		t.left.Add(int32(n))
		g.group.Add(n)
	case "done":
		for range n {
			t.left.Add(-1)
			g.group.Done()
		}
	case "wait":
		return arrive(t, n, func(int) { wait(g) })
	case "awaitown":
		return arrive(t, n, func(int) { await(g, true) })
	case "await":
		return arrive(t, n, func(int) { await(g, false) })
	case "signalown":
		for range n {
			g.own.Signal()
		}
	case "signal":
		for range n {
			g.cond.Signal()
		}
	case "work":
		work(g, n)
	case "rounds":
		begin(t, 1, func(int) { rounds(g) })
	case "round": // a new one has begun, and another
		for range 2 {
			was := t.arrived.Load()
			if until(func() bool { return t.arrived.Load() != was }) != "yes" {
				return "never"
			}
		}
	case "byvalue": // by a function value
		start := g.group.Go
		start(func() { <-t.tasks })
	case "onces":
		begin(t, 1, func(int) { onces(g) })
	case "oncebyvalue":
		begin(t, 1, func(int) {
			do := g.once.Do
			do(func() {
				ready <- true
				<-t.gate
				t.left.Add(1)
			})
			t.end()
		})
		<-ready
	case "once":
		begin(t, n, func(int) {
			first(g)
			t.end()
		})
	case "broadcast":
		g.own.Broadcast()
		g.cond.Broadcast()
	case "busy": // lock and unlock all the time
		begin(t, n, func(i int) {
			for !g.tally.stop.Load() {
				g.mu.Lock()
				t.enter()
				g.count++
				if g.count%64 == 0 {
					time.Sleep(20 * time.Microsecond)
				}
				t.inside.Add(-1)
				g.mu.Unlock()
			}
			t.ended.Add(1)
		})
	case "end":
		return tallied(t, cmd, n) + fmt.Sprint(" count ", g.count)
	default:
		return tallied(t, cmd, n)
	}
	return "yes"
}

func tallied(t *tally, cmd string, n int) string {
	switch cmd {
	case "go":
		t.gate <- true
	case "finish":
		t.tasks <- true
	case "unlock":
		t.lock.Unlock()
	case "left":
		return fmt.Sprint(t.left.Load())
	case "stop":
		t.stop.Store(true)
	case "ended":
		until(func() bool { return int(t.ended.Load()) >= n })
		time.Sleep(20 * time.Millisecond) // for one more, that should not
		return fmt.Sprintf("%d wrong %d", t.ended.Load(), t.wrong.Load())
	case "end":
		all := ended(t)
		var in []string
		for i := range t.releases {
			if k := t.releases[i].Load(); k > 0 {
				in = append(in, fmt.Sprintf("r%d:%d", i, k))
			}
		}
		return fmt.Sprintf("all %t wrong %d %s", all, t.wrong.Load(), strings.Join(in, " "))
	}
	return "yes"
}

// startAlone makes a guard that only a holder and others know, n for each thing there is
// to wait for.
func startAlone(name string, n int) string {
	g := newGuard()
	t := g.tally
	alone[name] = t
	begin(t, 1, func(int) { holdAll(g) })
	<-ready
	arrive(t, n, func(i int) { write(g, i) })
	arrive(t, n, func(i int) { read(g, i) })
	arrive(t, n, func(i int) { wait(g) })
	begin(t, n, func(i int) { lock(g, i) })
	return until(func() bool { return waiting(&g.mu) == n })
}

// holdAll holds everything, with goroutines in both Conds.
func holdAll(g *guard) {
	t := g.tally
	arrive(t, 1, func(int) { await(g, true) })
	arrive(t, 1, func(int) { await(g, false) })
	t.left.Add(1)
	g.group.Add(1)
	g.rw.Lock()
	g.mu.Lock()
	t.enter()
	ready <- true
	<-t.gate
	t.left.Add(-1)
	g.group.Done()
	t.leave()
	g.rw.Unlock()
	g.own.Broadcast()
	g.cond.Signal()
	g.mu.Unlock()
}

// startWork makes a guard that only goroutines that wait for it know, one that will look
// at it, and n that its group counts.
func startWork(name string, n int) string {
	g := newGuard()
	t := g.tally
	alone[name] = t
	work(g, n)
	begin(t, 1, func(int) {
		ready <- true
		<-t.gate
		g.mu.Lock()
		t.enter()
		t.leave()
		g.mu.Unlock()
	})
	<-ready
	return arrive(t, n, func(int) { wait(g) })
}

// startOnce makes a guard that only one knows who will look at it, and n who wait for what
// one of them does; what that does knows the tally alone.
func startOnce(name string, n int) string {
	g := newGuard()
	t := g.tally
	alone[name] = t
	begin(t, 1, func(int) {
		ready <- true
		<-t.gate
		g.mu.Lock()
		t.enter()
		t.leave()
		g.mu.Unlock()
	})
	<-ready
	return arrive(t, n, func(int) {
		t.arrived.Add(1)
		g.once.Do(func() {
			<-t.tasks
			t.left.Add(1)
		})
		if t.left.Load() != 1 {
			t.wrong.Add(1)
		}
		t.end()
	})
}
