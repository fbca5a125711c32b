package gobuild

import (
	"bytes"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"

	"github.com/upstarego/upstarego/internal/diag"
)

// importable is the name the go command is shown instead of main. It has the
// same length, so that positions do not move.
const importable = "prog"

// marker ends every shown file. It keeps the contents, which the build cache
// goes by, from being those of a package that really has the shown name.
const marker = "\n//upstarego:package-main\n"

// layMain makes the program's package main importable: the overlay shows its
// files under another package clause, and the shim is told which contents belong
// in their place. Files that are not instrumented are read from where they are.
func (b *Build) layMain() error {
	b.shim.Main, b.shim.Root = b.Target.Main.ImportPath, b.Root
	dir, err := b.place(filepath.Join(b.Target.Main.Dir, "x.go"))
	if err != nil {
		return err
	}
	dir = filepath.Dir(dir)
	files := map[string]bool{}
	for _, f := range b.Target.Main.GoFiles {
		files[filepath.Join(dir, f)] = true
	}
	for place := range b.overlay {
		if filepath.Dir(place) == dir && strings.HasSuffix(place, ".go") && !strings.HasSuffix(place, "_test.go") {
			files[place] = true
		}
	}
	// Test files are no part of the program, and still say main.
	tests, err := filepath.Glob(filepath.Join(b.Target.Main.Dir, "*_test.go"))
	if err != nil {
		return err
	}
	for _, t := range tests {
		b.overlay[filepath.Join(dir, filepath.Base(t))] = ""
	}
	for _, place := range sortedKeys(files) {
		at, laid := b.overlay[place]
		if !laid {
			at = filepath.Join(b.Target.Main.Dir, filepath.Base(place))
		}
		if at == "" {
			continue // deleted by the user's overlay
		}
		content, err := os.ReadFile(at)
		if err != nil {
			return diag.New(diag.LoadFailed, token.Position{Filename: place}, "a file of package main cannot be read", err.Error(), "")
		}
		shown, isMain, err := showImportable(place, content)
		if err != nil {
			return err
		}
		if !isMain {
			continue // another package's file, kept out by a build constraint
		}
		if b.overlay[place], err = b.stage.put("shown", place, shown); err != nil {
			return err
		}
		real, err := b.stage.put("src", place, content)
		if err != nil {
			return err
		}
		b.shim.Files = append(b.shim.Files, [2]string{b.overlay[place], real})
	}
	return nil
}

// showImportable gives a file of package main the importable clause.
func showImportable(name string, content []byte) (shown []byte, isMain bool, err error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, name, content, parser.PackageClauseOnly)
	if err != nil {
		return nil, false, diag.New(diag.TypeErrors, token.Position{Filename: name}, "the file has no package clause", err.Error(), "")
	}
	if f.Name.Name != "main" {
		return nil, false, nil
	}
	at := fset.File(f.Pos()).Offset(f.Name.Pos())
	shown = append(shown, content[:at]...)
	shown = append(shown, importable...)
	shown = append(shown, content[at+len("main"):]...)
	shown = bytes.TrimRight(shown, "\n")
	return append(shown, marker...), true, nil
}
