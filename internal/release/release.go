// Package release makes one release of a program: from source to the executable
// and, for an update, the file that a running process loads.
package release

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/upstarego/upstarego/framemap/check"
	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/internal/embedded"
	"github.com/upstarego/upstarego/internal/gobuild"
	"github.com/upstarego/upstarego/internal/pclntab"
	"github.com/upstarego/upstarego/internal/testprog"
	"github.com/upstarego/upstarego/rewriter"
	"github.com/upstarego/upstarego/rewriter/body"
	"github.com/upstarego/upstarego/rewriter/colour"
	"github.com/upstarego/upstarego/rewriter/funcname"
	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/link"
	"github.com/upstarego/upstarego/rewriter/load"
	"github.com/upstarego/upstarego/rewriter/match"
	"github.com/upstarego/upstarego/rewriter/mirror"
	"github.com/upstarego/upstarego/runtime/loader"
	"github.com/upstarego/upstarego/runtime/update"
)

// modulePath is the module that carries the runtime and the frame map's vocabulary.
const modulePath = "github.com/upstarego/upstarego"

// A Config says what to build.
type Config struct {
	Dir        string            // where the command runs
	Pattern    string            // the main package
	GoFlags    []string          // go build flags as given
	Instrument []string          // patterns of dependencies to instrument
	From       string            // executable of the base release; "" starts a lineage
	Base       *ledger.Release   // the base release, if it has no executable yet
	Number     int               // of a release without a base; 0 is 1
	There      *check.Input      // with Back: the step that this one takes back
	Back       bool              // the program is that of the release before the base once more: see Back
	Tests      *testprog.Package // what the executable runs in the place of main; nil: main
	MapDir     string            // directory of framemap.go; "" is upstare/r<number> beside the main package
	Output     string            // "" is go build's default name
	UpdateOnly bool              // make no executable, and a file with the ledger in its place
	Trust      string            // public keys, PEM, whose updates the executable takes if UPSTARE_TRUST says nothing; "": those of the base
	Stress     int
	Work       string             // keep generated files here
	Sign       ed25519.PrivateKey // signs the update, if it is there
	Stderr     io.Writer
	Began      func(Work) // is told what the build does from now on; nil: nobody is
}

// A Result says what was made.
type Result struct {
	Executable string // "" with UpdateOnly
	Ledger     string // in its place, what a release that follows needs; "" without UpdateOnly
	Update     string // "" for a first release
	Release    *ledger.Release
	Base       *ledger.Release // nil for a first release
	Matches    []match.Func    // of the base release's functions
	Rules      *check.Rules    // what the frame map says; nil for a first release
	Step       *check.Input    // what that was checked with
}

// A build is one run of Build.
type build struct {
	Config
	target  *gobuild.Target
	prog    *load.Program
	out     *rewriter.Output
	modules map[string]string
	old     *ledger.Release // of the base, or nil
	now     *ledger.Release
	matches []match.Func
	rules   *check.Rules
	input   *check.Input
	maps    colour.Maps
	starts  []string        // variables that the update gives their initial values, in order
	behind  map[string]bool // those of them that need what others have when all has been transformed
	mapDir  string
	names   *pclntab.Names
	seen    link.Seen
	outPath string
	tmp     string // holds the outputs until they are complete
}

