package loader

import (
	"fmt"
	"sync/atomic"
	"syscall"
)

// poke is a word to be written into memory that may be read-only.
type poke struct{ addr, value uintptr }

const pageSize = 4096

// pokeAll writes the words, each at once. Pages that cannot be written are made
// writable meanwhile; if that fails nothing has been written.
func pokeAll(ps []poke) error {
	var pages []uintptr
	seen := map[uintptr]bool{}
	for _, p := range ps {
		if page := p.addr &^ (pageSize - 1); !seen[page] {
			seen[page] = true
			pages = append(pages, page)
		}
	}
	type locked struct {
		page uintptr
		bits int
	}
	var done []locked
	defer func() {
		for _, l := range done {
			protect(l.page, l.bits)
		}
	}()
	for n, bits := range protections(pages) {
		if bits == 0 || bits&syscall.PROT_WRITE != 0 {
			continue // the heap's, or data
		}
		if err := protect(pages[n], bits|syscall.PROT_WRITE); err != nil {
			return err
		}
		done = append(done, locked{pages[n], bits})
	}
	for _, p := range ps {
		atomic.StoreUintptr(at[uintptr](p.addr), p.value)
	}
	return nil
}

func protect(page uintptr, bits int) error {
	if _, _, errno := syscall.Syscall(syscall.SYS_MPROTECT, page, pageSize, uintptr(bits)); errno != 0 {
		return fmt.Errorf("mprotect: %w", errno)
	}
	return nil
}
