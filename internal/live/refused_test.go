package live

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const refused = "../../testdata/live/refused.txtar"

// renamed is a change that a frame map has to explain: a function on the stack has
// another name, and another text (with the text alone the same, nothing would have to
// be explained).
var renamed = []string{"func answer(", "func reply(", "for answer(", "for reply(", "&visit{in.Text()}", "&visit{line: in.Text()}"}

// divided is another one: what main did is done one call further in.
var divided = []string{"func answer(", "func reply(", "func main() {", "func serve(in *bufio.Scanner) {\n\tfor reply(in) {\n\t}\n}\n\nfunc main() {", "for answer(in) {\n\t}", "serve(in)"}

// frameMap is a framemap.go for release 2 with Map's statements.
func frameMap(statements string) string {
	return "//go:build upstarego\n\npackage upstare\n\nimport \"github.com/upstarego/upstarego/framemap\"\n\nfunc Map(m *framemap.Map) {\n" + statements + "\n}\n"
}

// wholeMap explains renamed.
const wholeMap = `	framemap.Func(m, "example.com/refused.answer", "example.com/refused.reply", framemap.Points{1: 1, 2: 2, 3: 3, 4: 4})
	framemap.Func(m, "example.com/refused.main", "example.com/refused.main", framemap.Points{2: 2})
`

