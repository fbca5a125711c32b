package release

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/upstarego/upstarego/framemap/check"
)

// TestWayBack: the example server's map of the way back from its second release is total,
// for what has waited since the first one as well; and it is needed.
func TestWayBack(t *testing.T) {
	kvd, err := filepath.Abs("../../examples/kvd")
	require.NoError(t, err)
	c := Config{Dir: filepath.Join(kvd, "r2"), Base: described(t, Config{Dir: filepath.Join(kvd, "r1")})}
	there, err := Describe(c)
	require.NoError(t, err)
	back, err := DescribeBack(c, there, t.TempDir())
	require.NoError(t, err)
	require.Equal(t, filepath.Join(kvd, "r2", "upstare", "r2", "back"), back.MapDir)
	require.Equal(t, "release 3 (release 1 once more)", back.New.String())

	rules, diags := check.Check(back.Input(back.MapDir))
	require.Empty(t, diags)
	require.Len(t, rules.Lineage, 2)
	for _, s := range rules.Lineage {
		require.True(t, s.Known)
		require.NotZero(t, s.Moved, "serve is put together again")
		require.Empty(t, s.Open)
	}
	require.Empty(t, rules.Lineage[0].Leave, "the first release has nothing that it has not got itself")

	_, diags = check.Check(back.Input(t.TempDir()))
	require.NotEmpty(t, diags)
}
