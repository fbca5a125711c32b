package link

import (
	"slices"
	"testing"

	"github.com/upstarego/upstarego/internal/slim"
)

func TestMentions(t *testing.T) {
	for _, tt := range []struct {
		symbol string
		want   []string
	}{
		{"type:example.com/p.T", []string{"example.com/p.T"}},
		{"type:*example.com/p.T", []string{"example.com/p.T"}},
		{"type:.eqfunc.example.com/p.T", []string{"example.com/p.T"}},
		{"type:.hash.[3]example.com/p.T", []string{"example.com/p.T"}},
		{"type:noalg.map.group[string]example.com/p.T", []string{"map.group", "example.com/p.T"}},
		{"type:.namedata.*p.T.", nil},
		{"type:.eqfunc24", nil},
		{"type:func(...example.com/p%2ev2.T) (<-chan b.U, chan<- c.V)", []string{"example.com/p%2ev2.T", "b.U", "c.V"}},
		{"type:map[a.K]struct { F b.V; c/d.x *e.W }", []string{"a.K", "b.V", "e.W"}},
		// a field and a method that are called like types
		{`type:struct { p.state int "json:\"p.tag\""; p.T "p.no"; *p.U; p.last p.L }`, []string{"p.T", "p.U", "p.L"}},
		{"type:interface { M(p.A) p.B; p.state() }", []string{"p.A", "p.B"}},
		{"type:struct { p.E }", []string{"p.E"}},
		{"type:p.L[int]·1", []string{"p.L·1"}},
		{"type:*p.G[p.T·2,q.U[r.V]]", []string{"p.G", "p.T·2", "q.U", "r.V"}},
		{"go:itab.*example.com/p.T,io.Writer", []string{"example.com/p.T", "io.Writer"}},
		{"go:itab.p.T·3,p.I", []string{"p.T·3", "p.I"}},
		{"slices..dict.SortFunc[[]example.com/p.T,example.com/p.T]", []string{"slices..dict.SortFunc", "example.com/p.T", "example.com/p.T"}},
		{"type:go.shape.struct { p.x p.T }", []string{"p.T"}},
		{"type:p.Größe", []string{"p.Größe"}},
	} {
		var got []string
		mentions(tt.symbol, func(s string) { got = append(got, s) })
		got = slices.DeleteFunc(got, func(s string) bool { return s == "go.shape.struct" || s == "struct" })
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s mentions %q, want %q", tt.symbol, got, tt.want)
		}
	}
}

func TestOwner(t *testing.T) {
	for symbol, want := range map[string]string{
		"example.com/p.F":                            "example.com/p",
		"example.com/p.(*T).M":                       "example.com/p",
		"gopkg.in/yaml%2ev3.F·f":                     "gopkg.in/yaml%2ev3",
		"example.com/v.2/q..dict.F[other.com/r.T]":   "example.com/v.2/q",
		"type:example.com/p.T":                       "",
		"go:itab.*p.T,io.Writer":                     "",
		"gclocals·g5+hNtRBP6YXNjfog7aZjQ==":          "",
		"example.com/p..inittask":                    "example.com/p",
		"sync/atomic.(*Pointer[a/b.T]).Load":         "sync/atomic",
		"example.com/p.F[go.shape.struct { a/b.x }]": "example.com/p",
	} {
		if got := slim.Owner(symbol); got != want {
			t.Errorf("owner of %s is %q, want %q", symbol, got, want)
		}
	}
}

func TestPrefix(t *testing.T) {
	for path, want := range map[string]string{
		"example.com/p": "example.com/p", "gopkg.in/yaml.v3": "gopkg.in/yaml%2ev3", "a.b/c.d/e": "a.b/c.d/e", "main": "main", "x.y": "x%2ey",
	} {
		if got := prefix(path); got != want {
			t.Errorf("prefix of %s is %q, want %q", path, got, want)
		}
	}
}
