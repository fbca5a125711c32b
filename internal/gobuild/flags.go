package gobuild

import (
	"fmt"
	"go/token"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/internal/shim"
)

// How a go build flag is treated.
type treatment int

const (
	pass     treatment = iota // handed to the go command as it is
	merge                     // handed over together with what upstarego adds
	restrict                  // honoured for some values only
	refuse                    // refused by name
)

type flagRule struct {
	treatment treatment
	boolean   bool
	values    []string // restrict: the values allowed
	why, do   string   // refuse, restrict
}

// goFlags holds every flag of `go build`. A flag that is not here is unknown.
var goFlags = map[string]flagRule{
	"a":             {treatment: pass, boolean: true},
	"p":             {treatment: pass},
	"v":             {treatment: pass, boolean: true},
	"x":             {treatment: pass, boolean: true},
	"race":          {treatment: pass, boolean: true},
	"trimpath":      {treatment: pass, boolean: true},
	"buildvcs":      {treatment: pass, boolean: true},
	"modcacherw":    {treatment: pass, boolean: true},
	"tags":          {treatment: pass},
	"installsuffix": {treatment: pass},
	"pgo":           {treatment: merge},
	"gcflags":       {treatment: merge},
	"asmflags":      {treatment: merge},
	"ldflags":       {treatment: merge},
	"modfile":       {treatment: merge},
	"overlay":       {treatment: merge},
	"C":             {treatment: merge},
	"mod":           {treatment: restrict, values: []string{"readonly", "mod", "vendor"}, why: "the go command knows no such mode", do: "see go help modules"},
	"buildmode":     {treatment: restrict, values: []string{"exe", "default"}, why: "updates are loaded into ordinary executables", do: "leave it out"},
	"compiler":      {treatment: restrict, values: []string{"gc"}, why: "loading relies on the gc toolchain", do: "leave it out"},
	"n":             {treatment: refuse, boolean: true, why: "the build needs what earlier steps made", do: "use -x to see the commands, -work to keep the files"},
	"work":          {treatment: refuse, boolean: true, why: "it is a flag of upstarego's own", do: "put -work among upstarego's flags"},
	"toolexec":      {treatment: refuse, why: "upstarego needs it for package main", do: "leave it out"},
	"linkshared":    {treatment: refuse, boolean: true, why: "updates bind by symbol versions of their own", do: "leave it out"},
	"gccgoflags":    {treatment: refuse, why: "loading relies on the gc toolchain", do: "leave it out"},
	"pkgdir":        {treatment: refuse, why: "packages are compiled from instrumented source", do: "leave it out"},
	"json":          {treatment: refuse, boolean: true, why: "the build's output is read by upstarego", do: "leave it out"},
	"msan":          {treatment: refuse, boolean: true, why: "C memory checkers do not know frames that are moved", do: "use -race"},
	"asan":          {treatment: refuse, boolean: true, why: "C memory checkers do not know frames that are moved", do: "use -race"},
	"cover":         {treatment: refuse, boolean: true, why: "coverage rewrites the same source", do: "measure coverage with go build -cover, without upstarego"},
	"covermode":     {treatment: refuse, why: "coverage rewrites the same source", do: "measure coverage with go build -cover, without upstarego"},
	"coverpkg":      {treatment: refuse, why: "coverage rewrites the same source", do: "measure coverage with go build -cover, without upstarego"},
}

// IsGoFlag reports whether name (without dashes) is a flag of go build, and
// whether it may stand without a value.
func IsGoFlag(name string) (known, boolean bool) {
	r, ok := goFlags[name]
	return ok, r.boolean
}

// Flags are the go build flags of a build, understood.
type Flags struct {
	Dir      string   // -C
	Modfile  string   // -modfile, absolute
	Overlay  string   // -overlay, absolute
	Mod      string   // -mod: "", "readonly", "mod" or "vendor"
	PGO      string   // -pgo: "", "auto", "off", or a file, absolute
	Race     bool     // -race
	Trimpath bool     // -trimpath
	Tags     string   // -tags
	passed   []string // in order, as -name=value
	gcflags  []string
	asmflags []string
	ldflags  []string // words
}