// Build makes a release. The user's tree is not touched; the output files appear
// when all of them are complete, but for a ledger alone, which comes first.
func Build(c Config) (*Result, error) {
	b := &build{Config: c}
	for _, step := range []func() error{b.base, b.source, b.describe, b.frameMap, b.started, b.writable} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	defer os.RemoveAll(b.tmp)
	identify := b.identify
	if b.UpdateOnly {
		identify = b.identifyUpdate
	}
	plan, err := identify()
	if err != nil {
		return nil, err
	}
	r := &Result{Release: b.now, Base: b.original(), Matches: b.matches, Rules: b.rules.Original(b.old), Step: b.input}
	if b.UpdateOnly {
		// It says what the release is. Whether the linker gets along with that is of no
		// concern to those that follow: they may be built meanwhile.
		r.Ledger = b.outPath + ".ledger"
		if err := b.ledgerAlone(r.Ledger); err != nil {
			return nil, err
		}
	}
	var parts []func() error
	if !b.UpdateOnly {
		r.Executable = b.outPath
		parts = append(parts, func() error { return b.executable(plan) })
	}
	if b.old != nil {
		r.Update = b.outPath + ".update"
		parts = append(parts, func() error { return b.update(plan) })
	}
	switch {
	case len(parts) == 2:
		b.begin(LinkingBoth)
	case b.UpdateOnly:
		b.begin(Updating)
	default:
		b.begin(Linking)
	}
	if err := b.together(parts); err != nil {
		return nil, err
	}
	if r.Update != "" {
		if err := os.Rename(b.unfinished("update"), r.Update); err != nil {
			return nil, err
		}
	}
	if r.Executable == "" {
		return r, nil
	}
	return r, os.Rename(b.unfinished("exe"), b.outPath)
}

// together does what is left at the same time: most of it is linkers' work, which one
// processor does. What the go command says on the way is to stay legible, and -p=1 means
// one at a time.
func (b *build) together(parts []func() error) error {
	errs := make([]error, len(parts))
	var wg sync.WaitGroup
	for i, part := range parts {
		wg.Go(func() { errs[i] = part() })
		if !b.target.Flags.Parallel() {
			wg.Wait()
			if errs[i] != nil {
				break
			}
		}
	}
	wg.Wait()
	for _, err := range errs { // the executable's first, whichever was first
		if err != nil {
			return err
		}
	}
	return nil
}

