package state

import (
	"runtime"
	"sync"
	"unsafe"
	"weak"
)

// An object that is patched in place keeps its address: nothing has to be told of it but
// that it has been looked at, to whoever brings it later from an earlier release. That is
// the same for all transfers of a process, so it is noted once and not in each table: for
// every word that has been looked at the release that it is of. Transfers are numbered in
// the order of the releases that they lead to; a word is of the newest release that one of
// them has brought it to. To a late round of an earlier one it is known as well.

// stays is the process's, as the heap is.
var stays = &stayed{}

// A stayed remembers what has been looked at and stays where it is. An object of the heap
// takes 16 to 24 bytes beside the runtime's weak handle (16, and 32 outside the heap).
type stayed struct {
	mu     sync.Mutex
	spans  map[uintptr]*spanMarks // of the heap, by where the allocator's span begins
	static map[uintptr]*part      // elsewhere, by page: that stays for good
	begun  uint32                 // transfers
	hooked bool                   // the next garbage collection is waited for
	turn   uintptr                // collections so far
}

// spanMarks are the marks of the blocks of one span.
type spanMarks struct {
	size  uintptr // of a block
	marks marks
	parts map[uintptr]*part // of which a mark cannot say all

	// Those that a finalizer may bring back: a mark's weak pointer is nil by then.
	returning map[uintptr]*finalized
}

// A mark says up to which word a block is of a release. The weak pointer tells whether
// it is still the same object that is there.
type mark struct {
	block   weak.Pointer[byte]
	release uint32
	words   uint32 // or inPart
}

const inPart = 1<<32 - 1

// A part says which words of some memory are of a release: those in [lo, hi), of one or
// each of its own, none of them of a later one than release.
type part struct {
	lo, hi  uintptr
	release uint32
	each    []chunkOfWords // by partChunk words
	words   uintptr        // of the memory
}

// chunkOfWords says of which release each word is, 0 for none: in runs, or when these are
// many one by one. A page of a module's variables has a few runs.
type chunkOfWords struct {
	runs []run
	all  []uint32
}

// A run is of words that are of one release. Runs are in order and do not meet unless
// their releases differ.
type run struct {
	lo, hi  uint16
	release uint32
}

const mostRuns = 64

const (
	wordSize  = unsafe.Sizeof(uintptr(0))
	partChunk = (1 << pageBits) / wordSize
)

// begin numbers a transfer.
func (s *stayed) begin() uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begun++
	return s.begun
}

// raise notes that [lo, hi) is of a release, or of a later one already.
func (p *part) raise(lo, hi uintptr, release uint32) {
	switch {
	case p.lo == p.hi, release >= p.release && lo <= p.lo && hi >= p.hi:
		p.lo, p.hi, p.release, p.each = lo, hi, release, nil
		return
	case p.each != nil:
	case release <= p.release && lo >= p.lo && hi <= p.hi:
		return
	case release == p.release && lo <= p.hi && hi >= p.lo:
		p.lo, p.hi = min(lo, p.lo), max(hi, p.hi)
		return
	default:
		p.raiseEach(p.lo, p.hi, p.release)
	}
	p.raiseEach(lo, hi, release)
	p.lo, p.hi, p.release = min(lo, p.lo), max(hi, p.hi), max(release, p.release)
}

func (p *part) raiseEach(lo, hi uintptr, release uint32) {
	if p.each == nil {
		p.each = make([]chunkOfWords, (p.words+partChunk-1)/partChunk)
	}
	p.inChunks(lo, hi, func(c *chunkOfWords, first, lo, hi uintptr) {
		c.raise(lo, hi, release, min(partChunk, p.words-first))
	})
}

// inChunks calls f for the chunks that [lo, hi) lies in, with their first words, and what
// of [lo, hi) lies there.
func (p *part) inChunks(lo, hi uintptr, f func(c *chunkOfWords, first, lo, hi uintptr)) {
	for lo < hi {
		n := lo / partChunk
		first := n * partChunk
		end := min(hi, first+partChunk)
		f(&p.each[n], first, lo-first, end-first)
		lo = end
	}
}

