package gobuild

import (
	"flag"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/upstarego/upstarego/internal/diag"
)

func TestSplitArgs(t *testing.T) {
	for _, c := range []struct {
		args    string
		goflags string
		pkg     string
		out     string
		work    bool
		code    string
	}{
		{args: "", pkg: "."},
		{args: "-o a -race -tags x,y -work --stress=3 ./cmd/x", goflags: "-race -tags x,y", pkg: "./cmd/x", out: "a", work: true},
		{args: "./cmd/x -trimpath -o=b", goflags: "-trimpath", pkg: "./cmd/x", out: "b"},
		{args: "-- -odd", pkg: "-odd"},
		{args: "-nonsense", code: diag.BadUsage},
		{args: "-stress=many", code: diag.BadUsage},
		{args: "-o", code: diag.BadUsage},
		{args: "./a ./b", code: diag.ManyMains},
	} {
		own := flag.NewFlagSet("build", flag.ContinueOnError)
		out := own.String("o", "", "")
		work := own.Bool("work", false, "")
		own.Int("stress", 0, "")
		goflags, pkg, err := SplitArgs(own, strings.Fields(c.args))
		if c.code != "" {
			require.True(t, diag.Has(err, c.code), "%s: %v", c.args, err)
			continue
		}
		require.NoError(t, err, c.args)
		require.Equal(t, c.goflags, strings.Join(goflags, " "), c.args)
		require.Equal(t, c.pkg, pkg, c.args)
		require.Equal(t, c.out, *out, c.args)
		require.Equal(t, c.work, *work, c.args)
	}
	_, _, err := SplitArgs(flag.NewFlagSet("build", flag.ContinueOnError), []string{"-race", "-h"})
	require.ErrorIs(t, err, flag.ErrHelp)
}

func TestDefaultOutput(t *testing.T) {
	for path, want := range map[string]string{"example.com/app": "app", "example.com/app/v2": "app", "example.com/app/v1": "v1", "app": "app", "example.com/app/video": "video"} {
		require.Equal(t, want, (&Target{Main: &Package{ImportPath: path}}).DefaultOutput())
	}
}
