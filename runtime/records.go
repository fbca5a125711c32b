package runtime

import (
	goruntime "runtime"
	"sync/atomic"
)

// Records lie in chunks, so that who looks at all of them goes through memory in order,
// and in a table by their g, of pointers alone.

// A recChunk is as large as makes it an object of its own for the allocator, which
// begins on a page, and so each record on a cache line.
type recChunk [256]Rec

// recTable is an open-addressing table from g to record. Readers take no lock;
// it only ever grows, and a larger copy replaces it.
type recTable struct {
	mask  uintptr
	slots []atomic.Pointer[Rec]
}

var (
	recMu  mutex
	recTab atomic.Pointer[recTable]
	recs   recList // under recMu
)

// A recList are the first n records of its chunks.
type recList struct {
	chunks []*recChunk
	n      int
}

func init() { recTab.Store(newRecTable(1 << 8)) }

func newRecTable(n int) *recTable {
	return &recTable{mask: uintptr(n - 1), slots: make([]atomic.Pointer[Rec], n)}
}

func recHash(g uintptr) uintptr { return (g >> 6) * 0x9E3779B1 >> 3 }

// Cur returns the record of the running goroutine.
func Cur() *Rec {
	g := getg()
	t := recTab.Load()
	for i := recHash(g) & t.mask; ; i = (i + 1) & t.mask {
		r := t.slots[i].Load()
		if r == nil {
			return newRec(g)
		}
		if r.g == g {
			return r
		}
	}
}

//go:noinline
func newRec(g uintptr) *Rec {
	recMu.Lock()
	defer recMu.Unlock()
	t := recTab.Load()
	if 4*(recs.n+1) > 3*len(t.slots) {
		t = newRecTable(2 * len(t.slots))
		recs.each(func(part []Rec) bool {
			for i := range part {
				t.put(&part[i])
			}
			return true
		})
		recTab.Store(t)
	}
	r := recs.add()
	r.g = g
	t.put(r)
	return r
}

// put enters a record; a g is entered by its own goroutine only, hence once.
func (t *recTable) put(r *Rec) {
	i := recHash(r.g) & t.mask
	for t.slots[i].Load() != nil {
		i = (i + 1) & t.mask
	}
	t.slots[i].Store(r)
}

func (l *recList) add() *Rec {
	i := l.n % len(recChunk{})
	if i == 0 {
		l.chunks = append(l.chunks, new(recChunk))
	}
	l.n++
	return &l.chunks[len(l.chunks)-1][i]
}

// each calls f with the records of every chunk.
func (l recList) each(f func(part []Rec) bool) {
	for i := range l.chunks {
		if !f(l.part(i)) {
			return
		}
	}
}

func (l recList) part(i int) []Rec {
	return l.chunks[i][:min(len(recChunk{}), l.n-i*len(recChunk{}))]
}

// allRecs is every record there is. A record made later may be missed: its goroutine
// polls after it has entered itself.
func allRecs() recList {
	recMu.Lock()
	defer recMu.Unlock()
	return recs
}

// eachRec calls f for every record there is.
func eachRec(f func(*Rec) bool) {
	allRecs().each(func(part []Rec) bool {
		for i := range part {
			if !f(&part[i]) {
				return false
			}
		}
		return true
	})
}

// atOnce is how many chunks are looked at in one go. 8,192 records are looked at in less
// time than another processor needs to wake up.
const atOnce = 32

// lookAtAll calls f with parts of all records, in any order, and from several goroutines
// at once if there are many. Nobody waits for a helper that has not begun.
func lookAtAll(f func(part []Rec)) {
	l := allRecs()
	parts := (len(l.chunks) + atOnce - 1) / atOnce
	var next, done atomic.Int64
	all := make(chan struct{})
	work := func() {
		for i := int(next.Add(1)) - 1; i < parts; i = int(next.Add(1)) - 1 {
			for c := i * atOnce; c < min((i+1)*atOnce, len(l.chunks)); c++ {
				f(l.part(c))
			}
			if done.Add(1) == int64(parts) {
				close(all)
			}
		}
	}
	for range min(goruntime.GOMAXPROCS(0), parts) - 1 {
		go work()
	}
	work()
	if parts > 0 {
		<-all
	}
}
