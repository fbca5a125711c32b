// Package mutants switches rules off, one at a time, to see that a test of each fails.
//
// A mutant is a file of testdata/mutants: what is at risk, the test that has to notice,
// and an exchange of text in one or more source files.
//
//	hazard: pointer into the middle of a moved object
//	test: ./runtime/state TestInteriorPointers
//	-- runtime/state/discover.go --
//	text that is there once
//	====
//	text in its place
//
// The last line of either may be the beginning of one.
//
// docs/hazards.md lists the hazards with their rules.
package mutants

import (
	"bytes"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"golang.org/x/tools/txtar"
)

// A Mutant is one rule, switched off.
type Mutant struct {
	Name    string
	Hazard  string
	Package string // of the test, as the go command names it from the module's root
	Test    string // what -run is given
	Changes []Change
}

// A Change is an exchange of text in a file, whose name is relative to the module's root.
type Change struct {
	File     string
	Old, New string
}

// Dir is where mutants are, relative to the module's root.
const Dir = "testdata/mutants"

const divider = "====\n"

// Read reads all mutants, sorted by name.
func Read(root string) ([]Mutant, error) {
	names, err := filepath.Glob(filepath.Join(root, Dir, "*.txt"))
	if err != nil {
		return nil, err
	}
	sort.Strings(names)
	var l []Mutant
	for _, name := range names {
		m, err := read(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		l = append(l, m)
	}
	return l, nil
}

func read(name string) (m Mutant, err error) {
	a, err := txtar.ParseFile(name)
	if err != nil {
		return m, err
	}
	m.Name = strings.TrimSuffix(filepath.Base(name), ".txt")
	for line := range strings.Lines(string(a.Comment)) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), ": ")
		switch {
		case ok && key == "hazard":
			m.Hazard = value
		case ok && key == "test":
			m.Package, m.Test, _ = strings.Cut(value, " ")
		case key != "":
			return m, fmt.Errorf("%q is neither hazard nor test", line)
		}
	}
	if m.Hazard == "" || m.Test == "" || len(a.Files) == 0 {
		return m, fmt.Errorf("it lacks its hazard, its test or a change")
	}
	for _, f := range a.Files {
		old, new, ok := strings.Cut(string(f.Data), divider)
		if !ok || old == "" {
			return m, fmt.Errorf("the change of %s is not divided by ====", f.Name)
		}
		m.Changes = append(m.Changes, Change{f.Name, strings.TrimSuffix(old, "\n"), strings.TrimSuffix(new, "\n")})
	}
	return m, nil
}

// Apply changes the files beneath root.
func (m Mutant) Apply(root string) error {
	texts := map[string][]byte{}
	for _, c := range m.Changes {
		name := filepath.Join(root, c.File)
		text, ok := texts[name]
		if !ok {
			var err error
			if text, err = os.ReadFile(name); err != nil {
				return err
			}
		}
		if n := bytes.Count(text, []byte(c.Old)); n != 1 {
			return fmt.Errorf("mutant %s: what it changes in %s is there %d times", m.Name, c.File, n)
		}
		texts[name] = bytes.Replace(text, []byte(c.Old), []byte(c.New), 1)
	}
	for name, text := range texts {
		if strings.HasSuffix(name, ".go") {
			if _, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution); err != nil {
				return fmt.Errorf("mutant %s: %w", m.Name, err)
			}
		}
		if err := os.WriteFile(name, text, 0o666); err != nil {
			return err
		}
	}
	return nil
}
