package draft_test

import (
	"bytes"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
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

var update = flag.Bool("update", false, "write the goldens anew")

// TestDrafts compares drafts with goldens: each archive holds a program below old
// and below new, perhaps a framemap.go that exists, and the draft. A draft compiles
// but for its DECIDEs, leaves no gap unmentioned, and drafting again adds nothing.
func TestDrafts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no archives", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			in := ledgertest.Steps(t, a).Input(ledgertest.File(a, "framemap.go"))
			if golden(t, file, a, in) == 0 {
				t.Error("nothing is asked for")
			}
		})
	}
}

// golden compares a draft with an archive's, and counts its decisions. These are all
// that the checker finds, and drafting again adds nothing.
func golden(t *testing.T, file string, a *txtar.Archive, in check.Input) int {
	t.Helper()
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
	n := decides(t, got)
	if n != len(diags) {
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
	return n
}

// decides counts the identifiers DECIDE, not those in comments.
func decides(t *testing.T, src []byte) int {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "framemap.go", src, 0)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	ast.Inspect(f, func(x ast.Node) bool {
		if id, ok := x.(*ast.Ident); ok && id.Name == "DECIDE" {
			n++
		}
		return true
	})
	return n
}

func put(a *txtar.Archive, name string, text []byte) {
	for i := range a.Files {
		if a.Files[i].Name == name {
			a.Files[i].Data = text
			return
		}
	}
	a.Files = append(a.Files, txtar.File{Name: name, Data: text})
}

// TestNothingToDecide: no file is drafted, and one that is complete stays as it is.
func TestNothingToDecide(t *testing.T) {
	const src = "package main\n\nfunc main() {\n\tch := make(chan int, 1)\n\tch <- 1\n\tprintln(<-ch%s)\n}\n"
	a := &txtar.Archive{Files: []txtar.File{
		{Name: "old/main.go", Data: []byte(strings.Replace(src, "%s", "", 1))},
		{Name: "new/main.go", Data: []byte(strings.Replace(src, "%s", " + 1", 1))},
	}}
	s := ledgertest.Steps(t, a)
	got, err := draft.Write(s.Input(nil))
	if err != nil || got != nil {
		t.Errorf("drafted, %v:\n%s", err, got)
	}
	have := []byte("//go:build upstarego\n\npackage upstare\n\nimport \"github.com/upstarego/upstarego/framemap\"\n\nfunc  Map( m *framemap.Map) { }\n")
	got, err = draft.Write(s.Input(have))
	if err != nil || !bytes.Equal(got, have) {
		t.Errorf("changed, %v:\n%s", err, got)
	}
}