func (c *chunkOfWords) raise(lo, hi uintptr, release uint32, words uintptr) {
	if c.all == nil {
		if c.runs = raised(c.runs, run{uint16(lo), uint16(hi), release}); len(c.runs) <= mostRuns {
			return
		}
		c.all = make([]uint32, words)
		for _, r := range c.runs {
			for w := r.lo; w < r.hi; w++ {
				c.all[w] = r.release
			}
		}
		c.runs = nil
		return
	}
	for w := lo; w < hi; w++ {
		c.all[w] = max(c.all[w], release)
	}
}

// raised are the runs with one more, which counts where it is later.
func raised(l []run, x run) []run {
	out := make([]run, 0, len(l)+2)
	put := func(lo, hi uint16, release uint32) {
		switch n := len(out); {
		case lo >= hi:
		case n > 0 && out[n-1].hi == lo && out[n-1].release == release:
			out[n-1].hi = hi
		default:
			out = append(out, run{lo, hi, release})
		}
	}
	at := x.lo // what of x lies before has been put
	for _, r := range l {
		put(at, min(x.hi, r.lo), x.release)
		put(r.lo, min(r.hi, x.lo), r.release)
		put(max(r.lo, x.lo), min(r.hi, x.hi), max(r.release, x.release))
		put(max(r.lo, x.hi), r.hi, r.release)
		at = max(at, min(r.hi, x.hi))
	}
	put(at, x.hi, x.release)
	if cap(out) > len(out) {
		out = append(make([]run, 0, len(out)), out...)
	}
	return out
}

// covered is how many words in [lo, hi) are of a release or of a later one.
func (c *chunkOfWords) covered(lo, hi uintptr, release uint32) (n uintptr) {
	for _, r := range c.runs {
		if from, to := max(lo, uintptr(r.lo)), min(hi, uintptr(r.hi)); from < to && r.release >= release {
			n += to - from
		}
	}
	if c.all != nil {
		for w := lo; w < hi; w++ {
			if c.all[w] >= release {
				n++
			}
		}
	}
	return n
}

// has tells whether all words in [lo, hi), and whether some, are of a release or later.
func (p *part) has(lo, hi uintptr, release uint32) (all, some bool) {
	switch {
	case p.release < release:
		return false, false
	case p.each == nil:
		return lo >= p.lo && hi <= p.hi, lo < p.hi && hi > p.lo
	}
	var n uintptr
	p.inChunks(lo, hi, func(c *chunkOfWords, _, lo, hi uintptr) { n += c.covered(lo, hi, release) })
	return n == hi-lo, n > 0
}

// raise notes that size bytes at p are of a release. What does not hold p in the heap must
// be static. returns says that the object has a finalizer.
func (s *stayed) raise(p unsafe.Pointer, size uintptr, release uint32, returns bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := blockAt(p)
	if b.base == nil {
		eachPage(p, size, func(page, lo, hi uintptr) bool {
			if s.static == nil {
				s.static = map[uintptr]*part{}
			}
			if s.static[page] == nil {
				s.static[page] = &part{words: partChunk}
			}
			s.static[page].raise(lo, hi, release)
			return true
		})
		return
	}
	sp := s.spans[b.span]
	if sp == nil || sp.size != b.size || sp.marks.blocks != b.blocks {
		sp = &spanMarks{size: b.size, marks: marks{blocks: b.blocks}}
		if s.spans == nil {
			s.spans = map[uintptr]*spanMarks{}
		}
		s.spans[b.span] = sp
	}
	if !sp.is(b) {
		sp.drop(b.index)
	}
	m := sp.marks.make(b.index)
	if m.block.Value() == nil {
		m.block = weak.Make((*byte)(b.base))
	}
	if returns && sp.returning[b.index] == nil {
		if sp.returning == nil {
			sp.returning = map[uintptr]*finalized{}
		}
		sp.returning[b.index] = weakTo(b.base, true).by
	}
	lo, hi := b.words(p, size)
	x := sp.parts[b.index]
	if m.words != inPart {
		x = &part{hi: uintptr(m.words), release: m.release, words: b.size / wordSize}
	}
	x.raise(lo, hi, release)
	if x.each == nil && x.lo == 0 && x.hi < inPart {
		m.words, m.release = uint32(x.hi), x.release
		delete(sp.parts, b.index)
	} else {
		if sp.parts == nil {
			sp.parts = map[uintptr]*part{}
		}
		m.words, sp.parts[b.index] = inPart, x
	}
	if !s.hooked {
		s.hooked = true
		s.hook()
	}
}

