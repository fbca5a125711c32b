package live

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// library is a program on a release of a library that is not instrumented, with a frame map
// whose statements are given, if there are any.
func library(t *testing.T, statements string, parts ...string) string {
	dir := Assemble(t, "../../testdata/live/library.txtar", append([]string{"common"}, parts...)...)
	if statements != "" {
		text := frameMap(statements)
		if strings.Contains(statements, "was.") {
			text = strings.Replace(text, "import ", "import (\n\t\"example.com/library/upstare/r2/is\"\n\t\"example.com/library/upstare/r2/was\"\n\t\"example.com/logs\"\n)\n\nimport ", 1)
		}
		write(t, filepath.Join(dir, "upstare/r2/framemap.go"), []byte(text))
	}
	return dir
}

// TestLibraryInterface: an interface type of a library that is not instrumented has a method
// more, and the values in it are taken along, wherever they are. Code of the library's old
// release has some of them as well, and its own view of the interface.
func TestLibraryInterface(t *testing.T) {
	t.Parallel()
	r1 := Build(t, library(t, "", "r1"), "")
	r2 := Build(t, library(t, "", "r2"), r1, "-update-only")
	p := Start(t, r1)
	say := func(how, with, text string) (l []string) {
		for _, who := range []string{"field", "map", "local", "captured!", "variable", "slice", "channel"} {
			l = append(l, fmt.Sprint(how, " ", who, with, " ", text))
		}
		return l
	}
	p.Send("a")
	require.Equal(t, append(say("info 1", "+", "a"), "info 1 slice a"), p.Until("end"))
	p.MustUpdate(r2 + ".update")
	for _, text := range []string{"b", "c"} {
		p.Send(text)
		want := say("alarm 2", "-", text)
		want[3] = "alarm 2 captured!" + map[string]string{"b": "!", "c": "!!"}[text] + "- " + text
		got := p.Until("end")
		require.Equal(t, want, got[:len(got)-1])
		assert.Contains(t, got[len(got)-1], "info ", "the library's old code calls what it means")
		assert.Contains(t, got[len(got)-1], "slice "+text)
	}
}

// TestLibraryStruct: values of a struct type of a library that is not instrumented are not
// carried over, and whoever holds one has to be told: when the update is built, not when it is
// made. At points that are kept free nobody is asked about them.
func TestLibraryStruct(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, code, says, statements, answer string }{
		{"field", "UP3011", "field level of example.com/library.server was logs.Level (old), is logs.Level",
			"framemap.Type(m, \"example.com/library.server\", \"example.com/library.server\", func(o *was.Main_server, n *is.Main_server) { n.Level = logs.Level{Name: \"new\", N: 8} })", "8 {new 8}"},
		{"local", "UP3010", "local level of example.com/library.serve has no value", "framemap.Never(m, \"example.com/library.serve\")", "a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r1 := Build(t, library(t, "", "r1", c.name), "")
			text, err := TryBuild(t, library(t, "", "r2", c.name), filepath.Join(t.TempDir(), "prog"), r1, "-update-only")
			require.Error(t, err)
			require.Contains(t, text, "["+c.code+"]")
			require.Contains(t, text, c.says)
			if c.name == "local" {
				require.Contains(t, text, "local box of example.com/library.serve has no value")
			}

			r2 := Build(t, library(t, c.statements, "r2", c.name), r1, "-update-only")
			p := Start(t, r1)
			if c.name == "field" {
				require.Equal(t, "7 {7}", p.Ask("a"))
			} else {
				require.Equal(t, "serving", p.Ask("serve"))
				require.Equal(t, "info 1 box a", p.Ask("a"))
				require.Equal(t, "7 {7}", p.Line())
				p.MustFail("UP2007", r2+".update", "-timeout", "300ms")
				require.Equal(t, "left", p.Ask("leave"))
			}
			p.MustUpdate(r2 + ".update")
			require.Equal(t, c.answer, p.Ask("a"))
			if c.name == "local" {
				require.Equal(t, "serving", p.Ask("serve"))
				require.Equal(t, "info 2 box a", p.Ask("a"))
				require.Equal(t, "7 { 7}", p.Line())
			}
		})
	}
}
