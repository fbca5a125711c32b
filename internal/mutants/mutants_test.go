package mutants

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const root = "../.."

// TestMutants: every mutant can be made of the tree as it is, its test is there, and
// docs/hazards.md has it. Whether the tests notice is for make mutants.
func TestMutants(t *testing.T) {
	l, err := Read(root)
	require.NoError(t, err)
	require.NotEmpty(t, l)
	doc, err := os.ReadFile(filepath.Join(root, "docs/hazards.md"))
	require.NoError(t, err)
	for _, m := range l {
		copied := t.TempDir()
		for _, c := range m.Changes {
			text, err := os.ReadFile(filepath.Join(root, c.File))
			require.NoError(t, err, m.Name)
			to := filepath.Join(copied, c.File)
			require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o777))
			require.NoError(t, os.WriteFile(to, text, 0o666))
		}
		require.NoError(t, m.Apply(copied))
		require.Contains(t, string(doc), "`"+m.Name+"`")
		require.True(t, hasTest(t, m), "%s: %s has no %s", m.Name, m.Package, m.Test)
	}
	for _, name := range regexp.MustCompile("(?m)\\| `([a-z_0-9]+)` \\|$").FindAllStringSubmatch(string(doc), -1) {
		require.FileExists(t, filepath.Join(root, Dir, name[1]+".txt"))
	}
}

func hasTest(t *testing.T, m Mutant) bool {
	names, err := filepath.Glob(filepath.Join(root, m.Package, "*_test.go"))
	require.NoError(t, err)
	first, _, _ := strings.Cut(m.Test, "/")
	for _, name := range names {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		for _, f := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllStringSubmatch(string(text), -1) {
			if ok, err := regexp.MatchString(first, f[1]); ok && err == nil {
				return true
			}
		}
	}
	return false
}
