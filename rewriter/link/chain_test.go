package link_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/upstarego/upstarego/internal/shim"
	"github.com/upstarego/upstarego/internal/slim"
	"github.com/upstarego/upstarego/rewriter/link"
	"github.com/upstarego/upstarego/runtime/loader"
	"github.com/upstarego/upstarego/runtime/update"
)

// lineage builds the releases of one test program with the go command alone.
type lineage struct {
	t   *testing.T
	dir string
	ar  *txtar.Archive

	edit    func(script string) string // spoils the version script of what is built
	lend    func(*slim.Config)         // changes what an update takes the process to have
	entire  bool                       // updates have all that they refer to
	private []string
	host    string // the executable's main, if it is not hostMain
	// generate gives an update's main package and the packages beneath it.
	generate func(name string) (string, map[string]string)
}

// release is what a build made.
type release struct {
	files map[string]string
	res   *link.Result
	file  string // the executable, or the update file
	so    string // the update's shared object
	man   update.Manifest
}

const upstarego = "github.com/upstarego/upstarego"

// hostMain is driven by the test: it reads commands and prints what they gave.
const hostMain = `package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"example.com/chain/app"
	"github.com/upstarego/upstarego/runtime/loader"
	"github.com/upstarego/upstarego/runtime/update"
)

// resident prints how many pages of the last update's code are in memory, and of how many.
func resident() {
	data, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		panic(err)
	}
	for line := range strings.Lines(string(data)) {
		var from, to uintptr
		if !strings.Contains(line, "r-xp") || !strings.Contains(line, "memfd:upstare") {
			continue
		}
		if _, err := fmt.Sscanf(line, "%x-%x", &from, &to); err != nil {
			panic(err)
		}
		pages := make([]byte, (to-from)/4096)
		if _, _, errno := syscall.Syscall(syscall.SYS_MINCORE, from, to-from, uintptr(unsafe.Pointer(&pages[0]))); errno != 0 {
			panic(errno)
		}
		n := 0
		for _, p := range pages {
			n += int(p & 1)
		}
		fmt.Println(n, "of", len(pages))
	}
}

func main() {
	var base loader.Base
	data, err := os.ReadFile(os.Args[1])
	if err == nil {
		err = json.Unmarshal(data, &base)
	}
	if err != nil {
		panic(err)
	}
	var m *loader.Module
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		w := strings.Fields(in.Text())
		fmt.Println(">", in.Text())
		switch w[0] {
		case "load":
			f, err := update.Open(w[1], update.Unsigned)
			var loaded *loader.Module
			start := time.Now()
			if err == nil {
				loaded, err = loader.Load(f, base)
			}
			fmt.Fprintln(os.Stderr, "load took", time.Since(start))
			if err == nil {
				m = loaded
				fmt.Println("pending", m.Pending())
				err = m.Init(nil)
			}
			if e, ok := err.(*update.Error); ok {
				fmt.Println("refused", e.Code)
				fmt.Fprintln(os.Stderr, e)
			} else if err != nil {
				fmt.Println(err)
			}
		case "dir":
			base.Dir = w[1]
		case "commit":
			start := time.Now()
			if err := m.Commit(); err != nil {
				fmt.Println(err)
				break
			}
			fmt.Fprintln(os.Stderr, "commit took", time.Since(start))
			run, err := m.Lookup("Run")
			if err != nil {
				panic(err)
			}
			app.Redirect = run.(func(string))
			base = m.Next()
		case "undo":
			app.Redirect = nil
			if err := m.Abandon(); err != nil {
				fmt.Println(err)
			}
			base = m.Base()
		case "abandon":
			if err := m.Abandon(); err != nil {
				fmt.Println(err)
			}
		case "old":
			app.Probe(w[1])
		case "new":
			run, err := m.Lookup("Run")
			if err != nil {
				panic(err)
			}
			run.(func(string))(w[1])
		case "resident":
			resident()
		case "run":
			app.Run(w[1])
		}
		runtime.GC()
	}
}
`

const updateMain = `package main

import "example.com/chain/app"

func Run(name string) { app.Probe(name) }

func main() {}
`

