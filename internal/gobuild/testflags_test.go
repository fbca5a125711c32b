package gobuild

import (
	"flag"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/upstarego/upstarego/internal/diag"
)

func TestSplitTest(t *testing.T) {
	for _, c := range []struct {
		args, goflags, flags, packages, rest string
		stress                               int
		counts                               bool
		code                                 string
	}{
		{args: ""},
		{args: "./...", packages: "./..."},
		{args: "-stress 1 -run Sum -race ./a ./b -v", goflags: "-race", flags: "-run Sum -v", packages: "./a ./b", stress: 1},
		{args: "-count=2 -test.timeout 1s .", flags: "-count=2 -test.timeout 1s", packages: ".", counts: true},
		{args: "-count 2", flags: "-count 2", counts: true},
		{args: ". -mine value -stress=2", packages: ".", rest: "-mine value", stress: 2},
		{args: ". -mine=value ./more -v", packages: ".", rest: "-mine=value ./more -v"},
		{args: "-mine ./a", rest: "-mine ./a"},
		{args: "./a -args ./b -v -stress 1", packages: "./a", rest: "-args ./b -v -stress 1"},
		{args: "./a -- -v", packages: "./a", rest: "-- -v"},
		{args: ". -mine v -bench . -count 3", packages: ".", rest: "-mine v -bench . -count 3", counts: true},
		{args: "-stress=many", code: diag.BadUsage},
		{args: "-run", code: diag.BadUsage},
	} {
		own := flag.NewFlagSet("test", flag.ContinueOnError)
		stress := own.Int("stress", 0, "")
		l, err := SplitTest(own, strings.Fields(c.args))
		if c.code != "" {
			require.True(t, diag.Has(err, c.code), "%s: %v", c.args, err)
			continue
		}
		require.NoError(t, err, c.args)
		join := func(l []string) string { return strings.Join(l, " ") }
		require.Equal(t, c.goflags, join(l.GoFlags), c.args)
		require.Equal(t, c.flags, join(l.Flags), c.args)
		require.Equal(t, c.packages, join(l.Packages), c.args)
		require.Equal(t, c.rest, join(l.Args), c.args)
		require.Equal(t, c.stress, *stress, c.args)
		require.Equal(t, c.counts, l.Counts(), c.args)
	}
	_, err := SplitTest(flag.NewFlagSet("test", flag.ContinueOnError), []string{"-h"})
	require.ErrorIs(t, err, flag.ErrHelp)
}

func TestSplitRun(t *testing.T) {
	for _, c := range []struct{ args, goflags, rest string }{
		{"", "", ""},
		{". -race", "", ". -race"},
		{"-race -stress 1 -tags x,y ./cmd -v a", "-race -tags x,y", "./cmd -v a"},
		{"-trimpath -- -odd b", "-trimpath", "-odd b"},
	} {
		own := flag.NewFlagSet("run", flag.ContinueOnError)
		own.Int("stress", 0, "")
		goflags, rest, err := SplitRun(own, strings.Fields(c.args))
		require.NoError(t, err, c.args)
		require.Equal(t, c.goflags, strings.Join(goflags, " "), c.args)
		require.Equal(t, c.rest, strings.Join(rest, " "), c.args)
	}
}
