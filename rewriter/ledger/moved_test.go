package ledger

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/upstarego/upstarego/runtime/moved"
)

// declares is a release whose packages declare functions of these names.
func declares(packages map[string][]string) *Release {
	r := &Release{Main: "example.com/app", Own: []string{"example.com/app"}}
	for pkg, names := range packages {
		r.Own = append(r.Own, pkg)
		for _, n := range names {
			r.Funcs = append(r.Funcs, Func{Key: pkg + "." + n, File: pkg + "/a.go"})
		}
	}
	return r
}

// TestMoved: which packages are taken for others, and which are not.
func TestMoved(t *testing.T) {
	for name, c := range map[string]struct {
		old, new map[string][]string
		want     moved.Paths
	}{
		"next major version": {
			map[string][]string{"a.org/x": {"A", "B", "C"}, "a.org/x/y": {"D", "E"}},
			map[string][]string{"a.org/x/v2": {"A", "B", "C", "N"}, "a.org/x/v2/y": {"D", "E"}},
			moved.Paths{"a.org/x": "a.org/x/v2", "a.org/x/y": "a.org/x/v2/y"},
		},
		"half of it": {
			map[string][]string{"a.org/x": {"A", "B", "C", "D"}}, map[string][]string{"a.org/z": {"A", "B", "N"}}, moved.Paths{"a.org/x": "a.org/z"},
		},
		"less than half": {
			map[string][]string{"a.org/x": {"A", "B", "C", "D"}}, map[string][]string{"a.org/z": {"A", "N"}}, nil,
		},
		"little of the new one": {
			map[string][]string{"a.org/x": {"A"}}, map[string][]string{"a.org/z": {"A", "K", "L", "M"}}, nil,
		},
		"it is still there": {
			map[string][]string{"a.org/x": {"A", "B"}}, map[string][]string{"a.org/x": {"A"}, "a.org/z": {"A", "B"}}, nil,
		},
		"two that could be": {
			map[string][]string{"a.org/x": {"A", "B"}}, map[string][]string{"b.org/p": {"A", "B"}, "c.org/q": {"A", "B"}}, nil,
		},
		"the end of the path decides": {
			map[string][]string{"a.org/x/hooks": {"New"}, "a.org/x/files": {"New"}}, map[string][]string{"b.org/y/files": {"New"}, "b.org/y/hooks": {"New"}},
			moved.Paths{"a.org/x/hooks": "b.org/y/hooks", "a.org/x/files": "b.org/y/files"},
		},
	} {
		require.Equal(t, c.want, declares(c.old).Moved(declares(c.new)), name)
	}
}

// TestIn: all names of a release are others, and the release is not.
func TestIn(t *testing.T) {
	r := &Release{
		Own: []string{"a.org/x"},
		Funcs: []Func{{
			Key: "a.org/x.(*T).F", File: "a.org/x/f.go", Frame: []Field{{Name: "t", Type: "*‹a.org/x.T›"}},
			Points: []Point{{What: "x.F()", Calls: "a.org/x.G", Pins: []string{"a.org/x.T"}}}, Calls: []Call{{Callees: []string{"a.org/x.G", ""}}},
		}},
		Types: []TypeDecl{{Key: "a.org/x.T", Pkg: "a.org/x", File: "a.org/x/f.go", Fields: []TypeField{{Name: "m", Type: "map[string]‹a.org/x.U›"}}}},
		Vars:  []VarDecl{{Key: "a.org/x.V", Type: "‹b.org/other.T›"}},
	}
	r.Funcs[0].Text = []string{"x . F", "a.org/x.F"} // no names of packages
	in := r.In(moved.Paths{"a.org/x": "c.org/z"})
	require.Equal(t, r.Funcs[0].Text, in.Funcs[0].Text)
	require.Equal(t, []string{"c.org/z"}, in.Own)
	f := in.Func("c.org/z.(*T).F")
	require.NotNil(t, f)
	require.Equal(t, "c.org/z/f.go", f.File)
	require.Equal(t, "*‹c.org/z.T›", f.Frame[0].Type)
	require.Equal(t, Point{What: "x.F()", Calls: "c.org/z.G", Pins: []string{"c.org/z.T"}}, f.Points[0])
	require.Equal(t, []string{"c.org/z.G", ""}, f.Calls[0].Callees)
	require.Equal(t, "map[string]‹c.org/z.U›", in.Type("c.org/z.T").Fields[0].Type)
	require.Equal(t, "c.org/z", in.Type("c.org/z.T").Pkg)
	require.Equal(t, "‹b.org/other.T›", in.Var("c.org/z.V").Type)
	require.True(t, in.Elsewhere("c.org/z.T"))
	require.False(t, in.Elsewhere("b.org/other.T"))
	require.Same(t, r, in.Original())
	require.NotNil(t, r.Func("a.org/x.(*T).F"))
}