// ParseFlags understands go build flags in any of the spellings the go command
// takes (-x, --x, -x=v, -x v). goflags is the GOFLAGS of the environment, whose
// entries come first and may be flags of other commands. dir is the directory
// relative file names are relative to. Everything that cannot be honoured is
// reported together.
func ParseFlags(dir string, goflags string, args []string) (*Flags, error) {
	var problems diag.List
	f := &Flags{Dir: dir}
	env, err := shim.SplitWords(goflags)
	if err != nil {
		problems.Add(diag.BadEnvironment, token.Position{}, "GOFLAGS cannot be read", err.Error(), "")
	}
	for _, a := range env {
		name, value, has := strings.Cut(strings.TrimLeft(a, "-"), "=")
		rule, known := goFlags[name]
		if !known {
			continue // another command's
		}
		if !has && rule.boolean {
			value = "true"
		}
		f.set(name, value, "GOFLAGS", &problems)
	}
	for i := 0; i < len(args); i++ {
		name, value, has := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(args[i], "-"), "-"), "=")
		rule, known := goFlags[name]
		if !known || !strings.HasPrefix(args[i], "-") {
			problems.Add(diag.BadUsage, token.Position{}, "unknown flag "+args[i], "neither upstarego nor go build has it", "see upstarego build -h")
			continue
		}
		if !has {
			switch {
			case rule.boolean:
				value = "true"
			case i+1 < len(args):
				i++
				value = args[i]
			default:
				problems.Add(diag.BadUsage, token.Position{}, "flag -"+name+" needs a value", "", "")
				continue
			}
		}
		f.set(name, value, "", &problems)
	}
	return f, problems.Err()
}

func (f *Flags) set(name, value, from string, problems *diag.List) {
	rule := goFlags[name]
	what := "-" + name
	if !rule.boolean || value != "true" {
		what += "=" + value
	}
	if from != "" {
		what += " in " + from
	}
	switch rule.treatment {
	case refuse:
		if rule.boolean && value == "false" {
			return
		}
		problems.Add(diag.FlagRefused, token.Position{}, "flag "+what+" cannot be honoured", rule.why, rule.do)
		return
	case restrict:
		if !slices.Contains(rule.values, value) {
			problems.Add(diag.FlagRefused, token.Position{}, "flag "+what+" cannot be honoured", rule.why, rule.do)
			return
		}
	}
	abs := func(p string) string {
		if p == "" || filepath.IsAbs(p) {
			return p
		}
		return filepath.Join(f.Dir, p)
	}
	switch name {
	case "C":
		f.Dir = abs(value)
	case "modfile":
		f.Modfile = abs(value)
	case "overlay":
		f.Overlay = abs(value)
	case "mod":
		f.Mod = value
	case "pgo":
		if value != "auto" && value != "off" {
			value = abs(value)
		}
		f.PGO = value
	case "gcflags":
		f.gcflags = append(f.gcflags, value)
	case "asmflags":
		f.asmflags = append(f.asmflags, value)
	case "ldflags":
		f.setLdflags(value, problems)
	case "race":
		f.Race = value != "false"
		f.pass(name, value)
	case "trimpath":
		f.Trimpath = value != "false"
		f.pass(name, value)
	case "tags":
		f.Tags = value
		f.pass(name, value)
	case "buildmode", "compiler":
	default:
		f.pass(name, value)
	}
}

// pass records a single-valued flag; the last one wins, as in the go command.
func (f *Flags) pass(name, value string) {
	prefix := "-" + name + "="
	f.passed = slices.DeleteFunc(f.passed, func(s string) bool { return strings.HasPrefix(s, prefix) })
	f.passed = append(f.passed, prefix+value)
}

// setLdflags takes -ldflags. The flag may start with a package pattern; what is
// linked is one main package, so only patterns that are sure to match it are
// taken. Each -ldflags replaces the one before, as in the go command.
func (f *Flags) setLdflags(value string, problems *diag.List) {
	bad := func(why string) {
		problems.Add(diag.FlagRefused, token.Position{}, "flag -ldflags="+value+" cannot be honoured", why, "give the linker's flags without a pattern")
	}
	text := value
	if !strings.HasPrefix(strings.TrimLeft(text, " \t'\""), "-") && text != "" {
		pattern, rest, ok := strings.Cut(text, "=")
		if !ok || strings.TrimSpace(pattern) != "all" {
			bad("one main package is linked, and this pattern may not match it")
			return
		}
		text = rest
	}
	words, err := shim.SplitWords(text)
	if err != nil {
		bad(err.Error())
		return
	}
	f.ldflags = words
}

