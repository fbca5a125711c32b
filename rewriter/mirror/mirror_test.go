package mirror_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/upstarego/upstarego/internal/ledgertest"
	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/mirror"
)

// TestMirrorsCompile lets the compiler look at the mirrors of odd types and of
// kvd: the assertions in them compare every size and offset with the ledger's, and
// a program with the same source compares the ledger's with the compiler's.
func TestMirrorsCompile(t *testing.T) {
	for _, dir := range []string{"testdata/odd", "../../examples/kvd/r3"} {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			at := t.TempDir()
			if err := os.CopyFS(at, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			r, _ := ledgertest.Describe(t, at, 1)
			for name, text := range mirror.Files(r, r, "is", nil) {
				write(t, filepath.Join(at, "is", name), text)
			}
			write(t, filepath.Join(at, "sizes.go"), sizes(r))
			cmd := exec.Command("go", "build", "-o", filepath.Join(at, "prog"), ".")
			cmd.Dir = at
			if out, err := cmd.CombinedOutput(); err != nil {
				text, _ := os.ReadFile(filepath.Join(at, "is", "is.go"))
				t.Fatalf("%v\n%s\n%s", err, out, text)
			}
			cmd = exec.Command("go", "vet", "./is")
			cmd.Dir = at
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("go vet: %v\n%s", err, out)
			}
		})
	}
}

// sizes asserts in package main that the types there are as large as the ledger
// says, with their fields where it says, and that mirrors are.
func sizes(r *ledger.Release) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "package main\n\nimport (\n\"unsafe\"\n\"%s/is\"\n)\n\n", r.Main)
	names := mirror.NewNames(r)
	for _, t := range r.Types {
		if !t.Own || !t.Open || t.Pkg != r.Main {
			continue
		}
		same := func(a, b string, n int64) string {
			return fmt.Sprintf("var _ [%d]struct{} = [%s]struct{}{}\nvar _ [%[1]d]struct{} = [%[3]s]struct{}{}\n", n, a, b)
		}
		m := "is." + names.Type(t.Key)
		b.WriteString(same(fmt.Sprintf("unsafe.Sizeof(*(*%s)(nil))", t.Name), fmt.Sprintf("unsafe.Sizeof(*(*%s)(nil))", m), t.Size))
		b.WriteString(same(fmt.Sprintf("unsafe.Alignof(*(*%s)(nil))", t.Name), fmt.Sprintf("unsafe.Alignof(*(*%s)(nil))", m), t.Align))
		for _, f := range t.Fields {
			if f.Name != "_" {
				b.WriteString(same(fmt.Sprintf("unsafe.Offsetof((*%s)(nil).%s)", t.Name, f.Name),
					fmt.Sprintf("unsafe.Offsetof((*%s)(nil).%s)", m, names.Field(names.Type(t.Key), f.Name)), f.Offset))
			}
		}
	}
	return []byte(b.String())
}

// TestPointersStayPointers compares which words are pointers: the collector follows
// what a mirror's type says.
func TestPointersStayPointers(t *testing.T) {
	at := t.TempDir()
	if err := os.CopyFS(at, os.DirFS("testdata/odd")); err != nil {
		t.Fatal(err)
	}
	r, _ := ledgertest.Describe(t, at, 1)
	var text strings.Builder
	for _, src := range mirror.Files(r, r, "is", nil) {
		text.Write(src)
	}
	// The mirrors as a program of its own: its ledger must have the same words.
	src := strings.Replace(text.String(), "package is", "package main", 1) + "\nfunc main() {}\n"
	m, _ := ledgertest.Describe(t, ledgertest.Write(t, map[string][]byte{"main.go": []byte(src)}), 1)
	names := mirror.NewNames(r)
	for _, want := range r.Types {
		if name := names.Type(want.Key); name != "" {
			got := m.Type("example.com/p." + name)
			if got == nil {
				t.Errorf("%s has no mirror", want.Key)
			} else if got.Words != want.Words || got.Size != want.Size {
				t.Errorf("%s has %d bytes %s, its mirror %d bytes %s", want.Key, want.Size, want.Words, got.Size, got.Words)
			}
		}
	}
	for _, f := range r.Funcs {
		got := m.Type("example.com/p." + names.Frame(f.Key))
		if got == nil {
			t.Errorf("the frame of %s has no mirror", f.Key)
			continue
		}
		if len(got.Fields) != len(f.Frame)+1 {
			t.Errorf("the frame of %s has %d fields, its mirror %d", f.Key, len(f.Frame), len(got.Fields)-1)
			continue
		}
		for i, v := range f.Frame {
			if g := got.Fields[i+1]; g.Words != v.Words || g.Offset != v.Offset || g.Size != v.Size {
				t.Errorf("%s: field %s is at %d, %d bytes %s, its mirror at %d, %d bytes %s", f.Key, v.Name, v.Offset, v.Size, v.Words, g.Offset, g.Size, g.Words)
			}
		}
	}
}

