package bench

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

//go:embed testdata
var testdata embed.FS

const (
	programsModule = "bench.test/programs"
	// fftProgram is the one that needs a module, which is instrumented with it.
	fftProgram    = "fft"
	fftInstrument = "github.com/mjibson/go-dsp/..."
)

// Programs lists the compute programs: each is a package of testdata/programs with a function Work(n) that does n
// rounds and returns what shows that they were done.
func Programs() (names []string) {
	entries, err := fs.ReadDir(testdata, "testdata/programs")
	if err != nil {
		panic(err) // it is embedded
	}
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}

// writePrograms writes the programs as one module, so that all of them are built at once.
func writePrograms(dir string, names []string) error {
	imports, table := "", ""
	for _, n := range names {
		imports += fmt.Sprintf("\t%q\n", programsModule+"/"+n)
		table += fmt.Sprintf("\t%q: %s.Work,\n", n, n)
		if err := unpack(path.Join("testdata/programs", n), filepath.Join(dir, n)); err != nil {
			return err
		}
	}
	main, err := testdata.ReadFile("testdata/programs/main.go")
	if err != nil {
		return err
	}
	files := map[string][]byte{
		"main.go":     main,
		"programs.go": []byte("package main\n\nimport (\n" + imports + ")\n\nvar programs = map[string]func(int) any{\n" + table + "}\n"),
		"go.mod":      []byte("module " + programsModule + "\n\ngo 1.26\n"),
	}
	for _, n := range names {
		if n == fftProgram {
			for to, from := range map[string]string{"go.mod": "mod.txt", "go.sum": "sum.txt"} {
				if files[to], err = testdata.ReadFile("testdata/programs/" + from); err != nil {
					return err
				}
			}
		}
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o666); err != nil {
			return err
		}
	}
	return nil
}

// unpack writes a directory of testdata.
func unpack(from, to string) error {
	sub, err := fs.Sub(testdata, from)
	if err != nil {
		return err
	}
	return os.CopyFS(to, sub)
}

// buildPrograms builds the programs plain and instrumented. The one that needs a module is left out when that cannot be had.
func (b *bench) buildPrograms(ctx context.Context) (names []string, exes [2]string, leftOut string, err error) {
	names = Programs()
	dir := filepath.Join(b.Work, "programs")
	if err = writePrograms(dir, names); err != nil {
		return
	}
	if _, derr := command(ctx, dir, nil, "go", "mod", "download"); derr != nil {
		if ctx.Err() != nil {
			return nil, exes, "", ctx.Err()
		}
		leftOut = "without fft: its module cannot be had"
		b.Log("%s: %v", leftOut, derr)
		names = without(names, fftProgram)
		if err = errors.Join(os.RemoveAll(dir), writePrograms(dir, names)); err != nil {
			return
		}
	}
	exes = [2]string{filepath.Join(b.Work, "programs-plain"), filepath.Join(b.Work, "programs-instrumented")}
	if err = buildPlain(ctx, dir, exes[0]); err != nil {
		return
	}
	var flags []string
	if leftOut == "" {
		flags = []string{"-instrument", fftInstrument}
	}
	return names, exes, leftOut, b.buildRelease(ctx, dir, exes[1], "", flags...)
}

func without(list []string, name string) (rest []string) {
	for _, l := range list {
		if l != name {
			rest = append(rest, l)
		}
	}
	return rest
}

// ownFunction reports whether a function of an executable belongs to a program.
func ownFunction(symbol, program string) (name string, ok bool) {
	return strings.CutPrefix(symbol, programsModule+"/"+program+".")
}
