package gobuild

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// toolEnv names the shim's configuration; it is set for the go commands of a
// build only.
const toolEnv = "UPSTAREGO_TOOLEXEC"

// shimConfig is what the shim changes in a tool's arguments.
type shimConfig struct {
	Files [][2]string // shown file → file to compile
	Names [][2]string // directory the build sees → directory to record
	Lang  []string    // modules compiled at the toolchain's own language version
}

// RunAsTool turns this process into the -toolexec shim when the go command
// started it as one, and returns otherwise. Every program that uses Build calls
// it first thing in main (tests: in TestMain).
func RunAsTool() {
	path := os.Getenv(toolEnv)
	if path == "" || len(os.Args) < 2 || !filepath.IsAbs(os.Args[1]) {
		return
	}
	err := runTool(path, os.Args[1], os.Args[2:])
	fmt.Fprintln(os.Stderr, "upstarego:", err)
	os.Exit(2)
}

// runTool executes the tool with changed arguments, in this process's place.
func runTool(config, tool string, args []string) error {
	if name := filepath.Base(tool); name == "compile" || name == "asm" {
		data, err := os.ReadFile(config)
		if err != nil {
			return err
		}
		var c shimConfig
		if err := json.Unmarshal(data, &c); err != nil {
			return fmt.Errorf("%s: %w", config, err)
		}
		args = c.apply(args)
	}
	env := os.Environ()
	return fmt.Errorf("%s: %w", tool, syscall.Exec(tool, append([]string{tool}, args...), env))
}

// apply rewrites the arguments of compile or asm.
func (c *shimConfig) apply(args []string) []string {
	out := make([]string, len(args))
	files := make([]string, 0, 2*len(c.Files))
	for _, f := range c.Files {
		files = append(files, f[0], f[1])
	}
	replacer := strings.NewReplacer(files...)
	pkg := ""
	for i, a := range args {
		out[i] = replacer.Replace(a) // a file, or one inside -trimpath
		if i == 0 {
			continue
		}
		switch args[i-1] {
		case "-trimpath":
			out[i] = c.rename(out[i])
		case "-p":
			pkg = a
		}
	}
	for _, m := range c.Lang {
		if pkg != m && !strings.HasPrefix(pkg, m+"/") {
			continue
		}
		for i, a := range out {
			if strings.HasPrefix(a, "-lang=") {
				out[i] = "-lang=" + SupportedGo
			}
		}
	}
	return out
}

// rename makes -trimpath record the module cache's names for files of virtual
// modules. Its rewrites are old=>new, divided by semicolons; the first that
// matches is taken.
func (c *shimConfig) rename(rewrites string) string {
	parts := strings.Split(rewrites, ";")
	for i, p := range parts {
		old, new, ok := strings.Cut(p, "=>")
		if !ok {
			continue
		}
		for _, n := range c.Names {
			if rel, inside := within(n[0], new); inside {
				parts[i] = old + "=>" + filepath.Join(n[1], rel)
			}
		}
	}
	return strings.Join(parts, ";")
}
