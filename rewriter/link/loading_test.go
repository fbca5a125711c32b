package link_test

import (
	"crypto/sha256"
	"encoding/base64"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/upstarego/upstarego/rewriter/link"
	"github.com/upstarego/upstarego/runtime/update"
)

const (
	asserts1 = "waver false goStringer false goner true stringer true nothing false in fmt &app"
	shared   = "ctx from r1 err true inits 1\n"
	changed  = "true true 5 6 true [1 2 3]\n3 true true true\naccount2 true"
)

// want checks the n-th answer to a command.
func want(t *testing.T, out, command string, n int, text string) {
	t.Helper()
	if got := answers(t, out, command, n); got != text {
		t.Errorf("%s, time %d: got\n%s\nwant\n%s", command, n+1, got, text)
	}
}

// A program is carried through three releases, with a failed attempt at the
// second, and then back to the first one's source as its newest release.
func TestChain(t *testing.T) {
	l := newLineage(t, "chain.txtar")
	r1 := l.build("r1", l.sources(1), nil, false)

	// The first try at release 2 differs from the good one in what it prints, in
	// Account's fields and in the methods it adds.
	bad := l.sources(2)
	for f, text := range bad {
		text = strings.ReplaceAll(text, `const Rel = "r2"`, `const Rel = "bad"`)
		text = strings.ReplaceAll(text, "Cur   string", "Cur   string\n\tBad   [100]int")
		text = strings.ReplaceAll(text, `{"eve", "eur", 4}`, `{Owner: "eve"}`)
		text = strings.ReplaceAll(text, `{"bob", "eur", 3}`, `{Owner: "bob", Cur: "eur", Sum: 3}`)
		text = strings.ReplaceAll(text, `{"b" + fmt.Sprint("ob"), "eur", 3}`, `{Owner: "bob", Cur: "eur", Sum: 3}`)
		bad[f] = text
	}
	b2 := l.build("b2", bad, r1, false)
	r2 := l.build("r2", l.sources(2), r1, false)
	r3 := l.build("r3", l.sources(3), r2, false)
	back := l.build("r4", l.sources(1), r3, false)
	if b2.res.Symbols.Node == r2.res.Symbols.Node {
		t.Fatal("two builds have one node")
	}

	audit(t, r1, r2)
	audit(t, r1, r2, r3)
	audit(t, r1, r2, r3, back)

	load := func(r *release) string { return "load " + r.file }
	t.Run("forward and back", func(t *testing.T) {
		l.t = t
		out := l.drive(r1,
			"old fill", "old asserts", "old shared", "old say",
			load(r2), "old asserts", "old say", "new warm", "commit", "run fill", "run asserts", "run shared", "run changed", "run say", "old asserts", "old say",
			load(r3), "new warm", "commit", "run asserts", "run shared", "run changed", "run say",
			load(back), "commit", "run asserts", "run shared", "run say")
		want(t, out, "old asserts", 0, asserts1)
		want(t, out, "old asserts", 1, asserts1)
		want(t, out, "old say", 1, "r1 1 r1 gadget 1 leaf1 r1 gadget 1 r1 gadget 1")
		want(t, out, "run asserts", 0, "r2 wave\nwaver true goStringer true goner false stringer true nothing false both true in fmt r2 g")
		want(t, out, "run shared", 0, shared+"account false state true pair true pairacc false\nshape true true\nitabs true by r1 by r1\nmeets true true met\nlocal 1 2 false true")
		want(t, out, "run changed", 0, changed)
		want(t, out, "run say", 0, "r2 2 r2 gadget 1 leaf1 r2 gadget 1 r2 gadget 1")
		// Foreign code and old code that still runs see the new methods as well.
		want(t, out, "old asserts", 2, "waver true goStringer true goner false stringer true nothing false in fmt r2 g")
		want(t, out, "old say", 2, "r1 2 r2 gadget 1 leaf1 r1 gadget 1 r2 gadget 1")
		// Release 3: leaf changes, Gone comes back, GoString goes.
		want(t, out, "run asserts", 1, "r3 wave\nwaver true goStringer false goner true stringer true nothing false both false in fmt &app")
		want(t, out, "run shared", 1, shared+"account false state true pair true pairacc false\nshape true true\nitabs true by r1 by r1\nmeets true true met\nlocal 1 2 false true")
		want(t, out, "run changed", 1, changed) // account2: release 2's Account is release 3's
		want(t, out, "run say", 1, "r3 2 r3 gadget 1 leaf3 r3 gadget 1 r3 gadget 1")
		// Back: Account has its first structure again, so it is its first self.
		want(t, out, "run asserts", 2, asserts1)
		want(t, out, "run shared", 2, shared+"account true state true local true pair true pairacc true\nshape true true\nitabs true by r1 by r1")
		want(t, out, "run say", 2, "r1 2 r1 gadget 1 leaf1 r1 gadget 1 r1 gadget 1")
	})
	t.Run("abandoned, undone, repaired", func(t *testing.T) {
		l.t = t
		out := l.drive(r1,
			"old fill", "old asserts", "old say",
			load(b2), "new asserts", "new changed", "new say", "abandon", "old asserts", "old say",
			load(b2), "new warm", "commit", "run say", "run asserts", "old asserts", "old warm", "undo", "old asserts", "old say", "old shared",
			load(b2), "abandon",
			load(r2), "old asserts", "commit", "run fill", "run asserts", "run shared", "run changed", "run say",
			load(r3), "commit", "run asserts", "run changed", "run say")
		for n := range 2 {
			want(t, out, "old asserts", n, asserts1)
		}
		want(t, out, "old say", 1, "r1 1 r1 gadget 1 leaf1 r1 gadget 1 r1 gadget 1")
		want(t, out, "run say", 0, "bad 1 bad gadget 1 leaf1 bad gadget 1 bad gadget 1")
		want(t, out, "old asserts", 2, "waver true goStringer true goner false stringer true nothing false in fmt bad")
		for n := 3; n < 5; n++ {
			want(t, out, "old asserts", n, asserts1)
		}
		want(t, out, "old say", 2, "r1 1 r1 gadget 1 leaf1 r1 gadget 1 r1 gadget 1")
		want(t, out, "old shared", 0, shared+"account true state true local true pair true pairacc true\nshape true true\nitabs true by r1 by r1")
		want(t, out, "run asserts", 1, "r2 wave\nwaver true goStringer true goner false stringer true nothing false both true in fmt r2 g")
		want(t, out, "run shared", 0, shared+"account false state true pair true pairacc false\nshape true true\nitabs true by r1 by r1\nmeets true true met\nlocal 1 2 false true")
		want(t, out, "run changed", 0, changed)
		want(t, out, "run changed", 1, changed)
		want(t, out, "run say", 1, "r2 2 r2 gadget 1 leaf1 r2 gadget 1 r2 gadget 1")
		want(t, out, "run asserts", 2, "r3 wave\nwaver true goStringer false goner true stringer true nothing false both false in fmt &app")
		want(t, out, "run say", 2, "r3 2 r3 gadget 1 leaf3 r3 gadget 1 r3 gadget 1")
	})
	t.Run("never asserted before", func(t *testing.T) {
		l.t = t
		// No assertion of release 1 has run, so that the runtime meets every pair
		// for the first time after the commit.
		out := l.drive(r1, load(r2), "commit", "run asserts", load(r3), "commit", "run asserts")
		want(t, out, "run asserts", 0, "r2 wave\nwaver true goStringer true goner false stringer true nothing false both true in fmt r2 g")
		want(t, out, "run asserts", 1, "r3 wave\nwaver true goStringer false goner true stringer true nothing false both false in fmt &app")
	})
	t.Run("directory for the object", func(t *testing.T) {
		l.t = t
		dir := t.TempDir()
		out := l.drive(r1, "dir "+dir, "old fill", load(r2), "commit", "run say")
		want(t, out, "run say", 0, "r2 1 r2 gadget 1 leaf1 r2 gadget 1 r2 gadget 1")
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v %v", left, err)
		}
	})
	t.Run("cold start", func(t *testing.T) {
		l.t = t
		// Release 2 as an executable: the same base for release 3 as a process
		// that was updated to it, so the same update file goes into both.
		c2 := l.build("c2", l.sources(2), r1, true)
		if c2.res.Symbols.Node != r2.res.Symbols.Node {
			t.Fatalf("release 2 has node %s as executable and %s as update", c2.res.Symbols.Node, r2.res.Symbols.Node)
		}
		audit(t, c2, r3)
		out := l.drive(c2, "old fill", "old asserts", load(r3), "commit", "run asserts", "run changed", "run say")
		want(t, out, "old asserts", 0, "r2 wave\nwaver true goStringer true goner false stringer true nothing false both true in fmt r2 g")
		want(t, out, "run asserts", 0, "r3 wave\nwaver true goStringer false goner true stringer true nothing false both false in fmt &app")
		want(t, out, "run changed", 0, changed)
		want(t, out, "run say", 0, "r3 1 r3 gadget 1 leaf3 r3 gadget 1 r3 gadget 1")
	})
	t.Run("audit finds", func(t *testing.T) {
		l.t = t
		spoiled(t, l, r1)
	})
	t.Run("look-up as the dynamic linker does it", func(t *testing.T) {
		l.t = t
		predicted(t, l, r1, r2, r3)
	})
	t.Run("refusals", func(t *testing.T) {
		l.t = t
		refusals(t, l, r1, r2, r3)
	})
}

