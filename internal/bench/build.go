package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// build measures builds of kvd. What is compared is built by turns, in directories of its own.
func (b *bench) build(ctx context.Context) error {
	if b.wantedRow("build/first") {
		if b.Quick {
			b.leave("build/first", leftOut)
		} else if err := b.coldBuild(ctx); err != nil {
			return err
		}
	}
	return b.nextBuild(ctx)
}

// coldBuild compares builds that find nothing compiled.
func (b *bench) coldBuild(ctx context.Context) error {
	src := filepath.Join(b.Root, "examples", "kvd", "r1")
	dir := filepath.Join(b.Work, "cold")
	var took [2][]float64
	for run := range 6 {
		for k := range 2 {
			at := (k + run) % 2
			env := []string{"GOCACHE=" + filepath.Join(dir, "go"), "UPSTAREGO_CACHE=" + filepath.Join(dir, "own")}
			args := [][]string{{"go", "build"}, {b.Tool, "build"}}[at]
			began := time.Now()
			if _, err := command(ctx, src, env, append(args, "-o", filepath.Join(b.Work, "cold-exe"), ".")...); err != nil {
				return err
			}
			took[at] = append(took[at], time.Since(began).Seconds())
			if err := os.RemoveAll(dir); err != nil {
				return err
			}
		}
	}
	b.set("build/first", figure(ratios(took[1], took[0])), "go build %s s, upstarego build %s s", digits(figure(took[0]).Median), digits(figure(took[1]).Median))
	return nil
}

// nextBuild compares builds of the next release with what a plain program with plugins needs of the same code: a host
// and a plugin.
func (b *bench) nextBuild(ctx context.Context) error {
	dir := filepath.Join(b.Work, "next")
	r1, own, host := filepath.Join(dir, "r1"), filepath.Join(dir, "own"), filepath.Join(dir, "host")
	kvd := func(r string) string { return filepath.Join(b.Root, "examples", "kvd", r) }
	for _, c := range [][2]string{{kvd("r1"), r1}, {kvd("r2"), own}, {kvd("r2"), host}} {
		if err := copyTree(c[0], c[1]); err != nil {
			return err
		}
	}
	if err := place("testdata/memory/plugin.go", filepath.Join(host, "plugin.go")); err != nil {
		return err
	}
	base := filepath.Join(dir, "base")
	if err := b.buildRelease(ctx, r1, base, ""); err != nil {
		return err
	}
	parts := map[string][]float64{}
	if b.Quick {
		for _, row := range []string{"build/from", "build/analysis", "build/rewriting"} {
			b.leave(row, leftOut)
		}
	}
	for _, edit := range []struct {
		row  string
		what func(dir string, run int) error
	}{{"build/from", editAll}, {"build/edit", editOne}} {
		if b.Quick && edit.row == "build/from" {
			continue
		}
		if !b.wantedRow(edit.row) && !(edit.row == "build/from" && b.wantedRow("build/analysis")) {
			continue
		}
		var took [2][]float64
		for run := range either(b, 6, 10) + 1 {
			for k := range 2 {
				at := (k + run) % 2
				if err := edit.what([]string{host, own}[at], run); err != nil {
					return err
				}
				began := time.Now()
				var said string
				var err error
				if at == 0 {
					err = buildPlain(ctx, host, filepath.Join(dir, "host-exe"))
					if err == nil {
						err = buildPlain(ctx, host, filepath.Join(dir, "host.so"), "-buildmode=plugin")
					}
				} else {
					said, err = complaints(ctx, own, b.Tool, "build", "-timings", "-from", base, "-o", filepath.Join(dir, "own-exe"), ".")
				}
				if err != nil {
					return err
				}
				if run == 0 { // what both need of foreign packages is compiled
					continue
				}
				took[at] = append(took[at], time.Since(began).Seconds())
				if at == 1 && edit.row == "build/from" {
					for what, s := range readTimings(said) {
						parts[what] = append(parts[what], s)
					}
				}
			}
		}
		b.set(edit.row, figure(ratios(took[1], took[0])), "host and plugin %s s, -from %s s", digits(figure(took[0]).Median), digits(figure(took[1]).Median))
	}
	if len(parts) == 0 {
		return nil
	}
	analysis := make([]float64, len(parts["analysing it"]))
	for i := range analysis {
		analysis[i] = parts["loading the program"][i] + parts["analysing it"][i]
	}
	b.set("build/analysis", figure(analysis), "of %s s; loading %s s of it", digits(figure(parts["in all"]).Median), digits(figure(parts["loading the program"]).Median))
	b.set("build/rewriting", figure(parts["rewriting it"]), "")
	return nil
}

// editAll changes all packages.
func editAll(dir string, run int) error {
	for _, pattern := range []string{"*.go", "internal/*/*.go"} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(files) == 0 {
			return fmt.Errorf("no files %s in %s (%v)", pattern, dir, err)
		}
		for _, f := range files {
			if err := editFile(f, run); err != nil {
				return err
			}
		}
	}
	return nil
}

var (
	edited  = regexp.MustCompile(`(?m)^// edit \d+\n`)
	release = regexp.MustCompile(`const release = \d+`)
)

// fresh is a number that no run before has had: the go command remembers what it has compiled.
func fresh(run int) int64 { return time.Now().UnixNano() + int64(run) }

func editFile(name string, run int) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	return os.WriteFile(name, fmt.Appendf(edited.ReplaceAll(text, nil), "// edit %d\n", fresh(run)), 0o666)
}

// editOne changes one line of code: what INFO reports as the release.
func editOne(dir string, run int) error {
	name := filepath.Join(dir, "release.go")
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if !release.Match(text) {
		return fmt.Errorf("%s has no line to edit", name)
	}
	return os.WriteFile(name, release.ReplaceAll(text, fmt.Appendf(nil, "const release = %d", fresh(run))), 0o666)
}

var timing = regexp.MustCompile(`(?m)^ *([0-9.]+) s  (.*)$`)

// readTimings reads what -timings prints.
func readTimings(said string) map[string]float64 {
	parts := map[string]float64{}
	for _, m := range timing.FindAllStringSubmatch(said, -1) {
		if s, err := strconv.ParseFloat(m[1], 64); err == nil {
			parts[strings.TrimSpace(m[2])] = s
		}
	}
	return parts
}
