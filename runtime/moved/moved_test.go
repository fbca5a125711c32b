package moved

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestKey(t *testing.T) {
	p := Paths{"github.com/a/mqtt/v2": "github.com/b/server/v3", "github.com/a/mqtt/v2/hooks": "github.com/b/server/v3/hooks", "x": "y"}
	for old, new := range map[string]string{
		"github.com/a/mqtt/v2":                                      "github.com/b/server/v3",
		"github.com/a/mqtt/v2.New":                                  "github.com/b/server/v3.New",
		"github.com/a/mqtt/v2.(*Client).Read.func1":                 "github.com/b/server/v3.(*Client).Read.func1",
		"github.com/a/mqtt/v2/hooks.T[github.com/a/mqtt/v2.T, x.U]": "github.com/b/server/v3/hooks.T[github.com/b/server/v3.T, y.U]",
		"map[string]*‹github.com/a/mqtt/v2.T·1›":                    "map[string]*‹github.com/b/server/v3.T·1›",
		"(*github.com/a/mqtt/v2.Client).Read":                       "(*github.com/b/server/v3.Client).Read",
		"github.com/a/mqtt/v2/other.T":                              "github.com/a/mqtt/v2/other.T",
		"github.com/a/mqtt/v22.T":                                   "github.com/a/mqtt/v22.T",
		"other/github.com/a/mqtt/v2.T":                              "other/github.com/a/mqtt/v2.T",
		"example.com/x.T":                                           "example.com/x.T",
		"x.T":                                                       "y.T",
	} {
		require.Equal(t, new, p.Key(old))
		require.Equal(t, old, p.Back().Key(new))
	}
	require.Equal(t, "github.com/b/server/v3/a.go", p.File("github.com/a/mqtt/v2/a.go"))
	require.Equal(t, "github.com/a/mqtt/v2/other/a.go", p.File("github.com/a/mqtt/v2/other/a.go"))
}