func newLineage(t *testing.T, archive string) *lineage {
	t.Helper()
	if testing.Short() {
		t.Skip("builds programs")
	}
	ar, err := txtar.ParseFile(filepath.Join("..", "..", "testdata", "loading", archive))
	if err != nil {
		t.Fatal(err)
	}
	l := &lineage{t: t, dir: t.TempDir(), ar: ar}
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	// The runtime reaches programs as a module of its own; these need three packages of it.
	l.write("upstarego/go.mod", "module "+upstarego+"\n\ngo 1.26\n")
	for _, p := range []string{"runtime/leftover", "runtime/loader", "runtime/update"} {
		if err := os.MkdirAll(filepath.Join(l.dir, "upstarego", filepath.Dir(p)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(filepath.Join(l.dir, "upstarego", p), os.DirFS(filepath.Join(root, p))); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func (l *lineage) write(name, text string) {
	l.t.Helper()
	path := filepath.Join(l.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		l.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		l.t.Fatal(err)
	}
}

// sources are the program's files at release k: each release changes the one before.
func (l *lineage) sources(k int) map[string]string {
	files := map[string]string{}
	for i := 1; i <= k; i++ {
		for _, f := range l.ar.Files {
			if name, ok := strings.CutPrefix(f.Name, fmt.Sprint(i, "/")); ok {
				files[name] = string(f.Data)
			}
		}
	}
	return files
}

// build makes a release from the sources: an update of prev if there is one, and
// an executable otherwise or when cold is set.
func (l *lineage) build(name string, files map[string]string, prev *release, cold bool) *release {
	t := l.t
	t.Helper()
	number := "release " + name[1:]
	l.lay(name, files)
	in := link.Input{
		Dir: filepath.Join(l.dir, name), Release: number, Flags: []string{"-trimpath"},
		Fixed: []string{upstarego + "/runtime/..."}, Private: l.private,
	}
	isUpdate := prev != nil && !cold
	if isUpdate {
		in.Update = true
		in.Main = "example.com/chain/rel/" + name
		in.Generated = []string{in.Main}
		text := updateMain
		if l.generate != nil {
			var pkgs map[string]string
			text, pkgs = l.generate(name)
			for p, src := range pkgs {
				in.Generated = append(in.Generated, in.Main+"/"+p)
				l.write(name+"/rel/"+name+"/"+p+"/"+p+".go", src)
			}
		}
		l.write(name+"/rel/"+name+"/main.go", text)
	} else {
		in.Main = "example.com/chain/cmd/host"
		l.write(name+"/cmd/host/main.go", cmp.Or(l.host, hostMain))
	}
	if prev != nil {
		in.Previous = prev.res.Symbols
		// The program's packages are updated; nothing else changes here.
		changed := map[string]bool{}
		for name, text := range files {
			if dir := path.Dir(name); prev.files[name] != text && dir != "." {
				changed["example.com/chain/"+dir] = true
			}
		}
		in.Own = slices.Sorted(maps.Keys(changed))
	}
	res, err := link.Plan(in)
	if err != nil {
		t.Fatal(err)
	}
	if l.lend != nil && isUpdate {
		l.lend(res.Slim)
	}
	if l.edit != nil {
		res.Script = l.edit(res.Script)
	}
	script, err := res.WriteScript(l.dir)
	if err != nil {
		t.Fatal(err)
	}
	r := &release{res: res, files: files, file: filepath.Join(l.dir, name+".out")}
	var extra []string
	if isUpdate && !l.entire {
		dir := filepath.Join(l.dir, name+".ld")
		if err := os.MkdirAll(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		ld, err := (&shim.Linker{Command: []string{"gcc"}, Slim: res.Slim}).Install(dir)
		if err != nil {
			t.Fatal(err)
		}
		extra = []string{"-extld=" + ld}
	}
	args := []string{"build", "-trimpath", "-ldflags=" + res.LDFlags(script, extra...), "-o", r.file}
	if isUpdate {
		args = append(args, "-buildmode=plugin")
	}
	cmd := exec.Command("go", append(args, in.Main)...)
	cmd.Dir = in.Dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
	if !isUpdate {
		if err := res.Linked(r.file); err != nil {
			t.Fatal(err)
		}
		return r
	}
	r.so, r.file = r.file, filepath.Join(l.dir, name+".update")
	r.man = update.Manifest{
		Lineage: res.Symbols.Nodes[0], Base: prev.res.Symbols.Node, Release: number, Node: res.Symbols.Node,
		GoVersion: runtime.Version(), GOOS: "linux", GOARCH: "amd64", Flags: []string{"-trimpath"},
		Packages: res.Hashes, Recompiled: res.Recompiled, Shared: res.Shared,
	}
	object, err := os.ReadFile(r.so)
	if err != nil {
		t.Fatal(err)
	}
	l.pack(r.file, r.man, object)
	return r
}

// lay writes a release's sources.
func (l *lineage) lay(name string, files map[string]string) {
	l.t.Helper()
	l.write(name+"/go.mod", "module example.com/chain\n\ngo 1.26\n\nrequire "+upstarego+" v0.0.0\n\nreplace "+upstarego+" => ../upstarego\n")
	for n, text := range files {
		l.write(name+"/"+n, text)
	}
}

func (l *lineage) pack(path string, man update.Manifest, object []byte) {
	l.t.Helper()
	f, err := os.Create(path)
	if err == nil {
		err = update.Write(f, man, object)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		l.t.Fatal(err)
	}
}

// drive runs the executable with commands, one a line, and gives what it printed.
func (l *lineage) drive(host *release, commands ...string) string {
	l.t.Helper()
	out, _ := l.driveBoth(host, commands...)
	return out
}

// driveBoth also gives what it printed on standard error.
func (l *lineage) driveBoth(host *release, commands ...string) (stdout, stderr string) {
	t := l.t
	t.Helper()
	base := loader.Base{
		Lineage: host.res.Symbols.Nodes[0], Node: host.res.Symbols.Node, Nodes: host.res.Symbols.Nodes,
		Release: "host", Flags: []string{"-trimpath"}, Packages: host.res.Hashes, Own: []string{"example.com/chain"},
	}
	data, err := json.Marshal(base)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(l.dir, "base.json")
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(host.file, path)
	cmd.Stdin = strings.NewReader(strings.Join(commands, "\n") + "\n")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, &out, &errs)
	}
	if errs.Len() > 0 {
		t.Logf("stderr:\n%s", &errs)
	}
	if t.Failed() || testing.Verbose() {
		t.Logf("%s:\n%s", host.file, &out)
	}
	return out.String(), errs.String()
}

// answers are the lines that the n-th command with this text printed.
func answers(t *testing.T, out, command string, n int) string {
	t.Helper()
	var found []string
	var cur []string
	in := false
	flush := func() {
		if in {
			found = append(found, strings.Join(cur, "\n"))
		}
		cur, in = nil, false
	}
	for line := range strings.Lines(out) {
		line = strings.TrimRight(line, "\n")
		if c, ok := strings.CutPrefix(line, "> "); ok {
			flush()
			in = strings.TrimSpace(c) == command
			continue
		}
		if in {
			cur = append(cur, strings.TrimRight(line, " "))
		}
	}
	flush()
	if n >= len(found) {
		t.Fatalf("no answer %d to %q in\n%s", n, command, out)
	}
	return found[n]
}
