package loader

import (
	"slices"
	"sync/atomic"
	"unsafe"
)

// cacheSites are n places in a module, each so far from the one before, where type
// assertions or switches keep their caches. Every module has some hundreds, of one size
// for the most part and one behind the other, and they are there for good.
type cacheSites struct {
	first       uintptr
	apart, more uint32
}

// sitesOf are those at the offsets in the library.
func sitesOf(offs []uint64, lib *library) (all []cacheSites) {
	offs = slices.Clone(offs)
	slices.Sort(offs)
	for _, off := range offs {
		a := lib.base + uintptr(off)
		if len(all) > 0 {
			s := &all[len(all)-1]
			apart := a - s.last()
			if s.more == 0 && apart < 1<<32 {
				s.apart = uint32(apart)
			}
			if apart == uintptr(s.apart) {
				s.more++
				continue
			}
		}
		all = append(all, cacheSites{first: a})
	}
	return slices.Clip(all)
}

func (s cacheSites) last() uintptr { return s.first + uintptr(s.apart)*uintptr(s.more) }

// resetSites makes the caches empty.
func resetSites(all []cacheSites, empty unsafe.Pointer) {
	for _, s := range all {
		for n := range uintptr(s.more) + 1 {
			if c := &at[cacheSite](s.first + n*uintptr(s.apart)).cache; atomic.LoadPointer(c) != empty {
				atomic.StorePointer(c, empty)
			}
		}
	}
}
