package conformance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/upstarego/upstarego/internal/corpus"
	"github.com/upstarego/upstarego/internal/embedded"
	"github.com/upstarego/upstarego/internal/shim"
	"github.com/upstarego/upstarego/rewriter"
	"github.com/upstarego/upstarego/rewriter/body"
	"github.com/upstarego/upstarego/rewriter/colour"
	"github.com/upstarego/upstarego/rewriter/funcname"
	"github.com/upstarego/upstarego/rewriter/load"
)

// A Direct builds small programs of the standard library and nothing else without the go command, as the
// distribution's runner does: the compiler and the linker are given what was compiled once. Instrumented programs
// are rewritten in this process, as for upstarego build -standalone. That makes thousands of builds possible; the
// command's own builds are sampled beside it.
type Direct struct {
	world     *load.World
	importcfg string
	compiler  string
	linker    string
}

// NewDirect asks the go command once for everything that programs and the runtime import. work is kept for it.
func NewDirect(work string) (*Direct, error) {
	modules, err := embedded.Modules()
	if err != nil {
		return nil, err
	}
	mod := "module " + corpus.TestModule + "\n\ngo 1.26\n"
	for _, path := range slices.Sorted(maps.Keys(modules)) {
		mod += fmt.Sprintf("\nrequire %s v0.0.0\n\nreplace %s => %s\n", path, path, modules[path])
	}
	scratch := filepath.Join(work, "world")
	if err := corpus.WriteFiles(scratch, map[string][]byte{"go.mod": []byte(mod)}); err != nil {
		return nil, err
	}
	d := &Direct{}
	if d.world, err = load.NewWorld(scratch, "std", body.RuntimePath, body.WordPath, body.OlderPath); err != nil {
		return nil, err
	}
	var cfg strings.Builder
	exports := d.world.Exports()
	for _, path := range slices.Sorted(maps.Keys(exports)) {
		if exports[path] != "" {
			fmt.Fprintf(&cfg, "packagefile %s=%s\n", path, exports[path])
		}
	}
	d.importcfg = cfg.String()
	for _, t := range []struct {
		name string
		path *string
	}{{"compile", &d.compiler}, {"link", &d.linker}} {
		out, err := exec.Command("go", "tool", "-n", t.name).Output()
		if err != nil {
			return nil, fmt.Errorf("go tool -n %s: %w", t.name, err)
		}
		*t.path = strings.TrimSpace(string(out))
	}
	return d, nil
}

// Fits reports whether a program is one that needs no more than the compiler and the linker.
func (d *Direct) Fits(p corpus.Program) bool { return len(p.Flags)+len(p.Env) == 0 }

// Plain builds as the distribution's runner does.
func (d *Direct) Plain() corpus.Builder {
	return corpus.Builder{Do: d.plain, Variants: []corpus.Variant{{Name: "plain"}}}
}

// Stressed is corpus.Stressed, built directly.
func (d *Direct) Stressed(every ...int) corpus.Builder {
	b := corpus.Stressed("", every...)
	b.Do = d.stressed
	return b
}

func (d *Direct) plain(ctx context.Context, _ corpus.Program, module, exe string) error {
	prog, err := d.world.Load(module, corpus.TestModule)
	if err != nil {
		return refused(err)
	}
	out, err := d.begin(ctx, exe)
	if err != nil {
		return err
	}
	for _, pkg := range prog.Own {
		if err := out.compile(importPath(prog, pkg), pkg.Dir, pkg.Filenames); err != nil {
			return err
		}
	}
	return out.link(exe)
}

func (d *Direct) stressed(ctx context.Context, _ corpus.Program, module, exe string) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &corpus.BuildError{Output: fmt.Sprintf("the rewriter panics: %v\n%s", p, debug.Stack())}
		}
	}()
	prog, err := d.world.Load(module, corpus.TestModule)
	if err != nil {
		return refused(err)
	}
	col, err := colour.Analyse(prog, colour.Maps{})
	if err != nil {
		return refused(err)
	}
	rewritten, err := rewriter.RewriteAlone(prog, col)
	if err != nil {
		return refused(err)
	}
	out, err := d.begin(ctx, exe)
	if err != nil {
		return err
	}
	for _, pkg := range prog.Own {
		names := slices.Clone(pkg.Filenames)
		for name := range rewritten.Files {
			if filepath.Dir(name) == pkg.Dir && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		dir, err := os.MkdirTemp(out.dir, "src")
		if err != nil {
			return err
		}
		for i, name := range names {
			if content, ok := rewritten.Files[name]; ok {
				names[i] = filepath.Join(dir, filepath.Base(name))
				if err := os.WriteFile(names[i], content, 0o644); err != nil {
					return err
				}
				// The runtime tells instrumented files by the names that positions have.
				out.rewrites = append(out.rewrites, names[i]+"=>"+name)
			}
		}
		if err := out.compile(importPath(prog, pkg), pkg.Dir, names); err != nil {
			return err
		}
	}
	if err := out.link(exe, "-checklinkname=0", "-X="+body.RuntimePath+".aloneStress=1"); err != nil {
		return err
	}
	names, err := funcname.Of(prog, rewritten, nil)
	if err != nil {
		return err
	}
	return names.Apply(exe, prog.Main.PkgPath)
}

// importPath is what the compiler is to know a package as.
func importPath(prog *load.Program, pkg *load.Package) string {
	if pkg == prog.Main {
		return "main"
	}
	return pkg.PkgPath
}

// refused makes a build error of what the tool says about a program.
func refused(err error) error { return corpus.NewBuildError(err.Error()) }

// An output is one build under way.
type output struct {
	*Direct
	ctx      context.Context
	dir      string
	cfg      string // importcfg file
	own      string // its lines for own packages
	rewrites []string
	main     string // archive
}

func (d *Direct) begin(ctx context.Context, exe string) (*output, error) {
	dir := exe + ".build"
	o := &output{Direct: d, ctx: ctx, dir: dir, cfg: filepath.Join(dir, "importcfg")}
	return o, os.MkdirAll(dir, 0o755)
}

// compile compiles one package. Files are recorded under dir's names.
func (o *output) compile(path, dir string, files []string) error {
	if err := os.WriteFile(o.cfg, []byte(o.importcfg+o.own), 0o644); err != nil {
		return err
	}
	archive := filepath.Join(o.dir, strings.ReplaceAll(path, "/", "_")+".a")
	args := []string{"-p", path, "-pack", "-nolocalimports", "-c=1", "-importcfg", o.cfg, "-o", archive, "-trimpath", strings.Join(o.rewrites, ";")}
	if err := o.run(dir, o.compiler, append(args, files...)...); err != nil {
		return err
	}
	if err := shim.RestoreTypeNames(archive); err != nil {
		return err
	}
	o.own += fmt.Sprintf("packagefile %s=%s\n", path, archive)
	if path == "main" {
		o.main = archive
	}
	return nil
}

func (o *output) link(exe string, flags ...string) error {
	if err := os.WriteFile(o.cfg, []byte(o.importcfg+o.own), 0o644); err != nil {
		return err
	}
	args := append([]string{"-s", "-w", "-buildid=conformance", "-importcfg", o.cfg, "-o", exe}, flags...)
	if err := o.run(o.dir, o.linker, append(args, o.main)...); err != nil {
		return err
	}
	return os.RemoveAll(o.dir)
}

func (o *output) run(dir, tool string, args ...string) error {
	cmd := exec.CommandContext(o.ctx, tool, args...)
	cmd.Dir = dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return corpus.NewBuildError(strings.TrimSpace(out.String()) + "\n" + err.Error())
	}
	return err
}
