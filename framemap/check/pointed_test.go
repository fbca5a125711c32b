package check_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/upstarego/upstarego/framemap/check"
	"github.com/upstarego/upstarego/internal/ledgertest"
)

// TestPointed: locals that point at the variable that they were are listed for review.
func TestPointed(t *testing.T) {
	a, err := txtar.ParseFile("testdata/structs_named.txtar")
	require.NoError(t, err)
	rules, _ := check.Check(ledgertest.Steps(t, a).Input(nil))
	var l []string
	for _, v := range rules.Pointed {
		l = append(l, v.Func.Key+" "+v.Name)
	}
	require.Equal(t, []string{"example.com/p.pointed opts", "example.com/p.known opts"}, l)
}
