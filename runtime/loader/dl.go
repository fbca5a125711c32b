package loader

/*
#cgo CFLAGS: -D_GNU_SOURCE
#cgo LDFLAGS: -ldl
#include <dlfcn.h>
#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

static void *upstare_open(const char *path, int flags, char **err) {
	void *h = dlopen(path, flags);
	if (h == NULL) *err = dlerror();
	return h;
}

static uintptr_t upstare_base(void *h) {
	struct link_map *m = NULL;
	if (dlinfo(h, RTLD_DI_LINKMAP, &m) != 0 || m == NULL) return 0;
	return (uintptr_t)m->l_addr;
}

// upstare_bind asks for n names with their versions at once: name and version
// strings end in NUL and follow each other in the buffer.
static void upstare_bind(void *h, const char *buf, size_t n, uintptr_t *out) {
	for (size_t i = 0; i < n; i++) {
		const char *name = buf;
		while (*buf++) {}
		const char *ver = buf;
		while (*buf++) {}
		out[i] = (uintptr_t)(*ver ? dlvsym(h, name, ver) : dlsym(h, name));
	}
}

struct upstare_pages {
	const uintptr_t *page;
	size_t n;
	int *bits;
};

// upstare_library notes how the library's pages among these are protected.
static int upstare_library(struct dl_phdr_info *lib, size_t size, void *data) {
	struct upstare_pages *p = data;
	const uintptr_t mask = ~(uintptr_t)4095;
	uintptr_t from = UINTPTR_MAX, to = 0;
	for (int k = 0; k < lib->dlpi_phnum; k++) {
		const ElfW(Phdr) *s = &lib->dlpi_phdr[k];
		uintptr_t a = lib->dlpi_addr + s->p_vaddr;
		if (s->p_type != PT_LOAD) continue;
		if (a < from) from = a;
		if (a + s->p_memsz > to) to = a + s->p_memsz;
	}
	for (size_t i = 0; i < p->n; i++) {
		uintptr_t page = p->page[i];
		if (page < (from & mask) || page >= to) continue;
		int bits = 0, constant = 0;
		for (int k = 0; k < lib->dlpi_phnum; k++) {
			const ElfW(Phdr) *s = &lib->dlpi_phdr[k];
			uintptr_t a = lib->dlpi_addr + s->p_vaddr, end = a + s->p_memsz;
			if (s->p_type == PT_LOAD && (a & mask) <= page && page < end)
				bits = (s->p_flags & PF_R ? PROT_READ : 0) | (s->p_flags & PF_W ? PROT_WRITE : 0) | (s->p_flags & PF_X ? PROT_EXEC : 0);
			if (s->p_type == PT_GNU_RELRO && (a & mask) <= page && page < (end & mask)) constant = 1;
		}
		p->bits[i] = constant ? bits & ~PROT_WRITE : bits;
	}
	return 0;
}

static void upstare_protections(const uintptr_t *page, size_t n, int *bits) {
	struct upstare_pages p = {page, n, bits};
	dl_iterate_phdr(upstare_library, &p);
}
*/
import "C"

import (
	"errors"
	"unsafe"
)

// library is a shared object as the dynamic linker knows it; nil handle: the
// global scope, the executable and whatever was promoted.
type library struct {
	handle unsafe.Pointer
	base   uintptr // difference between addresses and those in the file
	path   string  // as given to the dynamic linker, which finds it again by this name
}

// openLocal maps the file. RTLD_LOCAL keeps its symbols out of the global scope:
// as long as it is not promoted, nothing that is loaded later can bind to it.
func openLocal(path string) (*library, error) {
	h, err := dlopen(path, C.RTLD_NOW|C.RTLD_LOCAL)
	if err != nil {
		return nil, err
	}
	base := uintptr(C.upstare_base(h))
	if base == 0 {
		return nil, errors.New("the dynamic linker does not say where it put the module")
	}
	return &library{handle: h, base: base, path: path}, nil
}

// promote makes the library's symbols available to what is loaded from now on.
func (l *library) promote() error {
	_, err := dlopen(l.path, C.RTLD_NOW|C.RTLD_GLOBAL|C.RTLD_NOLOAD)
	return err
}

func dlopen(path string, flags C.int) (unsafe.Pointer, error) {
	p := C.CString(path)
	defer C.free(unsafe.Pointer(p))
	var msg *C.char
	h := C.upstare_open(p, flags, &msg)
	if h == nil {
		if msg == nil {
			return nil, errors.New("the dynamic linker gives no reason")
		}
		return nil, errors.New(C.GoString(msg))
	}
	return h, nil
}

// versioned is a symbol's name and node; an empty node asks for any.
type versioned struct{ name, node string }

// addresses looks the symbols up as the dynamic linker does, 0 for those that
// are not there.
func (l *library) addresses(syms []versioned) []uintptr {
	if len(syms) == 0 {
		return nil
	}
	n := 0
	for _, s := range syms {
		n += len(s.name) + len(s.node) + 2
	}
	buf := make([]byte, 0, n)
	for _, s := range syms {
		buf = append(buf, s.name...)
		buf = append(buf, 0)
		buf = append(buf, s.node...)
		buf = append(buf, 0)
	}
	out := make([]uintptr, len(syms))
	C.upstare_bind(l.handle, (*C.char)(unsafe.Pointer(&buf[0])), C.size_t(len(syms)), (*C.uintptr_t)(unsafe.Pointer(&out[0])))
	return out
}

// protections says how the pages are protected that lie in libraries or in the executable,
// and 0 for those that do not. The dynamic linker knows without listing all the mappings
// of the process, of which there are thousands. It holds its lock for no longer than it
// takes to change a list.
func protections(pages []uintptr) []int {
	if len(pages) == 0 {
		return nil
	}
	bits := make([]C.int, len(pages))
	C.upstare_protections((*C.uintptr_t)(unsafe.Pointer(&pages[0])), C.size_t(len(pages)), &bits[0])
	all := make([]int, len(pages))
	for n, b := range bits {
		all[n] = int(b)
	}
	return all
}

// globalScope is what a module that is loaded next would search first.
var globalScope = &library{}

// self is the executable.
func self() (*library, error) {
	var msg *C.char
	h := C.upstare_open(nil, C.RTLD_NOW, &msg)
	if h == nil {
		return nil, errors.New(C.GoString(msg))
	}
	return &library{handle: h, base: uintptr(C.upstare_base(h))}, nil
}
