package slim

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// linkerName is what this program is called when it stands before the C compiler:
// cmd/link hands on nothing else that would tell.
const linkerName = "upstarego-extld"

// Install makes a linker for cmd/link's -extld that applies the configuration: a
// link to this program in dir, which calls RunAsLinker first thing in main.
func (c *Config) Install(dir string) (path string, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	data, err := json.Marshal(c)
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

// RunAsLinker is the linker if this process was started as one, and returns otherwise.
func RunAsLinker() {
	if filepath.Base(os.Args[0]) != linkerName {
		return
	}
	fmt.Fprintln(os.Stderr, "upstarego:", runLinker(os.Args[0]+".json", os.Args[1:]))
	os.Exit(2)
}

// runLinker changes the object among the arguments, and hands them to the linker.
func runLinker(config string, args []string) error {
	data, err := os.ReadFile(config)
	if err != nil {
		return err
	}
	var c Config
	if err := json.Unmarshal(data, &c); err != nil {
		return fmt.Errorf("%s: %w", config, err)
	}
	if len(c.Linker) == 0 {
		return fmt.Errorf("%s names no linker", config)
	}
	for _, a := range args {
		// cmd/link tries what the linker can do on other files before.
		if filepath.Base(a) == "go.o" && !strings.HasPrefix(a, "-") {
			if _, err := c.Apply(a); err != nil {
				return err
			}
		}
	}
	path, err := exec.LookPath(c.Linker[0])
	if err != nil {
		return err
	}
	argv := append(append([]string{}, c.Linker...), args...)
	return fmt.Errorf("%s: %w", path, syscall.Exec(path, argv, os.Environ()))
}