// has tells whether all of size bytes at p, and whether some, are known to be of a release
// or of a later one.
func (s *stayed) has(p unsafe.Pointer, size uintptr, release uint32) (all, some bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := blockAt(p)
	if b.base == nil {
		all = true
		eachPage(p, size, func(page, lo, hi uintptr) bool {
			a, o := false, false
			if x := s.static[page]; x != nil {
				a, o = x.has(lo, hi, release)
			}
			all, some = all && a, some || o
			return all || !some
		})
		return all, some
	}
	sp := s.spans[b.span]
	if sp == nil || sp.size != b.size || sp.marks.blocks != b.blocks || !sp.is(b) {
		return false, false
	}
	m := sp.marks.of(b.index)
	lo, hi := b.words(p, size)
	if m.words == inPart {
		return sp.parts[b.index].has(lo, hi, release)
	}
	x := part{hi: uintptr(m.words), release: m.release}
	return x.has(lo, hi, release)
}

// eachPage calls f with the words of each page that size bytes at p lie in.
func eachPage(p unsafe.Pointer, size uintptr, f func(page, lo, hi uintptr) bool) {
	from, to := uintptr(p), uintptr(p)+size
	for page := from >> pageBits; page <= (to-1)>>pageBits; page++ {
		start := page << pageBits
		if !f(page, (max(from, start)-start)/wordSize, (min(to, start+1<<pageBits)-start+wordSize-1)/wordSize) {
			return
		}
	}
}

// is reports whether the object that a block has is still the one that has been noted. The
// caller holds the block.
func (sp *spanMarks) is(b heapBlock) bool {
	m := sp.marks.of(b.index)
	if m == nil {
		return false
	}
	if m.block.Value() != nil {
		return true
	}
	f := sp.returning[b.index]
	if f == nil || f.gone.Load() {
		return false
	}
	// What is gone has not been said yet, perhaps: then another object has no cleanup.
	return in(attached(uintptr(b.base)).cleanups, uintptr(b.base), sp.size)
}

// ended reports whether an object that has been noted is gone.
func (sp *spanMarks) ended(i uintptr, m *mark) bool {
	f := sp.returning[i]
	return m.block.Value() == nil && (f == nil || f.gone.Load())
}

func (sp *spanMarks) drop(i uintptr) {
	sp.marks.drop(i)
	sp.forget(i)
}

// forget drops what is said of a block beside its mark.
func (sp *spanMarks) forget(i uintptr) {
	delete(sp.parts, i)
	delete(sp.returning, i)
}

// hook has the next garbage collection looked after.
func (s *stayed) hook() {
	runtime.AddCleanup(new(collected), func(s *stayed) { go s.collect() }, s)
}

// collected goes with the next garbage collection.
type collected struct{ _ *int }

// collect sweeps behind a garbage collection: a part of the spans, since asking a weak
// pointer takes the better part of what it takes to mark an object.
func (s *stayed) collect() {
	const parts = 8
	s.mu.Lock()
	s.turn++
	turn := s.turn % parts
	s.mu.Unlock()
	s.sweep(func(span uintptr) bool { return span>>pageBits%parts == turn })
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hooked = len(s.spans) > 0; s.hooked {
		s.hook()
	}
}

// sweep drops what is known of objects that are gone, in some of the spans. It holds the
// lock for one span at a time.
func (s *stayed) sweep(which func(span uintptr) bool) {
	s.mu.Lock()
	var at []uintptr
	for span := range s.spans {
		if which(span) {
			at = append(at, span)
		}
	}
	s.mu.Unlock()
	for _, span := range at {
		s.sweepSpan(span)
	}
}

func (s *stayed) sweepSpan(span uintptr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sp := s.spans[span]
	if sp == nil {
		return
	}
	left := sp.marks.keep(func(i uintptr, m *mark) bool {
		gone := sp.ended(i, m)
		if gone {
			sp.forget(i)
		}
		return !gone
	})
	if left == 0 {
		delete(s.spans, span)
	}
}
