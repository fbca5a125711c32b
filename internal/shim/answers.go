package shim

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/upstarego/upstarego/internal/cache"
)

// What the go command and its linker ask other programs in every build is asked once: which
// version a tool is, and whether the C compiler knows a flag, for which it is run over a
// file of one line. An answer is kept under a key that covers who gave it.

// versionFlag asks a tool for what the go command's cache keys hold of it.
const versionFlag = "-V=full"

// tellVersion answers in a tool's place, or runs it, in this process's place.
func tellVersion(tool string) error {
	path, err := exec.LookPath(tool)
	if err != nil {
		return err
	}
	by := Tools{Experiment: os.Getenv("GOEXPERIMENT"), GOOS: os.Getenv("GOOS"), GOARCH: os.Getenv("GOARCH")}
	return answer(versions, path, []string{tool, versionFlag}, by.about(path), func(a answered) bool { return a.Status == 0 })
}

// isTrial tells whether cmd/link asks about a flag: it links this file, and nothing else.
func isTrial(args []string) bool {
	return len(args) > 0 && filepath.Base(args[len(args)-1]) == "trivial.c"
}

// try answers a trial in the C compiler's place, or runs it. Which flags it knows does not
// depend on where the files are, nor on what is in a version script.
func try(path string, argv []string) error {
	var about []string
	for i, a := range argv {
		switch {
		case i == len(argv)-1 || i > 0 && argv[i-1] == "-o":
			a = filepath.Base(a)
		case strings.HasPrefix(a, versionScript):
			a = versionScript
		}
		about = append(about, a)
	}
	for _, v := range []string{"PATH", "LC_ALL", "COMPILER_PATH", "GCC_EXEC_PREFIX", "LIBRARY_PATH", "CPATH"} {
		about = append(about, v+"="+os.Getenv(v))
	}
	for _, of := range []string{"ld", "as"} { // by what it is run by
		if p, err := exec.LookPath(of); err == nil {
			about = append(about, identity(p))
		}
	}
	return answer(trials, path, argv, about, func(a answered) bool {
		return a.Status == 0 || bytes.Contains(a.Stderr, []byte("unrecognized")) || bytes.Contains(a.Stderr, []byte("unknown"))
	})
}

const versionScript = "-Wl,--version-script="

// Where answers are kept.
const (
	versions = "versions"
	trials   = "trials"
)

// answered is what a program said.
type answered struct {
	Stdout, Stderr []byte
	Status         int
}

// answer ends this process as the program would have, which is run if it was not yet asked
// this. about is what the answer depends on, beside the program itself.
func answer(kind, path string, argv, about []string, lasting func(answered) bool) error {
	a, key, ok := known(kind, path, about)
	if !ok {
		cmd := exec.Command(path, argv[1:]...)
		cmd.Args[0] = argv[0]
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		var exit *exec.ExitError
		if err := cmd.Run(); err != nil && (!errors.As(err, &exit) || !exit.Exited()) {
			return err
		}
		a = answered{out.Bytes(), errs.Bytes(), cmd.ProcessState.ExitCode()}
		if text, err := json.Marshal(a); err == nil && lasting(a) {
			cache.Note(kind, key, text)
		}
	}
	os.Stdout.Write(a.Stdout)
	os.Stderr.Write(a.Stderr)
	os.Exit(a.Status)
	return nil
}

// known is the answer that was given before, and the key under which it is kept.
func known(kind, path string, about []string) (a answered, key string, ok bool) {
	key = fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "%q %q", identity(path), about)))
	text, err := cache.Find(kind, key)
	return a, key, err == nil && json.Unmarshal(text, &a) == nil
}

// identity changes whenever the file is another one.
func identity(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	fi, err := os.Stat(path)
	if err != nil {
		return path
	}
	inode := uint64(0)
	if st, ok := fi.Sys().(*syscall.Stat_t); ok {
		inode = st.Ino
	}
	return fmt.Sprint(path, " ", fi.Size(), " ", fi.ModTime().UnixNano(), " ", inode)
}
