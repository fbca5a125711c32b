package link_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/upstarego/upstarego/rewriter/link"
)

// Plan alone: what it refuses, and that it says the same twice.
func TestPlan(t *testing.T) {
	l := newLineage(t, "chain.txtar")
	files := map[string]string{
		"cmd/p/main.go": "package main\n\nimport (\n\t_ \"example.com/chain/cc\"\n\t_ \"example.com/chain/dep\"\n\t_ \"github.com/upstarego/upstarego/runtime/update\"\n)\n\ntype Main struct{ A int }\n\nfunc main() {}\n",
		"dep/dep.go":    "package dep\n\nfunc F() int { return 1 }\n",
		"cc/cc.go":      "package cc\n\n// int f(void) { return 1; }\nimport \"C\"\n\nfunc F() int { return int(C.f()) }\n",
	}
	l.lay("one", files)
	in := link.Input{
		Dir: filepath.Join(l.dir, "one"), Main: "example.com/chain/cmd/p", Release: "1",
		Fixed: []string{upstarego + "/runtime/..."},
	}
	first, err := link.Plan(in)
	if err != nil {
		t.Fatal(err)
	}
	again, err := link.Plan(in)
	if err != nil {
		t.Fatal(err)
	}
	a, err := first.Symbols.Encode()
	if err != nil {
		t.Fatal(err)
	}
	b, err := again.Symbols.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if string(a) != string(b) || first.Script != again.Script {
		t.Error("two plans of one release differ")
	}

	refused := func(what string, in link.Input) {
		t.Helper()
		if _, err := link.Plan(in); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("got %v, want %q", err, what)
		}
	}
	next := in
	next.Previous, next.Release = first.Symbols, "2"
	second, err := link.Plan(next)
	if err != nil {
		t.Fatal(err)
	}
	if len(second.ChangedNow)+len(second.Recompiled)+len(second.NewTypes)+len(second.NewVars) > 0 {
		t.Errorf("nothing changed, and yet: %+v", second)
	}
	if !slices.Equal(second.Symbols.Nodes[:1], first.Symbols.Nodes) || second.Symbols.Node == first.Symbols.Node {
		t.Errorf("nodes %q after %q", second.Symbols.Nodes, first.Symbols.Nodes)
	}

	update := next
	update.Update, update.Previous = true, nil
	refused("an update needs the ledger", update)

	library := next
	library.Main = "example.com/chain/cc"
	refused("is not a main package", library)

	files["cc/cc.go"] = strings.Replace(files["cc/cc.go"], "return 1", "return 2", 1)
	l.lay("one", files)
	refused("package example.com/chain/cc uses cgo", next)

	files["cc/cc.go"] = strings.Replace(files["cc/cc.go"], "return 2", "return 1", 1)
	l.lay("one", files)

	// What has changed since the first release is each later release's own: a symbol of the
	// first node would be the first release's.
	was := files["dep/dep.go"]
	files["dep/dep.go"] = strings.Replace(was, "return 1", "return 2", 1)
	l.lay("one", files)
	changes, err := link.Plan(next)
	if err != nil {
		t.Fatal(err)
	}
	after := next
	after.Previous, after.Release = changes.Symbols, "3"
	stays, err := link.Plan(after)
	if err != nil {
		t.Fatal(err)
	}
	if dep := []string{"example.com/chain/dep"}; !slices.Equal(changes.Recompiled, dep) || !slices.Equal(stays.Recompiled, dep) || len(stays.ChangedNow) > 0 {
		t.Errorf("re-compiled in release 2: %q, in release 3: %q, of which changed %q", changes.Recompiled, stays.Recompiled, stays.ChangedNow)
	}
	files["dep/dep.go"] = was
	l.lay("one", files)
	l.write("upstarego/runtime/update/more.go", "package update\n\nvar More int\n")
	refused("the runtime of a lineage cannot change", next)
}
