package loader

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"unsafe"

	"github.com/upstarego/upstarego/runtime/leftover"
	"github.com/upstarego/upstarego/runtime/update"
)

// mapObject hands the verified bytes to the dynamic linker. What is mapped has to
// be what was verified, so the bytes go into a file that nobody else has: by
// default one in memory, sealed against writing; with dir, where memory files
// may not be executed, one that only this user can open and that is gone as soon
// as it is mapped. Pages of zeros are not written: there is no memory for them
// unless somebody looks at them.
func mapObject(o *update.Object, size int64, dir string) (*library, error) {
	if dir == "" {
		lib, err := mapMemory(o, size)
		if err == nil || missing(err) != "" { // which would be missing elsewhere as well
			return lib, err
		}
		var again error
		if lib, again = mapFile(o, size, os.TempDir()); again != nil {
			return nil, fmt.Errorf("from memory: %w; from %s: %w", err, os.TempDir(), again)
		}
		return lib, nil
	}
	return mapFile(o, size, dir)
}

const (
	sysMemfdCreate = 319 // linux/amd64
	mfdCloexec     = 1
	mfdSealing     = 2
	mfdExec        = 0x10
	fAddSeals      = 1033
	allSeals       = 1 | 2 | 4 | 8 // no more seals, no shrinking, growing, writing
)

// opened counts the modules, to give each a name that the dynamic linker, which
// compares names, has not seen: descriptors are closed and their numbers come again.
var opened int

func mapMemory(o *update.Object, size int64) (*library, error) {
	name, _ := syscall.BytePtrFromString("upstare")
	fd, _, errno := syscall.Syscall(sysMemfdCreate, uintptr(unsafe.Pointer(name)), mfdCloexec|mfdSealing|mfdExec, 0)
	if errno == syscall.EINVAL { // kernels before 6.3 do not know of mfdExec
		fd, _, errno = syscall.Syscall(sysMemfdCreate, uintptr(unsafe.Pointer(name)), mfdCloexec|mfdSealing, 0)
	}
	if errno != 0 {
		return nil, fmt.Errorf("memfd_create: %w", errno)
	}
	f := os.NewFile(fd, "memfd:upstare")
	defer f.Close()
	if err := o.WriteSparse(f, size); err != nil {
		return nil, err
	}
	if _, _, errno := syscall.Syscall(syscall.SYS_FCNTL, fd, fAddSeals, allSeals); errno != 0 {
		return nil, fmt.Errorf("sealing: %w", errno)
	}
	opened++
	return openLocal("/proc/self/fd" + unseen(opened) + "/" + fmt.Sprint(fd))
}

// unseen writes a number so that it means nothing in a path: a 1 is a directory's name for
// itself.
func unseen(n int) string {
	return strings.NewReplacer("0", "/", "1", "/.").Replace(fmt.Sprintf("%b", n))
}

func mapFile(o *update.Object, size int64, dir string) (*library, error) {
	own, err := leftover.Make(dir, "upstare-so-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(own)
	path := filepath.Join(own, "update.so")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	err = o.WriteSparse(f, size)
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return nil, err
	}
	opened++
	return openLocal(path)
}
