package colour

import (
	"fmt"
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/upstarego/upstarego/rewriter/load"
)

// loadArchive loads the program in a txtar archive; its go.mod may be left out.
func loadArchive(t *testing.T, name string) *load.Program {
	t.Helper()
	ar, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files := map[string][]byte{"go.mod": []byte("module m\n\ngo 1.26\n")}
	for _, f := range ar.Files {
		files[f.Name] = f.Data
	}
	for name, data := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	p, err := load.Load(load.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Each archive of testdata is a program with expectations in comments:
//
//	// want pausable | leaf | recursive | brief | lasting | outside | inside | gate=full …   of the innermost function that starts on the line
//	// may f (*t).m other …                           of all calls on the line: their callees, by name
//	// want plain | call | marked | lock …              of all calls whose parenthesis opens on the line, in order
//	// want poll | nopoll                               of the loop that starts on the line
//	// why TEXT                                         the function's chain contains TEXT
func TestRules(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal("no archives: ", err)
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			p := loadArchive(t, name)
			res, err := Analyse(p, Maps{})
			if err != nil {
				t.Fatal(err)
			}
			wants := 0
			for _, pkg := range p.Own {
				for _, file := range pkg.Syntax {
					wants += compare(t, p, res, file)
				}
			}
			if wants == 0 {
				t.Error("no expectations")
			}
		})
	}
}

var mayComment = regexp.MustCompile(`// may ([^/]*)`)

var wantComment = regexp.MustCompile(`// want ([^/]*)`)
var whyComment = regexp.MustCompile(`// why (.*)`)

func compare(t *testing.T, p *load.Program, res *Result, file *ast.File) (wants int) {
	line := func(pos token.Pos) int { return p.Fset.Position(pos).Line }
	funcs := map[int]ast.Node{}
	calls := map[int][]*ast.CallExpr{}
	loops := map[int]ast.Stmt{}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl, *ast.FuncLit:
			funcs[line(n.Pos())] = n
		case *ast.CallExpr:
			if _, ok := res.Calls[n]; ok {
				calls[line(n.Lparen)] = append(calls[line(n.Lparen)], n)
			}
		case *ast.RangeStmt:
			loops[line(n.Pos())] = n
		case *ast.ForStmt:
			loops[line(n.Pos())] = n
		case *ast.BranchStmt:
			if n.Tok == token.GOTO {
				loops[line(n.Pos())] = n
			}
		}
		return true
	})
	for _, g := range file.Comments {
		for _, c := range g.List {
			pos := p.Fset.Position(c.Pos())
			at := fmt.Sprintf("%s:%d", filepath.Base(pos.Filename), pos.Line)
			if m := whyComment.FindStringSubmatch(c.Text); m != nil {
				wants++
				f := funcs[pos.Line]
				if got, err := res.Why(res.Name(f)); err != nil || !strings.Contains(got, m[1]) {
					t.Errorf("%s: %s (%v)\nwant %q", at, got, err, m[1])
				}
			}
			if m := mayComment.FindStringSubmatch(c.Text); m != nil {
				wants++
				var got []string
				for _, c := range calls[pos.Line] {
					for _, f := range res.Callees[c] {
						name := "other"
						if f != nil {
							name = strings.TrimPrefix(res.Name(f), "m.")
						}
						got = append(got, name)
					}
				}
				sort.Strings(got)
				if strings.Join(got, " ") != strings.TrimSpace(m[1]) {
					t.Errorf("%s: callees are %v, want %s", at, got, m[1])
				}
			}
			m := wantComment.FindStringSubmatch(c.Text)
			if m == nil {
				continue
			}
			var ops []string
			for _, want := range strings.Fields(m[1]) {
				wants++
				switch want {
				case "plain", "call", "marked", "lock":
					ops = append(ops, want)
				case "poll", "nopoll":
					if l := loops[pos.Line]; l == nil || res.Loops[l] != (want == "poll") {
						t.Errorf("%s: want %s", at, want)
					}
				case "range-plain", "range-call", "range-marked":
					r, _ := loops[pos.Line].(*ast.RangeStmt)
					if op, ok := res.Ranges[r]; !ok || "range-"+op.String() != want {
						t.Errorf("%s: range %v, %v; want %s", at, op, ok, want)
					}
				default:
					info := res.Funcs[funcs[pos.Line]]
					if info == nil {
						t.Fatalf("%s: no function", at)
					}
					ok := false
					switch want {
					case "pausable":
						ok = info.Pausable
					case "leaf":
						ok = !info.Pausable
					case "recursive":
						ok = info.Recursive
					case "outside", "inside":
						ok = info.Outside == (want == "outside")
					case "brief", "lasting":
						ok = info.Brief == (want == "brief")
					default:
						ok = want == "gate="+info.Gate.String()
					}
					if !ok {
						t.Errorf("%s: want %s, have %+v", at, want, *info)
					}
				}
			}
			if len(ops) > 0 {
				cs := calls[pos.Line]
				sort.Slice(cs, func(i, j int) bool { return cs[i].Lparen < cs[j].Lparen })
				var got []string
				for _, c := range cs {
					got = append(got, res.Calls[c].String())
				}
				if strings.Join(got, " ") != strings.Join(ops, " ") {
					t.Errorf("%s: calls are %v, want %v", at, got, ops)
				}
			}
		}
	}
	return wants
}
