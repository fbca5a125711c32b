package shim

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/upstarego/upstarego/internal/slim"
)

// linkerName is what this program is called when it stands before the C compiler:
// cmd/link hands on nothing else that would tell.
const linkerName = "upstarego-extld"

// A Linker is what stands before a C compiler.
type Linker struct {
	Command []string     // the C compiler's, with what belongs before all arguments
	Slim    *slim.Config // what the linked object is not to carry; nil: it carries everything
}

// Install makes a linker for cmd/link's -extld: a link to this program in dir.
func (l *Linker) Install(dir string) (path string, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	data, err := json.Marshal(l)
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, linkerName)
	if err := os.WriteFile(path+".json", data, 0o666); err != nil {
		return "", err
	}
	os.Remove(path) // of an earlier build in this directory
	if err := os.Symlink(self, path); err != nil {
		return "", err
	}
	return path, nil
}

// runLinker changes the object among the arguments, and hands them to the C compiler.
func runLinker(config string, args []string) error {
	data, err := os.ReadFile(config)
	if err != nil {
		return err
	}
	var l Linker
	if err := json.Unmarshal(data, &l); err != nil {
		return fmt.Errorf("%s: %w", config, err)
	}
	if len(l.Command) == 0 {
		return fmt.Errorf("%s names no linker", config)
	}
	path, err := exec.LookPath(l.Command[0])
	if err != nil {
		return err
	}
	argv := append(append([]string{}, l.Command...), args...)
	if isTrial(args) {
		return try(path, argv)
	}
	for _, a := range args {
		if l.Slim != nil && filepath.Base(a) == "go.o" && !strings.HasPrefix(a, "-") {
			if _, err := l.Slim.Apply(a); err != nil {
				return err
			}
		}
	}
	return fmt.Errorf("%s: %w", path, syscall.Exec(path, argv, roomy(os.Environ())))
}

// roomy has the C library ask for large pages: the linker keeps all symbols in memory, and
// spends a third of its time on getting that page by page.
func roomy(env []string) []string {
	const tunables = "GLIBC_TUNABLES"
	if os.Getenv(tunables) != "" {
		return env
	}
	return append(env, tunables+"=glibc.malloc.hugetlb=1")
}
