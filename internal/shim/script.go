package shim

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Tools are the go command's, and what their versions depend on.
type Tools struct {
	Dir        string // GOTOOLDIR
	Experiment string // GOEXPERIMENT
	GOOS       string
	GOARCH     string
}

// about is what the version of the tool at path depends on, beside the tool.
func (t Tools) about(path string) []string {
	return []string{path, t.Experiment, t.GOOS, t.GOARCH}
}

// Script writes what stands between the go command and us, to a file in dir, and gives it
// as a value of -toolexec: a shell is started in a tenth of the time that this program
// takes, and says itself what is known already. Everything else it hands on to words, which
// start this program.
//
// The file is named to the shell, since not everywhere files for a build can be executed.
func (t Tools) Script(dir string, words ...string) (toolexec string, err error) {
	var b strings.Builder
	b.WriteString("# Started by the go command, -toolexec: a tool, and its arguments.\ncase $2 in\n" + versionFlag + ") case $1 in\n")
	for _, name := range []string{"asm", "cgo", "compile", "link", "vet"} {
		path := filepath.Join(t.Dir, name)
		a, _, ok := known(versions, path, t.about(path))
		if ok && a.Status == 0 && len(a.Stderr) == 0 && !strings.Contains(string(a.Stdout), "\x00") {
			fmt.Fprintf(&b, "\t%s) printf %%s %s; exit;;\n", quote(path), quote(string(a.Stdout)))
		}
	}
	b.WriteString("\tesac;;\n" + `-\#\#\#) exec "$@";;` + "\nesac\nexec") // the C compiler tells what it is
	for _, w := range words {
		b.WriteString(" " + quote(w))
	}
	b.WriteString(` "$@"` + "\n")
	file := filepath.Join(dir, "toolexec.sh")
	if err := os.WriteFile(file, []byte(b.String()), 0o666); err != nil {
		return "", err
	}
	return JoinWords([]string{"/bin/sh", file})
}

// quote spells a word for the shell.
func quote(w string) string { return "'" + strings.ReplaceAll(w, "'", `'\''`) + "'" }
