package runtime

import "sync/atomic"

// Goroutines that do the same are captured on the same stacks, and to walk one frame by
// frame, with names and lines, is most of what a capture costs. So the answers of segment
// are kept by the return addresses that they follow from: those of the whole stack, since
// nothing tells where the segment ends before it has been walked. A text stays where it is
// for good; which files are own code changes when a release is committed.

// knownDepth is how many return addresses a stack may have that is kept.
const knownDepth = 32

// A knownStack is never changed once it can be found.
type knownStack struct {
	stackOf
	files *fileSet
	n     int
	loop  bool
}

// stackOf is a stack's return addresses, innermost first, and zeros.
type stackOf [knownDepth + 1]uintptr

// knownStacks are found by a hash; one takes the place of another that has the same.
var knownStacks [1 << 8]atomic.Pointer[knownStack]

// forgetKnown is called when which files are own code has changed: nothing that is kept holds
// any more.
func forgetKnown() {
	for i := range knownStacks {
		knownStacks[i].Store(nil)
	}
}

// knownSegment is segment for a poll, without bodies.
//
//go:noinline
func knownSegment(skip, size int) (n int, loop bool) {
	var key stackOf
	if callers(&key[0], len(key)) == len(key) {
		return segment(skip+1, size, nil) // too deep
	}
	h := uintptr(0)
	for _, pc := range key {
		h = (h ^ pc) * 0x9E3779B97F4A7C15
	}
	at := &knownStacks[h>>56%uintptr(len(knownStacks))]
	files := ownFiles.Load()
	if k := at.Load(); k != nil && k.files == files && k.stackOf == key {
		return k.n, k.loop
	}
	n, loop = segment(skip+1, size, nil)
	at.Store(&knownStack{key, files, n, loop})
	return n, loop
}
