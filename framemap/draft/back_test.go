package draft_test

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/upstarego/upstarego/framemap/check"
	"github.com/upstarego/upstarego/internal/ledgertest"
)

// TestBack compares drafts of ways back with goldens: what the map there says is turned
// round where that is evident. It says nothing but what the developer has to decide.
func TestBack(t *testing.T) {
	files, err := filepath.Glob("testdata/back/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no archives", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			in := ledgertest.Back(t, a, ledgertest.File(a, "there"), nil)
			if _, diags := check.Check(*in.There); len(diags) > 0 {
				t.Fatal(diags.Err())
			}
			golden(t, file, a, in)
		})
	}
}
