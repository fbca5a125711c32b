package loader

import (
	"fmt"
	"os"
	"syscall"
)

const protWrite = syscall.PROT_WRITE

func regions() ([]region, error) {
	data, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return nil, err
	}
	return parseRegions(data), nil
}

func (r *region) bits() (b int) {
	if r.read {
		b |= syscall.PROT_READ
	}
	if r.write {
		b |= syscall.PROT_WRITE
	}
	if r.exec {
		b |= syscall.PROT_EXEC
	}
	return b
}

func protect(page uintptr, bits int) error {
	if _, _, errno := syscall.Syscall(syscall.SYS_MPROTECT, page, pageSize, uintptr(bits)); errno != 0 {
		return fmt.Errorf("mprotect: %w", errno)
	}
	return nil
}