// ledgerAlone writes what a release that follows needs of this one.
func (b *build) ledgerAlone(path string) error {
	packed, err := b.now.Pack()
	if err != nil {
		return err
	}
	tmp := b.unfinished("ledger")
	if err := os.WriteFile(tmp, packed, 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

// unfinished is where an output is put together.
func (b *build) unfinished(name string) string { return filepath.Join(b.tmp, name) }

// writable makes a directory beside the output, and so refuses a place that cannot
// be written to before the work for it is done.
func (b *build) writable() (err error) {
	if fi, serr := os.Stat(b.outPath); serr == nil && fi.IsDir() { // as go build does
		b.outPath = filepath.Join(b.outPath, filepath.Base(b.target.DefaultOutput()))
	}
	if b.tmp, err = os.MkdirTemp(filepath.Dir(b.outPath), ".upstarego-"); err != nil {
		return diag.New(diag.NothingToCreate, token.Position{}, "the output cannot be written", err.Error(), "name another file with -o")
	}
	return nil
}

// base reads the ledger of the release to update.
func (b *build) base() error {
	if b.Base != nil {
		b.old = b.Base
		return nil
	}
	if b.From == "" {
		return nil
	}
	var err error
	b.old, err = ReadBase(b.Config)
	return err
}

// ReadBase reads the ledger of the release that a configuration updates.
func ReadBase(c Config) (*ledger.Release, error) {
	path := c.From
	if !filepath.IsAbs(path) {
		path = filepath.Join(c.Dir, path)
	}
	r, err := ledger.Read(path)
	if err != nil {
		return nil, diag.New(diag.BadBase, token.Position{Filename: c.From}, "the base release cannot be read", err.Error(), "name the executable that the running process was built as or last updated to, or the file .ledger of that update")
	}
	return r, nil
}

// Colours loads and colours a program, and no more.
func Colours(c Config) (*colour.Result, error) {
	b := &build{Config: c}
	return b.colours()
}

func (b *build) colours() (_ *colour.Result, err error) {
	b.begin(Loading)
	if b.target, err = gobuild.Resolve(b.Dir, b.GoFlags, b.Pattern); err != nil {
		return nil, err
	}
	t := b.target
	b.prog, err = load.Load(load.Config{Dir: t.Dir, Pattern: t.Main.ImportPath, Instrument: b.Instrument, BuildFlags: t.PlainFlags(), Env: t.PlainEnv()})
	if err != nil {
		return nil, err
	}
	if err := b.linkedStrings(); err != nil {
		return nil, err
	}
	if b.old != nil {
		b.mapDir = b.MapDir
		switch {
		case b.mapDir == "":
			b.mapDir = filepath.Join(t.Main.Dir, filepath.FromSlash(check.MapDir(&ledger.Release{Number: b.old.Number + 1, Back: b.Back})))
		case !filepath.IsAbs(b.mapDir):
			b.mapDir = filepath.Join(b.Dir, b.mapDir)
		}
		b.findMapped()
	}
	b.begin(Analysing)
	return colour.Analyse(b.prog, b.maps)
}

// linkedStrings tells the program what -X gives to its variables.
func (b *build) linkedStrings() error {
	values, err := b.target.Flags.Strings(b.target.Main.ImportPath)
	if err == nil {
		b.prog.Link(values)
	}
	return err
}

// findMapped finds what the frame maps of the lineage call, and start goroutines with: those
// of the earlier ones may still be to come. What is wrong in framemap.go is told by its checker.
func (b *build) findMapped() {
	calls, begins := map[string]bool{}, map[string]bool{}
	note := func(to map[string]bool, names ...string) {
		for _, n := range names {
			to[n] = true
		}
	}
	note(calls, b.old.Mapped...)
	note(begins, b.old.Begun...)
	if file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(b.mapDir, "framemap.go"), nil, parser.SkipObjectResolution); err == nil {
		note(calls, fullNames(colour.Named(b.prog, file))...)
		note(begins, fullNames(colour.Begun(b.prog, file))...)
	}
	for _, pkg := range b.prog.Own {
		for _, file := range pkg.Syntax {
			for _, d := range file.Decls {
				d, ok := d.(*ast.FuncDecl)
				if !ok {
					continue
				}
				f, ok := pkg.Info.Defs[d.Name].(*types.Func)
				if ok && calls[f.FullName()] {
					b.maps.Calls = append(b.maps.Calls, f)
				}
				if ok && begins[f.FullName()] {
					b.maps.Begins = append(b.maps.Begins, f)
				}
			}
		}
	}
}

// fullNames are the functions', in order.
func fullNames(fs []*types.Func) (names []string) {
	for _, f := range fs {
		names = append(names, f.FullName())
	}
	slices.Sort(names)
	return names
}

// source loads, colours and rewrites the program.
func (b *build) source() error {
	col, err := b.colours()
	if err != nil {
		return err
	}
	t := b.target
	b.begin(Rewriting)
	b.out, err = rewriter.Rewrite(b.prog, col)
	if b.Work != "" {
		if err := dump(b.Work, b.out); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	if b.names, err = funcname.Of(b.prog, b.out, b.prog.Main); err != nil {
		return err
	}
	b.names.Hidden = append(b.names.Hidden, "main.main") // the generated main package's: it calls the program's
	if b.modules, err = embedded.Modules(); err != nil {
		return err
	}
	b.outPath = b.Output
	if b.outPath == "" {
		b.outPath = t.DefaultOutput()
	}
	if !filepath.IsAbs(b.outPath) {
		b.outPath = filepath.Join(t.Dir, b.outPath)
	}
	return nil
}

// describe starts the release's ledger and checks that it continues the base's.
func (b *build) describe() error {
	b.begin(Comparing)
	t := b.target
	digest, err := embedded.Digest()
	if err != nil {
		return err
	}
	r := &ledger.Release{
		Number: max(1, b.Number), GoVersion: t.GoVersion, GOOS: t.GOOS, GOARCH: t.GOARCH, Flags: t.Flags.Record(),
		Main: t.Main.ImportPath, Own: b.out.Packages, Runtime: digest, Sources: map[string]string{},
	}
	b.out.Describe(b.prog, r)
	r.Mapped, r.Begun = fullNames(b.maps.Calls), fullNames(b.maps.Begins)
	for _, pkg := range b.prog.Own {
		for i, name := range pkg.Filenames {
			r.Sources[pkg.PkgPath+"/"+filepath.Base(name)] = string(pkg.Written[i])
		}
	}
	if r.Tree, err = tree(t, r.Own); err != nil {
		return err
	}
	if r.Trust = b.Trust; r.Trust == "" && b.old != nil {
		r.Trust = b.old.Trust
	}
	b.now = r
	if o := b.old; o != nil {
		r.Number, r.Lineage, r.Back = o.Number+1, o.Lineage, b.Back
		var l diag.List
		differs := func(what, old, new, do string) {
			if old != new {
				l.Add(diag.OtherBuild, token.Position{}, what+" differs from the base release's", fmt.Sprintf("it was %q and is %q", old, new), do)
			}
		}
		differs("the Go toolchain", o.GoVersion, r.GoVersion, "build with the toolchain of the lineage, or start a new one")
		differs("the platform", o.GOOS+"/"+o.GOARCH, r.GOOS+"/"+r.GOARCH, "build for the platform of the running process")
		differs("the list of build flags", strings.Join(o.Flags, " "), strings.Join(r.Flags, " "), "build with the flags of the base release")
		differs("the program", o.Main, r.Main, "name the program that the base release is of")
		differs("upstarego's runtime", o.Runtime, r.Runtime, "build with the upstarego that built the base release")
		if err := l.Err(); err != nil {
			return err
		}
		b.old = o.In(o.Moved(r)).Apart(r)
		b.matches = match.Funcs(b.old, r)
	}
	return nil
}

// frameMap proves the step from the base release total.
func (b *build) frameMap() error {
	if b.old == nil {
		return nil
	}
	var l diag.List
	in := b.step().Input(b.mapDir)
	b.input = &in
	if b.rules, l = check.Check(in); b.rules != nil {
		b.now.Passes = check.Passes(b.old, b.now, b.rules)
		check.Settle(b.old, b.now, b.rules)
		if b.Stderr != nil && len(l) == 0 {
			for _, w := range b.rules.Warnings {
				fmt.Fprintf(b.Stderr, "warning: %v\n", w)
			}
		}
	}
	return l.Err()
}

// original is the base release as it calls itself.
func (b *build) original() *ledger.Release {
	if b.old == nil {
		return nil
	}
	return b.old.Original()
}

// mapPackages are the frame map and its mirrors, to be compiled into the update.
func (b *build) mapPackages() (added map[string]map[string][]byte, path string, err error) {
	if !b.rules.Exists {
		return nil, "", nil
	}
	text, err := os.ReadFile(filepath.Join(b.mapDir, "framemap.go"))
	if err != nil {
		return nil, "", err
	}
	base := check.PackagePath(b.now)
	path = base + "/compiled"
	return map[string]map[string][]byte{
		path:          {"framemap.go": unconstrained(text)},
		base + "/was": mirror.Files(b.old, b.now, "was", func(m string) bool { return b.rules.Was[m] }),
		base + "/is":  mirror.Files(b.now, b.now, "is", func(m string) bool { return b.rules.Is[m] }),
	}, path, nil
}

// unconstrained takes the build constraint away and leaves its line.
func unconstrained(text []byte) []byte {
	lines := bytes.SplitAfter(text, []byte("\n"))
	for i, l := range lines {
		if bytes.HasPrefix(l, []byte("//go:build ")) {
			lines[i] = []byte("\n")
			break
		}
	}
	return bytes.Join(lines, nil)
}

// started are the variables whose initial values the update has to make, in the
// order in which they depend on each other: new ones of packages that the process
// has, and those whose initial value changed. They are made before commit, by new
// code that sees the process's variables as they are then.
func (b *build) started() error {
	if b.old == nil {
		return nil
	}
	old, wanted := map[string]bool{}, map[string]bool{}
	for _, v := range b.old.Vars {
		old[v.Key] = true
	}
	for _, k := range b.rules.Fresh {
		wanted[k] = true
	}
	for _, v := range b.now.Vars {
		pkg := v.Key[:strings.LastIndexByte(v.Key, '.')]
		if !old[v.Key] && v.Init != "" && slices.Contains(b.old.Own, pkg) {
			wanted[v.Key] = true
		}
	}
	for _, k := range b.rules.Given {
		delete(wanted, k)
	}
	// These change at commit, whatever the update gives them.
	late := func(key string) bool {
		return slices.Contains(b.rules.Given, key) || old[key] && wanted[key] && !(b.behind[key] && b.old.Elsewhere(key))
	}
	// Those of packages with another path have what they held when all has been transformed.
	there := func(key string) bool { return b.behind[key] || old[key] && !wanted[key] && b.old.Elsewhere(key) }
	b.behind = map[string]bool{}
	initial := rewriter.NewInitial(b.prog)
	var diags diag.List
	for _, k := range initial.Order {
		if !wanted[k] {
			continue
		}
		b.starts = append(b.starts, k)
		_, b.behind[k] = initial.Uses(k, there)
		if from, ok := initial.Uses(k, late); ok {
			diags.Add(diag.VariableChange, b.prog.Fset.Position(initial.Pos(k)), "the initial value of "+k+" is made from "+from,
				"this update changes that one as well, and both are made before it", "give "+k+" a value with framemap.Var")
		}
	}
	return diags.Err()
}

// name of the release, as the user sees it.
func (b *build) name() string { return fmt.Sprintf("r%d", b.now.Number) }

// plan decides about symbols, with the generated main package as it stands. named is the
// import path that it is linked with, if that waits for the node.
func (b *build) plan(gb *gobuild.Build, update bool, named func(node string) string, generated ...string) (*link.Result, error) {
	flags, err := gb.Args()
	if err != nil {
		return nil, err
	}
	in := link.Input{
		Seen: &b.seen,
		Dir:  gb.Dir(), Env: gb.Env(), Flags: flags, Main: gb.Root, Named: named,
		Update: update, Release: b.name(),
		Own: b.out.Packages, OwnVars: b.out.OwnVars,
		Private:   []string{body.WordPath},
		Generated: append([]string{gb.Root, body.RoomPath, body.OlderPath}, generated...),
		Fixed:     lasting,
	}
	if b.old != nil {
		in.Previous = b.old.Symbols
	}
	plan, err := link.Plan(in)
	if err == nil {
		err = unmade(plan)
	}
	return plan, err
}

// unmade refuses to go on with variables of packages that are not updated and that nobody
// would make.
func unmade(plan *link.Result) error {
	var l diag.List
	for _, v := range plan.Unmade {
		l.Add(diag.VariableUnmade, token.Position{}, "variable "+v+" begins with another value than before, and nobody would make it",
			"its package has changed and is not updated by upstarego, so its init functions do not run again", "add the package to -instrument, or keep its version")
	}
	return l.Err()
}

// prepare lays out one go build.
func (b *build) prepare(mode gobuild.Mode, root string, main []byte, added map[string]map[string][]byte, plan *link.Result, output string) (*gobuild.Build, error) {
	if plan == nil {
		plan = &link.Result{} // nothing is linked yet
	}
	all := map[string]map[string][]byte{root: {"main.go": main}}
	maps.Copy(all, added)
	var words []string
	if b.Tests != nil && mode == gobuild.Exe {
		words = []string{"-X=testing.testBinary=1"} // what testing.Testing reports
	}
	within := map[string][]byte{}
	maps.Copy(within, room(b.out))
	if mode == gobuild.Plugin && b.now.Older {
		within["runtime/older/seen.go"] = []byte("package older\n\nconst Seen = true\n")
	}
	c := gobuild.Config{
		Link:   words,
		Target: b.target, Mode: mode, Root: root, Files: b.out.Files,
		Added:   all,
		Modules: b.modules, Within: map[string]map[string][]byte{modulePath: within}, Funcs: b.names, Script: plan.Script, Slim: plan.Slim, Output: output, Stderr: b.Stderr,
	}
	if b.Work != "" {
		c.Work = filepath.Join(b.Work, string(mode))
	}
	return c.Prepare()
}

// lasting are the packages that a lineage keeps as its first release had them.
var lasting = []string{body.RuntimePath + "/...", modulePath + "/framemap/..."}

func fixed(path string) bool { return link.Input{Fixed: lasting}.IsFixed(path) }

// host is where the main package of the executable stands.
func (b *build) host() string { return b.target.Main.ImportPath + "/upstare/host" }

// hasExpvar reports whether the program has package expvar.
func (b *build) hasExpvar() bool {
	return slices.ContainsFunc(b.target.Packages, func(p *gobuild.Package) bool { return p.ImportPath == "expvar" })
}

// identify plans the executable, and so gives the release its symbols, the hashes of its
// packages and its node. It returns the plan.
func (b *build) identify() (*link.Result, error) {
	b.begin(Compiling)
	main, err := hostMain(b.now.Main, b.now.Own, b.Stress, b.Tests, b.now.Trust, b.hasExpvar(), loader.Base{})
	if err != nil {
		return nil, err
	}
	gb, err := b.prepare(gobuild.Exe, b.host(), main, nil, nil, "")
	if err != nil {
		return nil, err
	}
	defer gb.Close()
	plan, err := b.plan(gb, false, nil)
	if err != nil {
		return nil, linkError(err)
	}
	b.now.Symbols, b.now.Hashes = plan.Symbols, plan.Hashes
	b.now.Older = b.older()
	if b.now.Lineage == "" {
		b.now.Lineage = plan.Symbols.Node
	}
	return plan, nil
}

// older reports whether there can be values of types that earlier releases had otherwise.
func (b *build) older() bool {
	return b.old != nil && (b.old.Older || b.now.Symbols.ChangesTypes(b.old.Symbols, body.IsFrame))
}

// identifyUpdate does what identify does where no executable is made, from the update:
// what only the executable holds is the runtime's, which is the base's. It returns the
// update's plan.
func (b *build) identifyUpdate() (*link.Result, error) {
	b.begin(Compiling)
	b.now.Older = b.old.Older
	for {
		plan, err := b.planUpdate(unnamed)
		if err != nil {
			return nil, err
		}
		b.now.Symbols, b.now.Hashes = plan.Symbols, maps.Clone(plan.Hashes)
		for path, h := range b.old.Hashes {
			if _, ok := b.now.Hashes[path]; !ok && fixed(path) {
				b.now.Hashes[path] = h
			}
		}
		older := b.older()
		if older == b.now.Older {
			return plan, nil
		}
		b.now.Older = older // which is compiled into it
	}
}

// executable builds the release for cold starts, with its ledger at its end. It
// does not get its name yet.
func (b *build) executable(plan *link.Result) error {
	main, err := hostMain(b.now.Main, b.now.Own, b.Stress, b.Tests, b.now.Trust, b.hasExpvar(), loader.Base{
		Lineage: b.now.Lineage, Node: b.now.Node(), Nodes: b.now.Symbols.Nodes, Release: b.name(),
		Flags: b.now.Flags, Packages: b.now.Hashes, Own: b.now.Own,
	})
	if err != nil {
		return err
	}
	tmp := b.unfinished("exe")
	gb, err := b.prepare(gobuild.Exe, b.host(), main, nil, plan, tmp)
	if err != nil {
		return err
	}
	defer gb.Close()
	if err := gb.Run(); err != nil {
		return err
	}
	if err := audit(tmp, nil, b.now.Symbols); err != nil {
		return err
	}
	if err := link.Linked(b.now.Symbols, tmp); err != nil {
		return linkError(err)
	}
	packed, err := b.now.Pack()
	if err != nil {
		return err
	}
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(packed)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// unnamed is the node of an update whose node is not known yet.
const unnamed = "UPSTARE_000000000000"

// updateRoot is where the main package of an update stands.
func (b *build) updateRoot(node string) string {
	return b.target.Main.ImportPath + "/upstare/" + strings.ToLower(node)
}

// prepareUpdate lays out the build of an update, and says which packages are made for it.
func (b *build) prepareUpdate(node string, plan *link.Result, output string) (*gobuild.Build, []string, error) {
	added, mapPath, err := b.mapPackages()
	if err != nil {
		return nil, nil, err
	}
	main := updateMain(node, b.now.Main, b.now.Own, b.rules.Original(b.old), b.old.Paths, mapPath, b.starts, b.behind, b.hasExpvar())
	gb, err := b.prepare(gobuild.Plugin, b.updateRoot(node), main, added, plan, output)
	return gb, slices.Sorted(maps.Keys(added)), err
}

// planUpdate compiles the update and decides about its symbols. node is the release's,
// or unnamed.
func (b *build) planUpdate(node string) (*link.Result, error) {
	var named func(string) string
	if node == unnamed {
		named = b.updateRoot
	}
	gb, added, err := b.prepareUpdate(node, nil, "")
	if err != nil {
		return nil, err
	}
	defer gb.Close()
	plan, err := b.plan(gb, true, named, added...)
	if err != nil {
		return nil, linkError(err)
	}
	if node != unnamed && plan.Symbols.Node != node {
		return nil, diag.New(diag.LinkFailed, token.Position{}, "the executable and the update of one release differ", "one is "+node+", the other "+plan.Symbols.Node, "report it")
	}
	return plan, nil
}

// update builds what a running process loads. It does not get its name yet. plan is the
// executable's if there is one.
func (b *build) update(plan *link.Result) error {
	id := b.now.Node()
	if !b.UpdateOnly {
		var err error
		if plan, err = b.planUpdate(id); err != nil {
			return err
		}
	}
	object := b.unfinished("so")
	gb, _, err := b.prepareUpdate(id, plan, object)
	if err != nil {
		return err
	}
	defer gb.Close()
	if err := gb.Run(); err != nil {
		return err
	}
	so, err := os.ReadFile(object)
	if err != nil {
		return err
	}
	var buf bytes.Buffer
	err = update.Write(&buf, update.Manifest{
		Lineage: b.now.Lineage, Base: b.old.Node(), Release: b.name(), Node: id,
		GoVersion: b.now.GoVersion, GOOS: b.now.GOOS, GOARCH: b.now.GOARCH, Flags: b.now.Flags,
		Packages: plan.Hashes, Recompiled: plan.Recompiled, Own: b.now.Own, Shared: plan.Shared,
	}, so)
	if err != nil {
		return err
	}
	data := buf.Bytes()
	if b.Sign != nil {
		if data, err = update.Sign(data, b.Sign); err != nil {
			return err
		}
	}
	return os.WriteFile(b.unfinished("update"), data, 0o644)
}

func linkError(err error) error {
	if diag.Has(err, "") {
		return diag.New(diag.LinkFailed, token.Position{}, "the release cannot be linked", err.Error(), gobuild.CCompiler(err.Error()))
	}
	return err
}

// audit reads the finished file back.
func audit(host string, updates []string, syms *ledger.Symbols) error {
	findings, err := link.Audit(host, updates, syms)
	if err != nil {
		return linkError(err)
	}
	var l diag.List
	for _, f := range findings {
		l.Add(diag.WrongBinding, token.Position{}, f.String(), "the linker did not do as the ledger says", "report it and keep the files")
	}
	return l.Err()
}

// dump keeps the instrumented files where the developer can read them.
func dump(dir string, out *rewriter.Output) error {
	for _, name := range slices.Sorted(maps.Keys(out.Files)) {
		path := filepath.Join(dir, "src", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(path, out.Files[name], 0o666); err != nil {
			return err
		}
	}
	return nil
}