// refusals damages an update file in every way that has a code of its own.
func refusals(t *testing.T, l *lineage, r1, r2, r3 *release) {
	data, err := os.ReadFile(r2.file)
	if err != nil {
		t.Fatal(err)
	}
	object, err := os.ReadFile(r2.so)
	if err != nil {
		t.Fatal(err)
	}
	raw := func(edit func([]byte) []byte) func(string) {
		return func(path string) {
			if err := os.WriteFile(path, edit(slices.Clone(data)), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	manifest := func(edit func(*update.Manifest)) func(string) {
		return func(path string) {
			m := r2.man
			edit(&m)
			l.pack(path, m, object)
		}
	}
	tests := []struct {
		name string
		code update.Code
		make func(path string)
	}{
		{"missing", update.NotReadable, func(string) {}},
		{"not an update", update.NotAnUpdate, raw(func(b []byte) []byte { return object })},
		{"empty", update.Truncated, raw(func(b []byte) []byte { return nil })},
		{"header cut", update.Truncated, raw(func(b []byte) []byte { return b[:40] })},
		{"object cut", update.Truncated, raw(func(b []byte) []byte { return b[:len(b)-1] })},
		{"longer", update.Edited, raw(func(b []byte) []byte { return append(b, 0) })},
		{"manifest edited", update.Edited, raw(func(b []byte) []byte { b[100] ^= 1; return b })},
		{"object edited", update.Edited, raw(func(b []byte) []byte { b[len(b)-100000] ^= 1; return b })},
		{"lengths edited", update.Edited, raw(func(b []byte) []byte { b[12]++; b[16]--; return b })},
		{"other format", update.OtherFormat, raw(func(b []byte) []byte { b[8]++; return b })},
		{"other architecture", update.OtherArch, manifest(func(m *update.Manifest) { m.GOARCH = "arm64" })},
		{"other toolchain", update.OtherGo, manifest(func(m *update.Manifest) { m.GoVersion = "go1.26.7" })},
		{"other flags", update.OtherFlags, manifest(func(m *update.Manifest) { m.Flags = nil })},
		{"other lineage", update.OtherLineage, manifest(func(m *update.Manifest) { m.Lineage = r2.res.Symbols.Node })},
		{"other source", update.OtherSource, manifest(func(m *update.Manifest) {
			m.Packages = map[string]string{"example.com/chain/leaf": "00"}
		})},
		{"shared variable of another node", update.WrongBinding, manifest(func(m *update.Manifest) {
			m.Shared = map[string]string{"example.com/chain/app.St": r2.res.Symbols.Node}
		})},
	}
	commands := []string{"old fill", "old asserts"}
	paths := map[string]string{}
	for i, tt := range tests {
		path := l.dir + "/refused" + string(rune('a'+i))
		tt.make(path)
		paths[tt.name] = path
		commands = append(commands, "load "+path)
	}
	// The update for release 2's process does not go into release 1's; nor does a
	// second one while the first is undecided.
	commands = append(commands, "load "+r3.file, "old asserts", "load "+r2.file, "load "+r2.file, "commit", "run say", "load "+r2.file)
	out := l.drive(r1, commands...)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want(t, out, "load "+paths[tt.name], 0, "refused "+string(tt.code))
		})
	}
	want(t, out, "load "+r3.file, 0, "refused "+string(update.WrongBase))
	want(t, out, "load "+r2.file, 0, "pending []")
	want(t, out, "load "+r2.file, 1, "refused "+string(update.WrongState))
	want(t, out, "load "+r2.file, 2, "refused "+string(update.WrongBase))
	want(t, out, "old asserts", 1, asserts1)
	want(t, out, "run say", 0, "r2 1 r2 gadget 1 leaf1 r2 gadget 1 r2 gadget 1")
}

