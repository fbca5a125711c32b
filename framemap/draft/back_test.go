package draft_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/upstarego/upstarego/framemap/check"
	"github.com/upstarego/upstarego/framemap/draft"
	"github.com/upstarego/upstarego/internal/diag"
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
			got, err := draft.Write(in)
			if err != nil {
				t.Fatal(err)
			}
			if want := ledgertest.File(a, "draft"); !bytes.Equal(got, want) && !*update {
				t.Errorf("the draft is\n%s\nwant\n%s", got, want)
			}
			in.Source = got
			_, diags := check.Check(in)
			for _, d := range diags {
				if d.Code != diag.Undecided {
					t.Errorf("besides decisions: %v", d)
				}
			}
			if n := decides(t, got); n != len(diags) {
				t.Errorf("%d decisions are asked for, %d reported", n, len(diags))
			}
			again, err := draft.Write(in)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(again, got) {
				t.Errorf("drafted again:\n%s", again)
			}
			if *update {
				put(a, "draft", got)
				if err := os.WriteFile(file, txtar.Format(a), 0o666); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
