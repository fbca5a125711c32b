package colour

import (
	"flag"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/go/callgraph"
	"golang.org/x/tools/go/callgraph/rta"
	"golang.org/x/tools/go/callgraph/vta"
	"golang.org/x/tools/go/packages"
	"golang.org/x/tools/go/ssa"
	"golang.org/x/tools/go/ssa/ssautil"

	"github.com/upstarego/upstarego/rewriter/load"
)

var (
	oracleDir     = flag.String("oracle", "", "compare the analysis of the program in this `directory` with a whole-program one")
	oraclePattern = flag.String("oracle.pattern", ".", "the main package of -oracle")
)

// The flow sees no bodies of foreign code. The oracle sees them all: it is the
// call graph that x/tools computes (RTA, refined by VTA) over the program with
// every dependency from source. Whatever own function it finds a call to reach,
// the flow must have found, or have given the call up as unknown; whatever own
// function it finds foreign code to call must be gated or lent.
//
// VTA merges all slices, maps and channels of one element type over the whole
// program, and looks at fewer type assertions. On large programs it therefore
// reports edges that do not exist: with -oracle, each difference is to be looked
// at. On these archives there is none.
func TestOracle(t *testing.T) {
	if *oracleDir != "" {
		p, err := load.Load(load.Config{Dir: *oracleDir, Pattern: *oraclePattern})
		if err != nil {
			t.Fatal(err)
		}
		oracle(t, p, *oracleDir, *oraclePattern)
		return
	}
	if testing.Short() {
		t.Skip("builds the standard library's SSA")
	}
	for _, name := range []string{"dynamic", "generic", "callbacks", "escape", "rangefunc"} {
		t.Run(name, func(t *testing.T) {
			p := loadArchive(t, "testdata/"+name+".txtar")
			oracle(t, p, p.Main.Dir, ".")
		})
	}
}

func oracle(t *testing.T, p *load.Program, dir, pattern string) {
	x := newIndex(p)
	r := newResolver(x, newFlow(p, Maps{}))
	r.resolve()
	spread(x)
	gates(r, Maps{})
	byPos := map[string]*function{}
	for _, f := range x.all() {
		if f.body != nil {
			byPos[position(p.Fset, f.node.Pos())] = f
		}
	}
	calls := map[string]*call{}
	for pos, c := range x.byPos {
		calls[position(p.Fset, pos)] = c
	}
	lentOut := map[*function]bool{}
	for fn := range r.flow.borrowed {
		r.expandFunc(fn, visit{}, func(g *function, _ *types.Func) { lentOut[g] = true })
	}

	fset, cg := wholeProgram(t, dir, pattern)
	own := func(fn *ssa.Function) *function {
		if fn.Syntax() == nil {
			return nil
		}
		return byPos[position(fset, fn.Syntax().Pos())]
	}
	checked := 0
	for fn, n := range cg.Nodes {
		if fn == nil || fn.Syntax() == nil {
			continue
		}
		for _, e := range n.Out {
			if e.Site == nil {
				continue
			}
			behindWrappers(cg, e.Callee.Func, map[*ssa.Function]bool{}, func(callee *ssa.Function) {
				g := own(callee)
				if g == nil {
					return
				}
				checked++
				if own(fn) == nil { // foreign code calls
					_, isBody := g.node.(*ast.RangeStmt)
					if g.gate != Full && !lentOut[g] && !isBody {
						t.Errorf("%s is called by foreign %s (%s), and has gate %s", g.name, fn, fset.Position(e.Site.Pos()), g.gate)
					}
					return
				}
				pos := e.Site.Common().Pos()
				if rng := yieldOf(e.Site.Common()); rng != nil {
					pos = rng.For
				}
				c := calls[position(fset, pos)]
				if c == nil || c.unknown != "" || contains(c.own, g) {
					return
				}
				t.Errorf("%s: %s may call %s", fset.Position(pos), fn, g.name)
			})
		}
	}
	if checked == 0 {
		t.Error("nothing was compared")
	}
	t.Logf("%d edges compared", checked)
}

func contains(fs []*function, f *function) bool {
	for _, g := range fs {
		if g == f {
			return true
		}
	}
	return false
}

func position(fset *token.FileSet, pos token.Pos) string {
	p := fset.PositionFor(pos, false)
	return fmt.Sprintf("%s:%d:%d", p.Filename, p.Line, p.Column)
}

// wholeProgram is the call graph of a program with all bodies.
func wholeProgram(t *testing.T, dir, pattern string) (*token.FileSet, *callgraph.Graph) {
	pkgs, err := packages.Load(&packages.Config{Mode: packages.LoadAllSyntax, Dir: dir}, pattern)
	if err != nil {
		t.Fatal(err)
	}
	prog, _ := ssautil.AllPackages(pkgs, ssa.InstantiateGenerics)
	prog.Build()
	var roots []*ssa.Function
	for _, m := range ssautil.MainPackages(prog.AllPackages()) {
		roots = append(roots, m.Func("main"), m.Func("init"))
	}
	reachable := map[*ssa.Function]bool{}
	for fn := range rta.Analyze(roots, false).Reachable {
		reachable[fn] = true
	}
	return pkgs[0].Fset, vta.CallGraph(reachable, nil)
}

// behindWrappers yields the source functions that a callee stands for.
func behindWrappers(cg *callgraph.Graph, fn *ssa.Function, seen map[*ssa.Function]bool, each func(*ssa.Function)) {
	if seen[fn] {
		return
	}
	seen[fn] = true
	if fn.Syntax() != nil || len(fn.Blocks) == 0 {
		each(fn)
		return
	}
	if n := cg.Nodes[fn]; n != nil {
		for _, e := range n.Out {
			behindWrappers(cg, e.Callee.Func, seen, each)
		}
	}
}

// A program of some size: it must not crash, answer for every function, and
// take seconds.
func TestLargeProgram(t *testing.T) {
	start := time.Now()
	p, err := load.Load(load.Config{Dir: "../..", Pattern: "golang.org/x/tools/cmd/callgraph", Instrument: []string{"golang.org/x/..."}})
	if err != nil {
		t.Fatal(err)
	}
	loaded := time.Since(start)
	start = time.Now()
	res, err := Analyse(p, Maps{})
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	pausable := 0
	for node, info := range res.Funcs {
		if !info.Pausable {
			continue
		}
		pausable++
		if len(info.Why) == 0 || info.Why[len(info.Why)-1].Pos.Filename == "" {
			t.Errorf("%s is pausable for no reason", res.Name(node))
		}
		if _, err := res.Why(res.Name(node)); err != nil {
			t.Error(err)
		}
		if len(info.Why) > 1 && !strings.Contains(info.Why[0].What, info.Why[1].Func) {
			t.Errorf("%v does not lead to %v", info.Why[0], info.Why[1])
		}
	}
	t.Logf("%d packages, %d functions, %d pausable: load %v, analyse %v", len(p.Own), len(res.Funcs), pausable, loaded, took)
	if len(p.Own) < 20 || pausable == 0 {
		t.Error("not the program that was meant")
	}
}
