package gobuild

import (
	"debug/buildinfo"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/upstarego/upstarego/internal/diag"
)

func TestFlagsAreHonouredOrRefusedByName(t *testing.T) {
	for _, c := range []struct {
		env   string
		args  string
		codes []string
	}{
		{"", "-race -tags a,b --trimpath -p 2 -v=false", nil},
		{"-count=1 -buildvcs=false", "", nil}, // -count is go test's
		{"", "-toolexec=x -cover", []string{diag.FlagRefused}},
		{"-mod=other", "", []string{diag.FlagRefused}},
		{"", "-nonsense", []string{diag.BadUsage}},
		{"", "-tags", []string{diag.BadUsage}},
		{"", "-buildmode=pie", []string{diag.FlagRefused}},
		{"", "-ldflags=example.com/x=-w", []string{diag.FlagRefused}},
		{"", "-ldflags=all=-w", nil},
	} {
		_, err := ParseFlags("/dir", c.env, strings.Fields(c.args))
		for _, code := range c.codes {
			require.True(t, diag.Has(err, code), "%q %q: %v", c.env, c.args, err)
		}
		if c.codes == nil {
			require.NoError(t, err)
		}
	}
}

func TestRecordIsCanonical(t *testing.T) {
	a, err := ParseFlags("/dir", "-tags=x", []string{"-v", "-trimpath", "-ldflags", "-s  -w"})
	require.NoError(t, err)
	b, err := ParseFlags("/dir", "", []string{"--ldflags=-s -w", "-trimpath=true", "-tags", "y", "-tags=x"})
	require.NoError(t, err)
	require.Equal(t, a.Record(), b.Record())
	require.Equal(t, []string{`-ldflags=["-s" "-w"]`, "-tags=x", "-trimpath=true"}, a.Record())
}

func TestLinkFlagsAreMerged(t *testing.T) {
	f, err := ParseFlags("/dir", "", []string{"-ldflags", `-s -X main.version=1 -X 'main.b=c d' -extldflags "-L /x -lm"`})
	require.NoError(t, err)
	words, err := f.linkWords("example.com/app", "/s.ver")
	require.NoError(t, err)
	require.Equal(t, []string{"-checklinkname=0", "-s", "-X=example.com/app.version=1", "-X=example.com/app.b=c d", "-extldflags=-L /x -lm -Wl,--version-script=/s.ver"}, words)
	for _, bad := range []string{"-extldflags=-static", "-linkmode=internal", "-X"} {
		f, err := ParseFlags("/dir", "", []string{"-ldflags", bad})
		require.NoError(t, err)
		_, err = f.linkWords("example.com/app", "")
		require.True(t, diag.Has(err, diag.FlagRefused), "%s: %v", bad, err)
	}
}

func TestFlagsReachTheBuild(t *testing.T) {
	dir := tree(t, program)
	write(t, dir, "-- cmd/x/tagged.go --\n//go:build special\n\npackage main\n\nfunc init() { println(\"special\") }\n-- cmd/x/other_package.go --\n//go:build ignore\n\npackage tool\n")
	c := hosted(t, resolve(t, dir, "./cmd/x", "-tags=special", "-ldflags=-X main.version=v2", "-gcflags=-N"))
	out := run(t, build(t, c))
	require.Contains(t, out, "special\n")
	require.Contains(t, out, "other v2\n")
	info, err := buildinfo.ReadFile(c.Output)
	require.NoError(t, err)
	require.Equal(t, "example.com/app/cmd/x", info.Path, "the program is the user's package")
	require.Equal(t, "example.com/app", info.Main.Path)
}

func TestRefusalsOfPrograms(t *testing.T) {
	dir := tree(t, program)
	refused := func(code, pattern string, flags ...string) {
		t.Helper()
		_, err := Resolve(dir, flags, pattern)
		require.True(t, diag.Has(err, code), "%v", err)
	}
	refused(diag.NoMainPackage, "./internal/lib")
	refused(diag.LoadFailed, "./nowhere")
	refused(diag.NoModule, "cmd/x/main.go")
	require.Equal(t, "example.com/app/cmd/x", resolve(t, dir, "./...").Main.ImportPath)
	require.Equal(t, "example.com/app/cmd/x", resolve(t, "/", ".", "-C", dir+"/cmd/x").Main.ImportPath)

	write(t, dir, "-- cmd/y/main.go --\npackage main\n\nfunc main() {}\n")
	refused(diag.ManyMains, "./...")

	write(t, dir, "-- cmd/y/main.go --\npackage main\n\nimport \"example.com/app/gone\"\n\nfunc main() { gone.Go() }\n")
	_, err := Resolve(dir, nil, "./cmd/y")
	require.ErrorContains(t, err, filepath.Join(dir, "cmd/y/main.go")+":3:8: ")

	t.Setenv("GOOS", "darwin")
	refused(diag.WrongPlatform, "./cmd/x")
}

func TestCompilerErrorsHaveTheUsersPositions(t *testing.T) {
	dir := tree(t, program)
	c := hosted(t, resolve(t, dir, "./cmd/x"))
	other := filepath.Join(c.Target.Main.Dir, "other.go")
	c.Files[other] = []byte("package main\n\nfunc other() string { return 1 }\n")
	b, err := c.Prepare()
	require.NoError(t, err)
	defer b.Close()
	err = b.Run()
	require.True(t, diag.Has(err, diag.CompileFailed), "%v", err)
	require.ErrorContains(t, err, other+":3:30: cannot use 1")

	c.Files[other] = []byte("package main\n\nfunc other() string { return \"\" }\n")
	c.Script = "not a version script"
	bad, err := c.Prepare()
	require.NoError(t, err)
	defer bad.Close()
	c.Target.Flags.ldflags = []string{"-linkmode=external"}
	err = bad.Run()
	require.True(t, diag.Has(err, diag.LinkFailed), "%v", err)
}
