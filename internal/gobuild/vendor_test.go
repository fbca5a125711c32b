package gobuild

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestVendorListAndOwnersOfFiles(t *testing.T) {
	target := &Target{vendored: parseVendorList(`# example.com/a v1.0.0
## explicit; go 1.20
example.com/a
example.com/a/x
# example.com/a/b v0.1.0 => ../b
## explicit
example.com/a/b
# example.com/c v0.0.0-00010101000000-000000000000 => example.com/d v1.2.3
## go 1.17
# example.com/a/b => ../b
`)}
	require.Len(t, target.vendored, 3)
	a, b, c := target.vendored[0], target.vendored[1], target.vendored[2]
	require.Equal(t, &vendored{"example.com/a", "v1.0.0", "1.20", []string{"example.com/a", "example.com/a/x"}}, a)
	require.Equal(t, &vendored{"example.com/a/b", "v0.1.0", "", []string{"example.com/a/b"}}, b)
	require.Equal(t, &vendored{"example.com/c", "v0.0.0-00010101000000-000000000000", "1.17", nil}, c)
	for file, owner := range map[string]*vendored{
		"example.com/a/a.go":           a,
		"example.com/a/x/data/big.bin": a,
		"example.com/a/b/b.go":         b,
		"example.com/c/LICENSE":        nil,
	} {
		require.Equal(t, owner, target.vendorOwner(file), file)
	}
}
