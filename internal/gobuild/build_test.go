package gobuild

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"
)

// program is a module with an internal package of its own and a package main
// that tells what it is.
const program = `
-- go.mod --
module example.com/app

go 1.26
-- internal/lib/lib.go --
package lib

import "runtime"

func Where() (string, int) {
	_, file, line, _ := runtime.Caller(0)
	return file, line
}
-- cmd/x/main.go --
package main

import (
	"fmt"
	"runtime"

	"example.com/app/internal/lib"
)

type T struct{ A int }

var version = "none"

func main() {
	_, file, line, _ := runtime.Caller(0)
	fmt.Printf("%T %s:%d\n", &T{}, file, line)
	fmt.Println(lib.Where())
	fmt.Println(other(), version)
}
-- cmd/x/other.go --
package main

func other() string { return "other" }
`

// tree writes a txtar into a fresh directory.
func tree(t *testing.T, archive string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, archive)
	return dir
}

func write(t *testing.T, dir, archive string) {
	t.Helper()
	for _, f := range txtar.Parse([]byte(archive)).Files {
		name := filepath.Join(dir, f.Name)
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, f.Data, 0o644))
	}
}

// fingerprint is every name and content beneath dir.
func fingerprint(t *testing.T, dir string) string {
	t.Helper()
	h := sha256.New()
	require.NoError(t, filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			fmt.Fprintln(h, name)
			return err
		}
		data, err := os.ReadFile(name)
		fmt.Fprintf(h, "%s %x\n", name, sha256.Sum256(data))
		return err
	}))
	return fmt.Sprintf("%x", h.Sum(nil))
}

// plain builds and runs the program with the go command alone.
func plain(t *testing.T, dir, pkg string, flags ...string) string {
	t.Helper()
	exe := filepath.Join(t.TempDir(), "plain")
	cmd := exec.Command("go", append(append([]string{"build", "-o", exe}, flags...), pkg)...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return run(t, exe)
}

func run(t *testing.T, exe string) string {
	t.Helper()
	out, err := exec.Command(exe).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return string(out)
}

func resolve(t *testing.T, dir, pkg string, flags ...string) *Target {
	t.Helper()
	target, err := Resolve(dir, flags, pkg)
	require.NoError(t, err)
	return target
}

// hosted is the config of an executable: a generated main that imports the
// program's own, which an added file makes callable.
func hosted(t *testing.T, target *Target) *Config {
	root := target.Module.Path + "/upstare_test/host"
	return &Config{
		Target: target, Mode: Exe, Root: root, Output: filepath.Join(t.TempDir(), "program"),
		Files: map[string][]byte{filepath.Join(target.Main.Dir, "upstare_main.go"): []byte("package main\n\nfunc UpstareMain() { main() }\n")},
		Added: map[string]map[string][]byte{root: {"main.go": []byte(
			"package main\n\nimport program " + fmt.Sprintf("%q", target.Main.ImportPath) + "\n\nfunc main() { program.UpstareMain() }\n")}},
	}
}

func build(t *testing.T, c *Config) string {
	t.Helper()
	b, err := c.Prepare()
	require.NoError(t, err)
	defer b.Close()
	require.NoError(t, b.Run())
	return c.Output
}

func TestPackageMainKeepsNamesAndPositions(t *testing.T) {
	dir := tree(t, program)
	before := fingerprint(t, dir)
	want := plain(t, dir, "./cmd/x")
	require.Contains(t, want, "*main.T "+dir+"/cmd/x/main.go:15\n")

	c := hosted(t, resolve(t, dir, "./cmd/x"))
	require.Equal(t, want, run(t, build(t, c)))
	require.Equal(t, before, fingerprint(t, dir), "the user's tree was touched")

	trimmed := hosted(t, resolve(t, dir, "./cmd/x", "-trimpath"))
	require.Equal(t, plain(t, dir, "./cmd/x", "-trimpath"), run(t, build(t, trimmed)))
}

func TestSubstitutedMainChangesTheBuild(t *testing.T) {
	dir := tree(t, program)
	c := hosted(t, resolve(t, dir, "./cmd/x"))
	other := filepath.Join(c.Target.Main.Dir, "other.go")
	for _, say := range []string{"one", "two", "one"} {
		c.Files[other] = []byte("package main\n\nfunc other() string { return \"" + say + "\" }\n")
		require.Contains(t, run(t, build(t, c)), say+" none\n")
	}
	require.Contains(t, plain(t, dir, "./cmd/x"), "other none\n", "plain builds are left alone")

	// The same contents in a package that really has the shown name.
	twin := tree(t, program)
	require.NoError(t, os.Rename(dir, dir+".gone"))
	require.NoError(t, os.Rename(twin, dir))
	for _, f := range []string{"main.go", "other.go"} {
		name := filepath.Join(dir, "cmd/x", f)
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(name, []byte(strings.Replace(string(data), "package main", "package "+importable, 1)), 0o644))
	}
	write(t, dir, "-- cmd/x/upstare_main.go --\npackage "+importable+"\n\nfunc UpstareMain() { main() }\n-- y/main.go --\npackage main\n\nimport \"example.com/app/cmd/x\"\n\nfunc main() { "+importable+".UpstareMain() }\n")
	require.Contains(t, plain(t, dir, "./y"), "*"+importable+".T")
}