// Record is the flags in one canonical spelling, for the lineage: two builds
// with equal records were asked for in the same way. Flags that cannot change
// what is built are left out, and -X, which changes initial values as source does.
func (f *Flags) Record() []string {
	var r []string
	for _, p := range f.passed {
		name, _, _ := strings.Cut(strings.TrimPrefix(p, "-"), "=")
		if !slices.Contains([]string{"a", "p", "v", "x", "modcacherw", "buildvcs"}, name) {
			r = append(r, p)
		}
	}
	for _, g := range f.gcflags {
		r = append(r, "-gcflags="+g)
	}
	for _, g := range f.asmflags {
		r = append(r, "-asmflags="+g)
	}
	if words, err := f.linkWords("main", ""); err == nil { // it has been read before
		words = slices.DeleteFunc(words[1:], func(w string) bool { return strings.HasPrefix(w, setString) })
		if len(words) > 0 {
			r = append(r, fmt.Sprintf("-ldflags=%q", words))
		}
	}
	if f.PGO != "" {
		r = append(r, "-pgo="+f.PGO)
	}
	sort.Strings(r)
	return r
}

// talks reports whether the flags ask the go command to say what it does (-v, -x).
func (f *Flags) talks() bool {
	return slices.Contains(f.passed, "-v=true") || slices.Contains(f.passed, "-x=true")
}

// Parallel reports whether several go commands may run at a time.
func (f *Flags) Parallel() bool { return !f.talks() && !slices.Contains(f.passed, "-p=1") }

// plainArgs are the flags for reading the user's program as it is, without
// anything of ours: resolving, loading, type-checking.
func (f *Flags) plainArgs() []string {
	args := slices.Clone(f.passed)
	if f.Mod != "" {
		args = append(args, "-mod="+f.Mod)
	}
	if f.Modfile != "" {
		args = append(args, "-modfile="+f.Modfile)
	}
	if f.Overlay != "" {
		args = append(args, "-overlay="+f.Overlay)
	}
	return args
}

// onlyFor gives a per-package flag without a pattern the pattern it means in a
// build whose named package is main: the main package is a dependency in ours.
func onlyFor(main, value string) string {
	if strings.HasPrefix(strings.TrimLeft(value, " \t'\""), "-") || value == "" {
		return main + "=" + value
	}
	return value
}

// setString begins the linker's word that gives a string variable its value.
const setString = "-X="

// Strings are the values that -X gives to string variables, by import path and name;
// main is the import path of package main.
func (f *Flags) Strings(main string) (map[string]string, error) {
	words, err := f.linkWords(main, "")
	if err != nil {
		return nil, err
	}
	values := map[string]string{}
	for _, w := range words {
		if w, ok := strings.CutPrefix(w, setString); ok {
			name, value, _ := strings.Cut(w, "=")
			values[name] = value // the last one counts
		}
	}
	return values, nil
}

// linkWords merges the user's linker flags with ours. A variable of package
// main is addressed by the import path it is compiled under.
func (f *Flags) linkWords(main, script string) ([]string, error) {
	words := []string{"-checklinkname=0"}
	var ext []string
	for i := 0; i < len(f.ldflags); i++ {
		w := f.ldflags[i]
		name, value, has := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(w, "-"), "-"), "=")
		if !strings.HasPrefix(w, "-") {
			name = ""
		}
		if (name == "X" || name == "extldflags") && !has {
			if i+1 == len(f.ldflags) {
				return nil, diag.New(diag.FlagRefused, token.Position{}, "-ldflags: "+w+" needs a value", "", "")
			}
			i++
			value = f.ldflags[i]
		}
		switch name {
		case "X":
			if rest, ok := strings.CutPrefix(value, "main."); ok {
				value = main + "." + rest
			}
			words = append(words, setString+value)
		case "extldflags":
			parts, err := shim.SplitWords(value)
			if err != nil {
				return nil, diag.New(diag.FlagRefused, token.Position{}, "-ldflags: "+w+" cannot be read", err.Error(), "")
			}
			ext = parts
		case "linkmode":
			if value == "internal" {
				return nil, diag.New(diag.FlagRefused, token.Position{}, "flag -ldflags=-linkmode=internal cannot be honoured", "symbol versions are the external linker's work", "leave it out")
			}
			words = append(words, w)
		default:
			words = append(words, w)
		}
	}
	for _, e := range ext {
		if e == "-static" || e == "--static" || strings.Contains(e, "--version-script") {
			return nil, diag.New(diag.FlagRefused, token.Position{}, "flag -extldflags="+e+" cannot be honoured", "updates are shared objects bound by a version script of upstarego's own", "leave it out")
		}
	}
	if script != "" {
		ext = append(ext, "-Wl,--version-script="+script)
	}
	if len(ext) > 0 {
		joined, err := shim.JoinWords(ext)
		if err != nil {
			return nil, diag.New(diag.FlagRefused, token.Position{}, "-ldflags: -extldflags cannot be passed on", err.Error(), "")
		}
		words = append(words, "-extldflags="+joined)
	}
	return words, nil
}