// audit reads the files back and expects nothing to find.
func audit(t *testing.T, host *release, updates ...*release) {
	t.Helper()
	var files []string
	for _, u := range updates {
		files = append(files, u.so)
	}
	last := updates[len(updates)-1]
	findings, err := link.Audit(host.file, files, last.res.Symbols)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		t.Errorf("audit of %s: %s", last.file, f)
	}
}

// spoiled breaks the version script in the ways that were silent memory
// corruption in trials, and expects the audit to name each.
func spoiled(t *testing.T, l *lineage, r1 *release) {
	typeLine := regexp.MustCompile(`(?m)^  "type:[^.].*;\n`)
	account := `"type:` + mangled("example.com/chain/app.Account") + `"`
	state := `"type:` + mangled("example.com/chain/app.State") + `"`
	tests := []struct {
		name string
		edit func(string) string
		want string
	}{
		{"a changed type is shared", func(s string) string {
			if !strings.Contains(s, account) {
				t.Fatal("Account is not in the script")
			}
			return typeLine.ReplaceAllString(s, "")
		}, "not the type that the module was compiled for"},
		{"an unchanged type is new", func(s string) string {
			return strings.Replace(s, account, account+";\n  "+state, 1)
		}, "a new node for a type that"},
		{"a changed type is hashed as its predecessor", func(s string) string {
			return regexp.MustCompile(`(?m)^  "type:\.[^"]*";\n`).ReplaceAllString(s, "")
		}, "compared or hashed as its predecessor"},
		{"code is shared", func(s string) string {
			return strings.Replace(s, "  example.com?chain?app.*;\n", "", 1)
		}, "code of re-compiled package example.com/chain/app has to be the module's own"},
		{"a dictionary is shared", func(s string) string {
			return strings.Replace(s, "  example.com?chain?gen.*;\n", "", 1)
		}, "code of re-compiled package"},
		{"the package hash is shared", func(s string) string {
			return strings.ReplaceAll(s, `"go:link.pkghash`, `"none:`)
		}, "the Go runtime would refuse the module"},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l.t, l.edit = t, tt.edit
			defer func() { l.edit = nil }()
			r := l.build("x"+string(rune('a'+i)), l.sources(2), r1, false)
			findings, err := link.Audit(r1.file, []string{r.so}, r.res.Symbols)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(findings, func(f link.Finding) bool { return strings.Contains(f.Why, tt.want) }) {
				t.Errorf("no finding says %q among %d: %v", tt.want, len(findings), findings)
			}
		})
	}
}

// mangled is how the linker shortens the name of a type's symbol.
func mangled(name string) string {
	sum := sha256.Sum256([]byte(name))
	sum[0] ^= 0xff
	return base64.StdEncoding.EncodeToString(sum[:6])
}
