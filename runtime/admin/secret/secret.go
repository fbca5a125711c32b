// Package secret reads the small files that guard the admin endpoint. The command
// reads them as well, so this package uses the standard library alone.
package secret

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
)

const (
	minToken = 16
	maxToken = 4 << 10
)

// Token reads a bearer token from a file that only its owner, who is this user or
// root, can read.
func Token(name string) (string, error) {
	data, err := Read(name, maxToken)
	if err != nil {
		return "", err
	}
	token := strings.TrimSpace(string(data))
	if len(token) < minToken || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", fmt.Errorf("%s is not one line of at least %d visible ASCII characters", name, minToken)
	}
	return token, nil
}

// Read reads a small file that others than its owner cannot read.
func Read(name string, limit int64) ([]byte, error) {
	return read(name, limit, func(fi os.FileInfo) error {
		st, ok := fi.Sys().(*syscall.Stat_t)
		if !ok || fi.Mode().Perm()&0o077 != 0 || int(st.Uid) != os.Geteuid() && st.Uid != 0 {
			return fmt.Errorf("%s can be read or replaced by others; it must have mode 0600 and belong to this user", name)
		}
		return nil
	})
}

// ReadPublic reads a small file that holds no secret.
func ReadPublic(name string, limit int64) ([]byte, error) {
	return read(name, limit, func(os.FileInfo) error { return nil })
}

func read(name string, limit int64, check func(os.FileInfo) error) ([]byte, error) {
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !fi.Mode().IsRegular() {
		return nil, errors.New(name + " is not a regular file")
	}
	if err := check(fi); err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("%s is larger than %d bytes", name, limit)
	}
	return data, err
}
