// Package shim is this program in place of others: the go command starts it instead of the
// compiler, the assembler, the linker and vet (-toolexec), and the linker instead of the C
// compiler that it links with (-extld).
//
// It takes over before main, and before most packages are initialised, of which it needs
// few: a build starts it dozens of times. Whoever imports it, directly or not, can be
// started as one.
package shim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/version"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/upstarego/upstarego/internal/pclntab"
)

// ToolEnv names the shim's configuration; it is set for the go commands of a
// build only.
const ToolEnv = "UPSTAREGO_TOOLEXEC"

// ToolArg is what stands before the configuration's name where it is named on the
// command line.
const ToolArg = "-upstarego-toolexec"

// ChdirArg stands before a directory and the program that go run -exec is to start
// there.
const ChdirArg = "-upstarego-chdir"

// Config is what the shim changes in a tool's arguments.
type Config struct {
	Files [][2]string // shown file → file to compile
	Names [][2]string // directory the build sees → directory to record
	Lang  []string    // modules compiled at the language version Go
	Go    string      // the one that the runtime is written in
	Main  string      // import path of the program's package main
	Root  string      // import path of the generated one

	Funcs string // file with the names that functions get once they are linked
	Slim  string // file with what the linked object is not to carry

	// Vet says which files vet is to read in place of staged ones; "" stands for
	// generated ones. What it finds is about the user's source.
	Vet map[string]string
}

func init() { take() }

// take turns this process into what it was started as, and returns if that is itself.
func take() {
	if filepath.Base(os.Args[0]) == linkerName {
		fail(runLinker(os.Args[0]+".json", os.Args[1:]))
	}
	path, args := os.Getenv(ToolEnv), os.Args[1:]
	if len(args) >= 3 && args[0] == ChdirArg {
		fail(runIn(args[1], args[2:]))
	}
	if len(args) >= 2 && args[0] == ToolArg {
		path, args = args[1], args[2:]
	}
	if path == "" {
		return
	}
	if len(args) == 0 {
		fail(fmt.Errorf("started as the go command's -toolexec, and no tool is named"))
	}
	fail(runTool(path, args[0], args[1:]))
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "upstarego:", err)
	os.Exit(2)
}

// runIn executes a program in a directory, in this process's place.
func runIn(dir string, args []string) error {
	if err := os.Chdir(dir); err != nil {
		return err
	}
	name, err := exec.LookPath(args[0])
	if err != nil {
		return err
	}
	return syscall.Exec(name, args, append(os.Environ(), "PWD="+dir))
}

// runTool executes the tool with changed arguments, in this process's place.
func runTool(config, tool string, args []string) error {
	if len(args) == 1 && args[0] == versionFlag {
		return tellVersion(tool)
	}
	data, err := os.ReadFile(config)
	if err != nil {
		return err
	}
	var c Config
	if err := json.Unmarshal(data, &c); err != nil {
		return fmt.Errorf("%s: %w", config, err)
	}
	switch filepath.Base(tool) {
	case "compile":
		args = generic(c.apply(args), filepath.Dir(config))
		if c.Main != "" && valueOf(args, "-p") == c.Main && slices.Contains(args, "-dynlink") {
			return compileForPlugin(tool, args)
		}
		if valueOf(args, "-o") != "" {
			return compileLocalTypes(tool, args)
		}
	case "vet":
		if err := c.vetUserFiles(args); err != nil {
			return err
		}
	case "asm":
		args = c.apply(args)
	case "link":
		if err := c.nameProgram(args); err != nil {
			return err
		}
		if args, err = c.standBefore(config, args); err != nil {
			return err
		}
		if out := valueOf(args, "-o"); out != "" && c.Funcs != "" {
			return c.linkAndName(tool, args, out)
		}
	}
	path, err := exec.LookPath(tool) // the C compiler is started by its bare name
	if err != nil {
		return err
	}
	return fmt.Errorf("%s: %w", tool, syscall.Exec(path, append([]string{tool}, args...), os.Environ()))
}

// compileForPlugin compiles the program's package main for an update. Because of
// its name the compiler takes it for the main package of the plugin and gives it
// a table of exported symbols, which there may be one of: the generated main's.
// Renaming the two symbols takes this one out of the linker's sight.
func compileForPlugin(tool string, args []string) error {
	if err := compile(tool, args); err != nil {
		return err
	}
	archive := valueOf(args, "-o")
	data, err := os.ReadFile(archive)
	if err != nil {
		return err
	}
	for _, name := range []string{"go:plugin.tabs", "go:plugin.exports"} {
		switch old := []byte(name); bytes.Count(data, old) {
		case 0: // nothing is exported
		case 1:
			data = bytes.Replace(data, old, []byte("no"+name[len("go"):]), 1)
		default:
			return fmt.Errorf("%s: package main holds the text %q, which the update's symbol table cannot be told from", archive, name)
		}
	}
	if err := restoreTypeNames(data); err != nil {
		return fmt.Errorf("%s: %w", archive, err)
	}
	if err := os.WriteFile(archive, data, 0o666); err != nil {
		return err
	}
	os.Exit(0)
	return nil
}

// linkAndName links, and gives the functions of the finished file their names in
// the plain program. The go command says what it links by its import path.
func (c *Config) linkAndName(tool string, args []string, out string) error {
	if err := compile(tool, args); err != nil {
		return err
	}
	data, err := os.ReadFile(c.Funcs)
	if err != nil {
		return err
	}
	var names pclntab.Names
	if err := json.Unmarshal(data, &names); err != nil {
		return fmt.Errorf("%s: %w", c.Funcs, err)
	}
	if err := names.Apply(out, os.Getenv("TOOLEXEC_IMPORTPATH")); err != nil {
		return err
	}
	os.Exit(0)
	return nil
}

