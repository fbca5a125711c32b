package state

import (
	"errors"
	goruntime "runtime"
	"sync"
	"sync/atomic"
	"unsafe"
)

// A transfer of many objects is made by as many hands as there are processors. They do
// what is easy (ease.go); one goroutine, the caller's, does the rest between, as it does
// all of a small one.
//
//	discover  From a thousand values on, hands look at what has been found and at
//	          what that leads to. Who comes to an object first gives it an extent, and
//	          new memory if it moves, and claims it with that: by compare and swap on
//	          the place that its block has in the index. So there is one new object for
//	          an old one, whoever finds it. Where an object leads is known as soon as it
//	          is claimed, hence its holder is filled at once.
//	decide    Hands make maps,
//	fill      fill what was not easy to fill before all was known,
//	          and fill maps.
//
// During discovery hands change no extent that there was, so that all may read them. If
// the one that goes on alone finds out that an object that has been looked at is part of
// a larger one, what the hands have filled may lead to the wrong one of the two: then all
// is filled again, from what is known at the end (refill).
//
// Every object has memory of its own, as the program would give it: many in one block
// would all live as long as one of them, and a later update would take them for an array.
//
// Before Apply hands call nothing of the developer's, and they are gone when one of the
// steps of Run ends.

// together is how many values are looked at by one goroutine before others are set to
// work.
var together = 1024

// most is how many hands there are; a test's.
var most = func() int { return goruntime.GOMAXPROCS(0) }

// A claim is an extent to be looked at by the hand that has it.
type claim struct {
	task
	e *extent
	g *program
}

// A crew are the hands that do something together.
type crew struct {
	t       *Transfer
	hands   []*hand
	finding bool // claims are made
	unmet   int  // see hand

	next atomic.Int64 // of a list

	mu      sync.Mutex
	more    sync.Cond
	chunks  [][]extent // of the table, with room
	used    int32      // of chunks
	pool    [][]claim  // for whoever has nothing
	waiting int
	joined  int // hands that have come
	closed  bool
	hungry  atomic.Int32 // is waiting

	over     atomic.Bool // nobody goes on
	refused  bool        // by the limits
	err      error       // the Run is over
	panicked any
}

// early is what hands have filled before all was known.
type early struct {
	made    [][2]int32 // extents that they have made
	looked  []task     // extents of others that they have looked at
	arrays  []task     // extents of theirs that have more than one slot
	objects []int32    // maps and channels of theirs
	patches []patch
	calls   []pending

	disturbed bool  // an extent has been taken over
	allocated int32 // those below have memory
}

// crowded reports whether there is so much to do that hands are worth their while.
func (t *Transfer) crowded(values int) bool {
	return values >= together && t.sealed == 0 && t.trace == nil && !t.mirroring && !t.stopped && most() > 1
}

func (t *Transfer) crew(finding bool) *crew {
	t.uncollected()
	c := &crew{t: t, finding: finding, chunks: t.chunks}
	c.more.L = &c.mu
	for range most() {
		h := &hand{crew: c, idx: t.idx.share(), every: t.limits.Every}
		if h.every == 0 {
			h.every = someValues
		}
		h.due = h.every
		c.hands = append(c.hands, h)
	}
	return c
}

// run has all hands do f, and waits for them. Who has not come when all is done is not
// waited for: on a busy machine that may take longer than all the rest.
func (c *crew) run(f func(*hand)) {
	work := func(h *hand) {
		if !c.join() {
			return
		}
		defer func() {
			if v := recover(); v != nil {
				c.stop(nil, v)
			}
			c.leave()
		}()
		f(h)
	}
	for _, h := range c.hands[1:] {
		go work(h)
	}
	work(c.hands[0])
	c.close()
	t := c.t
	for _, h := range c.hands {
		t.stats.Walked += h.stats.Walked
		t.stats.Converted += h.stats.Converted
		t.stats.Bytes += h.stats.Bytes
		t.stats.Maps += h.stats.Maps
	}
	switch {
	case c.panicked != nil:
		panic(c.panicked)
	case c.err != nil:
		t.end(c.err)
	}
}

func (c *crew) join() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	c.joined++
	return true
}

