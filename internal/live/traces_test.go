package live

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// traces is a release of testdata/live/traces.txtar, with so many functions that wait
// besides.
func traces(release string, many int) func(testing.TB) string {
	return func(t testing.TB) string {
		dir := Unpack(t, "../../testdata/live/traces.txtar", `release = "r1"`, fmt.Sprintf("release = %q", release))
		text := "package main\n\nvar waits = make(chan int)\n"
		for i := range many {
			text += fmt.Sprintf("\nfunc wait%d() int {\n\tn := <-waits\n\treturn n + <-waits\n}\n\nfunc init() { always = append(always, wait%[1]d) }\n", i)
		}
		text += "\nvar always []func() int\n"
		require.NoError(t, os.WriteFile(filepath.Join(dir, "many.go"), []byte(text), 0o666))
		return dir
	}
}

var (
	traces1 = &Shared{Source: traces("r1", 1)}
	traces2 = &Shared{Source: traces("r2", 400), From: traces1}
	traces3 = &Shared{Source: traces("r3", 401), From: traces2, Last: true}
)

var offset = regexp.MustCompile(` \+0x[0-9a-f]+|0x[0-9a-f]+\??`)

// TestTraces: the frames of earlier releases, which wait below those that carry on, do
// not show, neither in what a program asks for nor when it panics.
func TestTraces(t *testing.T) {
	t.Parallel()
	const (
		outside = "main.(*counter).deeper 32, main.(*counter).deeper 32, main.serve 54, main.main 80"
		want    = " main.frames 16, main.(*counter).deeper 47, " + outside
		kept    = " main.frames 16, main.keeping 75, main.keep 69"
	)
	p := Start(t, traces1.Exe(t))
	require.Equal(t, "ready", p.Line())
	require.Equal(t, "r1"+want, p.Ask("trace"))
	p.MustUpdate(traces2.Update(t))
	require.Equal(t, "r2"+want, p.Ask("keep"))
	require.Equal(t, "r2"+kept, p.Ask("kept"))
	p.MustUpdate(traces3.Update(t))
	require.Equal(t, "r3"+want, p.Ask("trace"))
	require.Equal(t, "r3"+kept, p.Ask("kept"), "its base is in the second release")
	require.Equal(t, "r3 left", p.Ask("leave"))
	require.Equal(t, "r3"+want, p.Ask("trace"))
	p.Send("crash")
	p.Ended()
	var positions []string
	for l := range strings.SplitSeq(p.Errors(), "\n") {
		if at, ok := strings.CutPrefix(l, "\t"); ok && strings.Contains(at, "main.go:") {
			positions = append(positions, offset.ReplaceAllString(at[strings.LastIndexByte(at, ':')+1:], ""))
		}
	}
	require.Equal(t, []string{"45", "32", "32", "54", "80"}, positions, "%s", p.Errors())
}