// standBefore puts ourselves between the linker and the C compiler that it links with.
func (c *Config) standBefore(config string, args []string) ([]string, error) {
	const flag = "-extld="
	at := slices.IndexFunc(args, func(a string) bool { return strings.HasPrefix(a, flag) })
	if at < 0 {
		return args, nil
	}
	var l Linker
	var err error
	if l.Command, err = SplitWords(strings.TrimPrefix(args[at], flag)); err != nil {
		return nil, err
	}
	if c.Slim != "" {
		data, err := os.ReadFile(c.Slim)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(data, &l.Slim); err != nil {
			return nil, fmt.Errorf("%s: %w", c.Slim, err)
		}
	}
	ld, err := l.Install(filepath.Dir(config))
	if err != nil {
		return nil, err
	}
	words, err := JoinWords([]string{ld})
	if err != nil {
		return nil, err
	}
	args = slices.Clone(args)
	args[at] = flag + words
	return args, nil
}

// nameProgram makes the build information name the user's main package as the
// program, as `go version -m` and debug.ReadBuildInfo know it. The go command
// hands that text to the linker in the import configuration, quoted.
func (c *Config) nameProgram(args []string) error {
	name := valueOf(args, "-importcfg")
	if name == "" {
		return nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	named := strings.Replace(string(data), `path\t`+c.Root+`\n`, `path\t`+c.Main+`\n`, 1)
	return os.WriteFile(name, []byte(named), 0o666)
}

// valueOf finds a flag's value among a tool's arguments.
func valueOf(args []string, flag string) string {
	if i := slices.Index(args, flag); i >= 0 && i+1 < len(args) {
		return args[i+1]
	}
	return ""
}

// apply rewrites the arguments of compile or asm.
func (c *Config) apply(args []string) []string {
	out := make([]string, len(args))
	files := make([]string, 0, 2*len(c.Files))
	for _, f := range c.Files {
		files = append(files, f[0], f[1])
	}
	replacer := strings.NewReplacer(files...)
	for i, a := range args {
		out[i] = replacer.Replace(a) // a file, or one inside -trimpath
		if i > 0 && args[i-1] == "-trimpath" {
			out[i] = c.rename(out[i])
		}
	}
	pkg := valueOf(args, "-p")
	if !c.isOurs(pkg) {
		return out
	}
	for i, a := range out {
		if strings.HasPrefix(a, "-lang=") {
			out[i] = "-lang=" + c.Go
		}
	}
	// The race detector is not to see the runtime, as it does not see Go's own: it
	// would take the counting of polls for something that orders the program, and
	// goroutines that have one record after the other for a race.
	return slices.DeleteFunc(out, func(a string) bool { return a == "-race" })
}

// genericGo is the language version that instrumented code needs at least: it calls generic
// functions. From what came before, back to the first, it differs in nothing that a program
// could mean otherwise; that loops have variables of their own came later.
const genericGo = "go1.21"

// generic makes the compiler take a package that has staged files for one of genericGo, if
// its module is older.
func generic(args []string, stage string) []string {
	staged := slices.ContainsFunc(args, func(a string) bool {
		_, in := Within(stage, a)
		return in && strings.HasSuffix(a, ".go")
	})
	for i, a := range args {
		if lang, ok := strings.CutPrefix(a, "-lang="); ok && staged && version.Compare(lang, genericGo) < 0 {
			args[i] = "-lang=" + genericGo
		}
	}
	return args
}

// isOurs reports whether a package belongs to a module that is compiled at the
// toolchain's own language version: the runtime's.
func (c *Config) isOurs(pkg string) bool {
	return slices.ContainsFunc(c.Lang, func(m string) bool { return pkg == m || strings.HasPrefix(pkg, m+"/") })
}

// vetUserFiles makes vet read the user's files: go test runs it over what it
// compiles. The configuration is a file that the go command writes for each run.
func (c *Config) vetUserFiles(args []string) error {
	if len(args) == 0 || !strings.HasSuffix(args[len(args)-1], ".cfg") {
		return nil // -flags
	}
	name := args[len(args)-1]
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	var vet map[string]any
	if err := json.Unmarshal(data, &vet); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if path, ok := vet["ImportPath"].(string); ok && c.isOurs(path) {
		vet["GoVersion"] = c.Go
	}
	files, _ := vet["GoFiles"].([]any)
	var kept []any
	for _, f := range files {
		text, ok := f.(string)
		user, staged := c.Vet[text]
		switch {
		case !ok || !staged:
			kept = append(kept, f)
		case user != "":
			kept = append(kept, user)
		}
	}
	vet["GoFiles"] = kept
	if data, err = json.MarshalIndent(vet, "", "\t"); err != nil {
		return err
	}
	return os.WriteFile(name, data, 0o666)
}

// rename makes -trimpath record the module cache's names for files of virtual
// modules. Its rewrites are old=>new, divided by semicolons; the first that
// matches is taken.
func (c *Config) rename(rewrites string) string {
	parts := strings.Split(rewrites, ";")
	for i, p := range parts {
		old, new, ok := strings.Cut(p, "=>")
		if !ok {
			continue
		}
		for _, n := range c.Names {
			if rel, inside := Within(n[0], new); inside {
				parts[i] = old + "=>" + filepath.Join(n[1], rel)
			}
		}
	}
	return strings.Join(parts, ";")
}
