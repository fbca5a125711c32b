package link_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/upstarego/upstarego/internal/slim"
	"github.com/upstarego/upstarego/rewriter/link"
)

// An update leaves to the executable what that has, and nothing else.
func TestSlim(t *testing.T) {
	l := newLineage(t, "slim.txtar")
	l.watchRoots()
	l.private = []string{"example.com/chain/each"}
	r1 := l.build("r1", l.sources(1), nil, false)
	r2 := l.build("r2", l.sources(2), r1, false)
	audit(t, r1, r2)

	has, brings := defined(t, r1.file), defined(t, r2.so)
	for _, s := range []struct {
		name string
		exe  bool
	}{
		{"text/tabwriter.(*Writer).Flush", false}, {"strings.ToValidUTF8", false}, // functions that are absent there
		{"text/scanner.Position.String", true}, {link.Mangle("type:text/scanner.Position"), false}, // code without its type
		{"example.com/chain/mid.Word", true}, {"example.com/chain/mid.Outer", false},
	} {
		if has[s.name] != s.exe {
			t.Fatalf("the executable has %s: %t, and the test means it to be %t", s.name, has[s.name], s.exe)
		}
		if !brings[s.name] {
			t.Errorf("the update does not bring %s", s.name)
		}
	}
	if left := "fmt.Fprintln"; !has[left] || brings[left] {
		t.Errorf("the executable has %s: %t; the update brings it: %t", left, has[left], brings[left])
	}

	out := l.drive(r1, "old say", "load "+r2.file, "resident", "commit",
		"roots", "run roots", "run absent", "run method", "run shared", "run panic", "run say", "old say")
	want(t, out, "old say", 0, "r1 word 3 3")
	want(t, out, "run absent", 0, `"a...b\nccc.d\n" v-alid`)
	want(t, out, "run method", 0, "g:3:4 g:3:4 true *scanner.Position")
	want(t, out, "run shared", 0, "[a bb ccc] true true true true")
	want(t, out, "run roots", 0, "roots 4950 9900 given 7 8 NNSXA5A=")
	// Variables that the module has, and does not use, are no roots.
	var roots, all int
	if _, err := fmt.Sscanf(answers(t, out, "roots", 0), "%d of %d", &roots, &all); err != nil {
		t.Fatal(err)
	}
	if roots == 0 || roots > all/4 {
		t.Errorf("%d of %d words with pointers in the module's variables are roots", roots, all)
	}
	t.Logf("%d of %d words are roots", roots, all)
	want(t, out, "run panic", 0, "strings.NewReplacer: odd argument count")
	// mid is the executable's, and would lead to the executable's word.
	want(t, out, "run say", 0, "r2 word 3 103 3")
	want(t, out, "old say", 1, "r1 word 5 5")

	var n, of int
	if _, err := fmt.Sscanf(answers(t, out, "resident", 0), "%d of %d", &n, &of); err != nil {
		t.Fatal(err)
	}
	if n == 0 || n > of/2 {
		t.Errorf("%d of %d pages of the update's code are in memory", n, of)
	}
	fi, err := os.Stat(r2.file)
	if err != nil {
		t.Fatal(err)
	}
	so, err := os.Stat(r2.so)
	if err != nil {
		t.Fatal(err)
	}
	if fi.Size() > so.Size()*9/10 {
		t.Errorf("the update file has %d bytes, its object %d", fi.Size(), so.Size())
	}
}

// An update that leaves out what the process does not have is refused, and the process
// goes on.
func TestSlimTooMuch(t *testing.T) {
	l := newLineage(t, "slim.txtar")
	l.private = []string{"example.com/chain/each"}
	r1 := l.build("r1", l.sources(1), nil, false)
	lend := func(release string, names ...string) *release {
		l.lend = func(c *slim.Config) {
			process, err := slim.Decode(c.Process)
			if err != nil {
				t.Fatal(err)
			}
			c.Process = process.Or(slim.SetOf(names)).Encode()
		}
		return l.build(release, l.sources(2), r1, false)
	}
	for _, c := range []struct{ release, name, code, why string }{
		{"r2", "strings.ToValidUTF8", "UP2032", "leaves out strings.ToValidUTF8, which"},
		{"r3", link.Mangle("type:text/scanner.Position"), "UP2033", "for the executable's, and it lies elsewhere"},
	} {
		r2 := lend(c.release, c.name)
		findings, err := link.Audit(r1.file, []string{r2.so}, r2.res.Symbols)
		if err != nil {
			t.Fatal(err)
		}
		if len(findings) == 0 || !strings.Contains(findings[0].Why, "left out") {
			t.Errorf("%s: the audit finds %v", c.name, findings)
		}
		out, said := l.driveBoth(r1, "load "+r2.file, "old say")
		if !strings.Contains(said, c.why) {
			t.Errorf("%s: refused with %q", c.name, said)
		}
		if got := answers(t, out, "load "+r2.file, 0); !strings.HasPrefix(got, "refused "+c.code) {
			t.Errorf("%s: %s", c.name, got)
		}
		want(t, out, "old say", 0, "r1 word 3 3")
	}
}

func defined(t *testing.T, path string) map[string]bool {
	t.Helper()
	names, err := link.Defined(path)
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// rootsProbe becomes part of the loader.
const rootsProbe = `package loader

import "unsafe"

// Roots counts the words of the newest module's variables that the collector looks at, and
// those that it would, had nobody told it which are used.
func Roots() (roots, all int) {
	md := process.modules[len(process.modules)-1].md
	for _, m := range []bitvector{md.gcdatamask, md.gcbssmask} {
		roots += m.ones()
	}
	all = progToPointerMask(at[byte](md.gcdata), md.edata-md.data).ones() + progToPointerMask(at[byte](md.gcbss), md.ebss-md.bss).ones()
	return roots, all
}

func (b bitvector) ones() (n int) {
	for i := range b.n {
		n += int(*(*byte)(unsafe.Add(unsafe.Pointer(b.bytedata), i/8)) >> (i % 8) & 1)
	}
	return n
}
`

func (l *lineage) watchRoots() {
	l.moreCommands("\t\tcase \"roots\":\n\t\t\troots, all := loader.Roots()\n\t\t\tfmt.Println(roots, \"of\", all)\n")
	l.write("upstarego/runtime/loader/probe.go", rootsProbe)
}