func (c *crew) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.joined--
	c.more.Broadcast()
}

// close waits for those who have come, and lets nobody come any more.
func (c *crew) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for c.joined > 0 {
		c.more.Wait()
	}
}

// stop has all hands stop.
func (c *crew) stop(err error, panicked any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = err
	}
	if c.panicked == nil {
		c.panicked = panicked
	}
	c.over.Store(true)
	c.more.Broadcast()
}

// ask asks the limits, for one hand at a time, and nobody when they have said no.
func (c *crew) ask(bytes uintptr, step bool) (err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.refused {
		return errRefused
	}
	c.refused = true // also if it panics
	l := &c.t.limits
	switch {
	case step && l.Step != nil:
		err = l.Step()
	case bytes != 0 && l.Memory != nil:
		err = l.Memory(bytes)
	}
	c.refused = err != nil
	if c.refused {
		c.err = err
	}
	return err
}

// errRefused is what hands are told after the first.
var errRefused = errors.New("state: the limits have been asked by another hand")

// each has hands do f for all of n things, some at a time.
func (c *crew) each(n, some int, f func(h *hand, i int)) {
	c.run(func(h *hand) {
		for {
			to := int(c.next.Add(int64(some)))
			for i := to - some; i < min(to, n); i++ {
				if c.over.Load() {
					return
				}
				f(h, i)
			}
			if to >= n {
				return
			}
		}
	})
}

// lookTogether has hands look at the tasks that nobody has looked at.
func (t *Transfer) lookTogether() {
	pending := t.tasks[t.looked:]
	for _, k := range pending {
		if n := t.ext(k.ext).node; n != nil {
			if n.special == plain {
				t.plan.prepare(t.plan.scanning(n))
			} else {
				t.plan.prepareMap(n)
			}
		}
	}
	t.plan.prepareMet()
	if t.plan.stale {
		return
	}
	t.allocateEarly() // whoever holds these can be filled then
	if len(t.errs) != 0 {
		return
	}
	if t.idx.all == nil { // all that was found lies outside the heap
		t.idx.all = &spans{regions: map[uintptr]*region{}}
	}
	c := t.crew(true)
	c.unmet = fewUnmet << min(len(t.early.made), 20)
	first := c.room()
	var batch []claim
	for _, k := range pending {
		e := t.ext(k.ext)
		if e.node == nil {
			continue
		}
		x := claim{task: k, e: e}
		if e.node.special == plain {
			x.g = t.plan.scanning(e.node)
		}
		if batch = append(batch, x); len(batch) == 8 {
			c.pool, batch = append(c.pool, batch), nil
		}
	}
	c.pool = append(c.pool, batch)
	t.early.looked = append(t.early.looked, pending...)
	t.tasks = t.tasks[:t.looked]

	c.run((*hand).find)

	t.chunks, t.exts = c.chunks[:c.used], c.used<<chunkBits
	t.early.made = append(t.early.made, [2]int32{first, t.exts})
	for _, h := range c.hands {
		t.tasks = append(append(t.tasks, h.maps...), h.later...) // they have been looked at, and are filled with the others
		t.apart = append(t.apart, h.apart...)
		t.early.arrays = append(t.early.arrays, h.arrays...)
		t.early.objects = append(t.early.objects, h.objects...)
		t.early.patches = append(t.early.patches, h.patches...)
		t.early.calls = append(t.early.calls, h.calls...)
		c.pool = append(c.pool, h.stack)
	}
	t.looked = len(t.tasks)
	for _, l := range c.pool { // if there was no more room
		for _, x := range l {
			t.tasks = append(t.tasks, x.task)
		}
	}
	t.tables[tableOfExtents] += uintptr(c.used-first>>chunkBits) * unsafe.Sizeof([1 << chunkBits]extent{}) // hands have asked for these
	t.ask()
}

// room makes room in the table for what hands find, at least as much as there is already.
// It gives the first extent that is theirs.
func (c *crew) room() (first int32) {
	c.used = int32(len(c.chunks))
	if cap(c.chunks) < int(c.used+c.used/4+256) {
		c.chunks = append(make([][]extent, 0, 4*c.used+4096), c.chunks...)
	}
	c.chunks = c.chunks[:cap(c.chunks)]
	return c.used << chunkBits
}

