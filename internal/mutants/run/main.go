// Command run makes every mutant of this module, and fails if a test does not notice it.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/upstarego/upstarego/internal/mutants"
)

var (
	only    = flag.String("run", "", "the mutants whose names match `REGEXP`")
	verbose = flag.Bool("v", false, "show what the tests say")
)

func main() {
	flag.Parse()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	chosen, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	all, err := mutants.Read(".")
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "upstarego-mutants-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	tree := filepath.Join(dir, "tree")
	if err := lay(tree); err != nil {
		return err
	}
	missed, made := 0, 0
	for _, m := range all {
		if !chosen.MatchString(m.Name) {
			continue
		}
		made++
		if err := m.Apply(tree); err != nil {
			fmt.Println(err)
			missed++
			continue
		}
		begun := time.Now()
		text, noticed := test(tree, m)
		verdict := "noticed"
		if !noticed {
			verdict = "MISSED"
			missed++
		}
		fmt.Printf("%-8s %-32s %s %s (%.0f s)\n", verdict, m.Name, m.Package, m.Test, time.Since(begun).Seconds())
		if *verbose || !noticed {
			fmt.Printf("%s\n", text)
		}
		for _, c := range m.Changes { // as it was
			text, err := os.ReadFile(c.File)
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(tree, c.File), text, 0o666); err != nil {
				return err
			}
		}
	}
	fmt.Printf("%d mutants, %d noticed, %d missed\n", made, made-missed, missed)
	if missed > 0 || made == 0 {
		return fmt.Errorf("the rules of %d mutants are not tested", missed)
	}
	return nil
}

// lay copies the files that git has, as they are.
func lay(tree string) error {
	out, err := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		return fmt.Errorf("git ls-files: %w", err)
	}
	for name := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		text, err := os.ReadFile(name)
		if os.IsNotExist(err) {
			continue
		} else if err != nil {
			return err
		}
		info, err := os.Stat(name)
		if err != nil {
			return err
		}
		to := filepath.Join(tree, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(to, text, info.Mode()); err != nil {
			return err
		}
	}
	return nil
}

// A test has noticed if it ran and failed; that something is not compiled does not count.
var failed = regexp.MustCompile(`(?m)^\s*--- FAIL: |^panic: |^fatal error: |^FAIL\s+\S+\s+[0-9.]+s$`)

func test(tree string, m mutants.Mutant) (text []byte, noticed bool) {
	limit := "1m" // a rule may be noticed by nobody's coming back
	if strings.HasPrefix(m.Package, "./internal/") || strings.HasPrefix(m.Package, "./cmd/") || strings.HasPrefix(m.Package, "./rewriter/link") {
		limit = "5m" // it builds programs
	}
	cmd := exec.Command("go", "test", "-count=1", "-timeout", limit, "-ldflags=-checklinkname=0", "-run", m.Test, m.Package)
	cmd.Dir = tree
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	built := !bytes.Contains(out.Bytes(), []byte("[build failed]")) && !bytes.Contains(out.Bytes(), []byte("[setup failed]"))
	return out.Bytes(), err != nil && built && failed.Match(out.Bytes())
}
