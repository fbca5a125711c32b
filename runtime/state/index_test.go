package state

import (
	"testing"
	"unsafe"
)

// TestIndexOfSpans: spans of the allocator's come and go while a table waits. What has
// been entered for blocks that are there is found, whatever was there before.
func TestIndexOfSpans(t *testing.T) {
	const page = 1 << pageBits
	const at = 1 << 40
	var x index
	span := func(start, size, pages uintptr) { x.enterSpan(newSpanIndex(start, size, pages*page/size)) }

	span(at, 64, 2) // of blocks of 64 bytes, on two pages
	x.put(at, 1)
	x.put(at+page+64, 2)
	eq(t, "first page", x.get(at), 1)
	eq(t, "second page", x.get(at+page+64), 2)
	eq(t, "another block", x.get(at+128), 0)
	eq(t, "within a block", x.get(at+8), 0)

	// All of it goes. The first page is of a span of the same blocks, which nobody enters
	// as there is a place for them; then comes one of other blocks on the second page.
	x.put(at+192, 3)
	span(at+page, 96, 2)
	x.put(at+page+96, 4)
	eq(t, "on the second page", x.get(at+page+96), 4)
	eq(t, "a block of both", x.get(at+page), 0)
	if s := x.onPage(at); s == nil || s.bytes != 0 {
		t.Error("the span that has gone is still taken for one")
	}
	// What was entered without a look is taken over when its span is.
	span(at, 32, 1)
	eq(t, "what was entered", x.get(at+192), 3)
	eq(t, "where nothing was", x.get(at+32), 0)
	x.put(at+32, 5)
	eq(t, "a new one", x.get(at+32), 5)
	eq(t, "the other span's", x.get(at+page+96), 4)

	// One object on many pages is entered at its beginning.
	span(at+10*page, 5*page, 5)
	x.put(at+10*page, 6)
	eq(t, "a large one", x.get(at+10*page), 6)
	eq(t, "within it", x.get(at+11*page), 0)
	if s := x.onPage(at + 11*page); s != nil {
		t.Error("a large object is entered at its second page")
	}
	span(at+11*page, 16, 1) // it has gone
	x.put(at+11*page+16, 7)
	eq(t, "behind it", x.get(at+11*page+16), 7)
}

// TestIndexOfHands: hands enter spans beside each other, and none that another object has
// been found in.
func TestIndexOfHands(t *testing.T) {
	var x index
	objs := make([]*[6]*int, 1000)
	for i := range objs {
		objs[i] = new([6]*int)
	}
	key := func(i int) uintptr { return uintptr(unsafe.Pointer(objs[i])) }
	x.put(key(0), 1)
	a, b := x.share(), x.share()
	for i := range objs {
		s := a.find(key(i))
		if s == nil {
			s = a.enterNew(key(i))
		}
		other := b.find(key(i))
		if other == nil {
			other = b.enterNew(key(i))
		}
		if s == nil || s != other {
			t.Fatal("two hands have two places for one object")
		}
		if at, ok := s.place(key(i)); !ok || s.exts[at] != 0 && i != 0 {
			t.Fatalf("object %d has the place of another", i)
		} else if s.exts[at] == 0 {
			s.exts[at] = int32(i + 1)
		}
	}
	for i := range objs {
		eq(t, "found", x.get(key(i)), int32(i+1))
	}
	var on uintptr // where something else is entered
	for i := range objs {
		if on = key(i) &^ (1<<pageBits - 1); x.onPage(on) != x.onPage(key(0)) {
			break
		}
	}
	var y index
	y.enterSpan(newSpanIndex(on, 1<<pageBits, 1))
	y.enterSpan(newSpanIndex(on, 80, (1<<pageBits)/80))
	if z := y.share(); z.enterNew(on) != nil {
		t.Error("a hand has replaced what was entered")
	}
}