// chunk gives a hand extents; nil if there is no more room.
func (c *crew) chunk() (l []extent, first int32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if int(c.used) == len(c.chunks) {
		c.over.Store(true)
		c.more.Broadcast()
		return nil, 0
	}
	l = make([]extent, 1<<chunkBits)
	c.chunks[c.used] = l
	c.used++
	return l, (c.used - 1) << chunkBits
}

// refill has all that hands have filled early filled again, with the others.
func (t *Transfer) refill() {
	type slot struct {
		ext int32
		at  uint32
	}
	// Those that are filled anyway.
	done := map[slot]bool{}
	for _, l := range [][]task{t.tasks, t.apart} {
		for _, k := range l {
			for s := k.lo; s < k.hi; s++ {
				done[slot{k.ext, s}] = true
			}
		}
	}
	again := func(k task) {
		if e := t.ext(k.ext); e.node == nil || e.node.special != plain {
			return
		}
		for s := k.lo; s < k.hi; s++ {
			if !done[slot{k.ext, s}] {
				done[slot{k.ext, s}] = true
				t.apart = append(t.apart, task{k.ext, s, s + 1})
			}
		}
	}
	for _, k := range t.early.looked {
		again(k)
	}
	for _, k := range t.early.arrays {
		again(k)
	}
	for _, r := range t.early.made {
		for i := r[0]; i < r[1]; i++ {
			if e := t.ext(i); e.node != nil && e.slots == 1 {
				again(task{i, 0, 1})
			}
		}
	}
	t.early = early{made: t.early.made, objects: t.early.objects, disturbed: true}
}

// eachLoose calls f for the extents of this round that hands have not made, and for the
// maps and channels that they have: the others have their memory.
func (t *Transfer) eachLoose(from int32, f func(i int32, e *extent) bool) {
	made := t.early.made
	for i := max(t.sealed, from, 1); i < t.exts; i++ {
		for len(made) > 0 && i >= made[0][0] {
			i, made = max(i, made[0][1]), made[1:]
		}
		if i < t.exts && !f(i, t.ext(i)) {
			return
		}
	}
	for _, i := range t.early.objects {
		if i >= from && !f(i, t.ext(i)) {
			return
		}
	}
}

// fillTogether has hands fill what they can. It gives what is left.
func (t *Transfer) fillTogether(tasks []task) (left []task) {
	for _, k := range tasks {
		if e := t.ext(k.ext); e.node != nil && e.node.special == plain {
			t.plan.prepare(t.fillProgram(e))
		}
	}
	t.plan.prepareMet()
	if t.plan.stale || t.idx.all == nil {
		return tasks
	}
	c := t.crew(false)
	c.each(len(tasks), 64, func(h *hand, i int) { h.fill(tasks[i]) })
	for _, h := range c.hands {
		left = append(left, h.apart...)
		t.patches = append(t.patches, h.patches...)
		t.calls = append(t.calls, h.calls...)
	}
	return left
}

// mapsTogether has hands do f for maps. It gives those that are left to do.
func (t *Transfer) mapsTogether(maps []task, f func(h *hand, e *extent) bool) (left []task) {
	if t.plan.stale || t.idx.all == nil {
		return maps
	}
	c := t.crew(false)
	c.each(len(maps), 1, func(h *hand, i int) {
		n := len(h.patches)
		if !f(h, t.ext(maps[i].ext)) {
			h.patches = h.patches[:n]
			h.apart = append(h.apart, maps[i])
		}
	})
	for _, h := range c.hands {
		left = append(left, h.apart...)
		t.patches = append(t.patches, h.patches...)
	}
	return left
}

// fillMapsTogether has hands fill maps. It gives those that are left.
func (t *Transfer) fillMapsTogether(maps []task) (left []task) {
	for _, k := range maps {
		if g := t.plan.entryFill(t.ext(k.ext)); g != nil {
			t.plan.prepare(g)
		}
	}
	t.plan.prepareMet()
	return t.mapsTogether(maps, (*hand).fillMap)
}