// TestOnlyWhatIsNeeded: mirrors that nobody names and that no other one mentions
// are not printed.
func TestOnlyWhatIsNeeded(t *testing.T) {
	r := &ledger.Release{Main: "m", Own: []string{"m"}, Types: []ledger.TypeDecl{
		{Key: "m.a", Pkg: "m", Name: "a", Own: true, Open: true, Under: "struct{b *‹m.b›}", Size: 8, Align: 8, Fields: []ledger.TypeField{{Name: "b", Type: "*‹m.b›", Size: 8, Align: 8}}},
		{Key: "m.b", Pkg: "m", Name: "b", Own: true, Open: true, Under: "int", Size: 8, Align: 8},
		{Key: "m.c", Pkg: "m", Name: "c", Own: true, Open: true, Under: "‹time.Time›", Size: 24, Align: 8},
		{Key: "time.Time", Pkg: "time", Name: "Time", Std: true, Open: true, Size: 24, Align: 8},
	}}
	text := string(mirror.Files(r, r, "was", func(m string) bool { return m == "Main_a" })["was.go"])
	for what, want := range map[string]bool{"type Main_a struct": true, "type Main_b int": true, "Main_c": false, `"time"`: false} {
		if strings.Contains(text, what) != want {
			t.Errorf("%q: want %v in\n%s", what, want, text)
		}
	}
}

// TestForeignTypeThatChanged: what the old release called by a name is not what the
// new one's dependency calls so.
func TestForeignTypeThatChanged(t *testing.T) {
	release := func(shape string) *ledger.Release {
		return &ledger.Release{Main: "m", Own: []string{"m"}, Types: []ledger.TypeDecl{
			{Key: "dep.org/d.T", Pkg: "dep.org/d", Name: "T", Open: true, Shape: shape, Size: 20, Align: 8, Words: "pw"},
			{Key: "m.a", Pkg: "m", Name: "a", Own: true, Open: true, Under: "[2]‹dep.org/d.T›", Size: 40, Align: 8},
		}}
	}
	for shape, want := range map[string]string{"s": "[2]d.T", "t": "[2]struct {"} {
		text := string(mirror.Files(release("s"), release(shape), "was", nil)["was.go"])
		if !strings.Contains(text, "type Main_a "+want) {
			t.Errorf("want %s in\n%s", want, text)
		}
	}
}

// TestKeysAreHashedTheSame: a map whose keys' mirror is hashed otherwise must not be
// usable as a map.
func TestKeysAreHashedTheSame(t *testing.T) {
	r, _ := ledgertest.Describe(t, "testdata/odd", 1)
	text := string(mirror.Files(r, r, "is", nil)["is.go"])
	for _, want := range []string{"type Main_byKey struct{ W0 unsafe.Pointer }", "map[Main_small]Main_secret"} {
		if !strings.Contains(text, want) {
			t.Errorf("want %s in\n%s", want, text)
		}
	}
}

func TestLedgerIsDeterministic(t *testing.T) {
	a, _ := ledgertest.Describe(t, "testdata/odd", 1)
	b, _ := ledgertest.Describe(t, "testdata/odd", 1)
	x, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	if string(x) != string(y) {
		t.Error("equal programs have different ledgers")
	}
}

func write(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o666); err != nil {
		t.Fatal(err)
	}
}