// TestRefusedBuilds: what cannot be built as a release is refused with a code, the
// position if there is one, and what to do; what was built before stays as it was,
// and nothing else is written, to the module least of all.
func TestRefusedBuilds(t *testing.T) {
	base := Build(t, Unpack(t, refused), "")
	broken := func(name string, change func([]byte) []byte) string {
		b, err := os.ReadFile(base)
		require.NoError(t, err)
		path := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(path, change(b), 0o755))
		return path
	}
	stripped := broken("stripped", func(b []byte) []byte { return b })
	out, err := exec.Command("strip", stripped).CombinedOutput()
	require.NoError(t, err, "%s", out)

	for _, c := range []struct {
		name    string
		code    string
		pos     string   // in the module; "" if there is none
		says    []string // besides
		replace []string
		frames  string // text of framemap.go
		from    string // instead of base
		first   bool   // without -from
		env     string
		flags   []string
	}{
		{name: "cgo", code: "UP1011", pos: "main.go:4:8", says: []string{`imports "C"`, "move the cgo code"}, replace: []string{"import (", "import \"C\"\nimport ("}},
		{name: "cgo in a first release", first: true, code: "UP1011", pos: "main.go:4:8", replace: []string{"import (", "import \"C\"\nimport ("}},
		{name: "plugin", code: "UP1012", pos: "main.go:8:2", says: []string{"remove the import"}, replace: []string{"\t\"os\"\n", "\t\"os\"\n\t_ \"plugin\"\n"}},
		{name: "types", code: "UP1006", pos: "main.go:15:13", says: []string{"assignment mismatch: 2 variables but len returns 1 value"}, replace: []string{"seen :=", "seen, _ :="}},
		{name: "unused", code: "UP1006", pos: "main.go:14:38", says: []string{"declared and not used: x"}, replace: []string{"in *bufio.Scanner) bool {", "in *bufio.Scanner) bool {x := 1"}},
		{name: "two errors", code: "UP1006", pos: "main.go:16:9", says: []string{"main.go:21:9: undefined: truth"}, replace: []string{"in.Scan()", "in.Scam()", "return true", "return truth"}},
		{name: "syntax", code: "UP1006", pos: "main.go:16:16", says: []string{"syntax error"}, replace: []string{"if !in.Scan() {", "if !in.Scan() }"}},
		{name: "missing package", code: "UP1005", pos: "main.go:6:2", says: []string{"example.com/nowhere"}, replace: []string{"\t\"bufio\"\n", "\t\"bufio\"\n\t_ \"example.com/nowhere\"\n"}},
		{name: "no main package", code: "UP1003", replace: []string{"package main", "package other"}},

		{name: "stripped base", from: stripped, code: "UP1206", says: []string{"stripped", "name the executable"}},
		{name: "base cut short", from: broken("short", func(b []byte) []byte { return b[:len(b)-100] }), code: "UP1206"},
		{name: "base edited", from: broken("edited", func(b []byte) []byte { b[len(b)-200] ^= 1; return b }), code: "UP1206"},
		{name: "base is no release", from: "/bin/sh", code: "UP1206"},
		{name: "base is source", from: "main.go", code: "UP1206"},
		{name: "no base", from: "nowhere", code: "UP1206", says: []string{"no such file"}},

		{name: "tags", flags: []string{"-tags", "x"}, code: "UP1207", says: []string{`it was "-ldflags=[\"-w\"]" and is "-ldflags=[\"-w\"] -tags=x"`, "build with the flags of the base"}},
		{name: "trimpath", flags: []string{"-trimpath"}, code: "UP1207", says: []string{"-trimpath"}},
		{name: "race", flags: []string{"-race"}, code: "UP1207", says: []string{"-race"}},
		{name: "flags from the environment", env: "GOFLAGS=-tags=x", code: "UP1207", says: []string{"-tags=x"}},
		{name: "refused flag", flags: []string{"-buildmode=pie"}, code: "UP1002", says: []string{"-buildmode"}},
		{name: "unknown flag", flags: []string{"-nonsense"}, code: "UP1001", says: []string{"-nonsense"}},
		{name: "other program", replace: []string{"module example.com/refused", "module example.com/other"}, code: "UP1207", says: []string{`it was "example.com/refused" and is "example.com/other"`}},
		{name: "platform", env: "GOOS=darwin", code: "UP1010", says: []string{"darwin/amd64"}},
		{name: "architecture", env: "GOARCH=arm64", code: "UP1010", says: []string{"linux/arm64"}},

		{name: "no map", replace: renamed, code: "UP3001", pos: "main.go:24:1", says: []string{"function example.com/refused.answer is gone", "framemap.Never"}},
		{name: "map misses a function", replace: divided, code: "UP3001", pos: "main.go:29:1", says: []string{"point 2 of example.com/refused.main"},
			frames: frameMap(strings.SplitAfter(wholeMap, "\n")[0])},
		{name: "open decision", replace: renamed, code: "UP3003", pos: "upstare/r2/framemap.go:8:115",
			frames: frameMap(strings.ReplaceAll(wholeMap, "4: 4", "4: DECIDE"))},
		{name: "map with a type error", replace: renamed, code: "UP3002", pos: "upstare/r2/framemap.go:10:17", says: []string{"cannot use 1"},
			frames: frameMap(wholeMap + "\tvar s string = 1\n")},
		{name: "map with a syntax error", replace: renamed, code: "UP3002", pos: "upstare/r2/framemap.go:10:5",
			frames: frameMap(wholeMap + "\tif )\n")},
		{name: "map of another release", replace: renamed, code: "UP3006", pos: "upstare/r2/framemap.go:10:20", says: []string{"example.com/refused.nobody"},
			frames: frameMap(wholeMap + "\tframemap.Never(m, \"example.com/refused.nobody\")\n")},
		{name: "retyped field", replace: []string{"line string", "line []byte", "in.Text()}", "[]byte(in.Text())}"}, code: "UP3011", pos: "main.go:10:1", says: []string{"was string, is []byte"}},
		{name: "no C compiler", env: "CC=/nonexistent/cc", code: "UP1202", says: []string{"C compiler", "apt-get install gcc"}},
		{name: "output cannot be written", flags: []string{"-o", "/proc/none"}, code: "UP1017"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := Unpack(t, refused, c.replace...)
			if c.frames != "" {
				require.NoError(t, os.MkdirAll(filepath.Join(dir, "upstare/r2"), 0o777))
				require.NoError(t, os.WriteFile(filepath.Join(dir, "upstare/r2/framemap.go"), []byte(c.frames), 0o666))
			}
			if c.env != "" {
				k, v, _ := strings.Cut(c.env, "=")
				t.Setenv(k, v)
			}
			from := base
			if c.from != "" {
				from = c.from
			}
			if c.first {
				from = ""
			}
			outdir := t.TempDir()
			exe := filepath.Join(outdir, "prog")
			require.NoError(t, os.WriteFile(exe, []byte("as before"), 0o666))
			was := snapshot(t, dir) + snapshot(t, outdir)
			text, err := TryBuild(t, dir, exe, from, c.flags...)
			t.Log(text)
			require.Error(t, err)
			assert.Contains(t, text, "["+c.code+"]")
			if c.pos != "" {
				assert.Contains(t, text, filepath.Join(dir, c.pos)+": ")
			}
			for _, s := range c.says {
				assert.Contains(t, text, s)
			}
			assert.NotContains(t, text, "goroutine ", "a refusal is no crash")
			assert.Equal(t, was, snapshot(t, dir)+snapshot(t, outdir), "files")
		})
	}
	t.Run("repaired", func(t *testing.T) {
		dir := Unpack(t, refused, renamed...)
		require.NoError(t, os.MkdirAll(filepath.Join(dir, "upstare/r2"), 0o777))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "upstare/r2/framemap.go"), []byte(frameMap(wholeMap)), 0o666))
		next := Build(t, dir, base)
		p := Start(t, base)
		require.Equal(t, "a 0", p.Ask("a"))
		p.MustUpdate(next + ".update")
		require.Equal(t, "b 1", p.Ask("b"))
	})
}

// snapshot says which files are in a directory and what they hold.
func snapshot(t *testing.T, dir string) string {
	var b strings.Builder
	require.NoError(t, filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		fmt.Fprintf(&b, "%s: %q\n", path, data)
		return err
	}))
	return b.String()
}
