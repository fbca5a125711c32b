package diag

import "testing"

func TestParsePosition(t *testing.T) {
	for _, c := range []struct{ dir, in, want string }{
		{"/d", "a.go:3:8", "/d/a.go:3:8"},
		{"/d", "/x/a.go:3", "/x/a.go:3"},
		{"", "a.go:3:8", "a.go:3:8"},
		{"/d", "go.mod", "/d/go.mod"},
		{"/d", "", "-"},
	} {
		if got := ParsePosition(c.dir, c.in).String(); got != c.want {
			t.Errorf("ParsePosition(%q, %q) = %s, want %s", c.dir, c.in, got, c.want)
		}
	}
}
