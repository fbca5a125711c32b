package targets

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/upstarego/upstarego/framemap/check"
	"github.com/upstarego/upstarego/framemap/diff"
	"github.com/upstarego/upstarego/framemap/draft"
	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/internal/release"
	"github.com/upstarego/upstarego/rewriter/ledger"
)

// A Pair is the step from one release of a target to the next.
type Pair struct {
	Target string `json:"target"`
	Old    string `json:"old"` // versions
	New    string `json:"new"`
	Failed string `json:"failed,omitempty"` // why nothing is known

	Functions map[string]int `json:"functions"` // how many of each state: see package diff
	Types     map[string]int `json:"types"`
	Variables map[string]int `json:"variables"`
	// Points are those of old functions that are not the same in the new release, and
	// Inferred the ones that have a place in it by themselves.
	Points   int `json:"points"`
	Inferred int `json:"inferred"`
	Kept     int `json:"kept"` // points that are kept free without asking

	Decisions []Decision `json:"decisions"`
	// Changed are the keys of old functions that are not the same in the new release.
	Changed []string `json:"-"`
	// Lines are those of the step's frame map that were written by hand, 0 without one.
	Lines int `json:"lines"`
	// Wrong is what the checker says of the draft besides that decisions are open, and of the
	// frame map: a draft asks for all that it misses, so there should be nothing.
	Wrong []string `json:"wrong,omitempty"`
}

// Kinds of decisions.
const (
	Points    = "points"    // without a place
	Locals    = "locals"    // without a value
	Fields    = "fields"    // of changed types
	Variables = "variables" // of another type
	Results   = "results"   // that callers wait for
	Concerns  = "concerns"  // what stands between the points
	Vanished  = "vanished"  // functions
)

// Kinds are all of them.
var Kinds = []string{Points, Locals, Fields, Variables, Results, Concerns, Vanished}

// rules are the kinds by the rule of framemap.go that waits for the decision.
var rules = map[string]string{
	"Func": Points, "Locals": Locals, "Type": Fields, "VarFrom": Variables, "Results": Results, "Accept": Concerns, "Never": Vanished,
}

// A Decision is a place in a draft where the developer has to say something.
type Decision struct {
	Kind string `json:"kind"`
	Key  string `json:"key"`  // of the old function, type or variable
	What string `json:"what"` // the draft's line
	Why  string `json:"why"`
}

// Count is how many decisions of a kind there are.
func (p *Pair) Count(kind string) (n int) {
	for _, d := range p.Decisions {
		if d.Kind == kind {
			n++
		}
	}
	return n
}

// Measure looks at every step from one of the releases to the next. Each is taken for
// the first of a lineage of its own, so that no step waits for the decisions of the one
// before it. Nothing is compiled. drafts is where the drafts are left, "": nowhere.
func Measure(releases []Release, drafts string, progress io.Writer) ([]Pair, error) {
	tmp, err := os.MkdirTemp("", "upstarego-targets-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	var pairs []Pair
	var old *ledger.Release
	for i, r := range releases {
		fmt.Fprintf(progress, "%s %s\n", r.Target, r.Version)
		// All releases in one place: where a program lies is no difference.
		dir := filepath.Join(tmp, r.Target)
		if err := r.LayOutStep(dir, min(i+1, 2)); err != nil {
			return nil, err
		}
		cfg := release.Config{Dir: dir, Pattern: ".", Stderr: progress}
		if cfg.Instrument, err = r.Instrument(); err != nil {
			return nil, err
		}
		cfg.Base = old
		step, err := release.Describe(cfg)
		if i > 0 {
			p := Pair{Target: r.Target, Old: releases[i-1].Version, New: r.Version}
			var text []byte
			if err == nil {
				text, err = p.measure(step, r)
			}
			if err != nil {
				p.Failed = err.Error()
			}
			pairs = append(pairs, p)
			if text != nil && drafts != "" {
				if err := write(filepath.Join(drafts, p.Target, p.Old+"_"+p.New+".go"), text); err != nil {
					return nil, err
				}
			}
			if step == nil {
				cfg.Base = nil
				step, err = release.Describe(cfg)
			}
		}
		if step == nil {
			return nil, fmt.Errorf("%s %s: %w", r.Target, r.Version, err)
		}
		first := *step.New
		first.Number, first.Lineage = 1, ""
		old = &first
	}
	return pairs, nil
}

func write(file string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o666)
}

// measure fills the pair in and returns its draft, nil if there is nothing to decide, as if there
// were no frame map yet.
func (p *Pair) measure(step *release.Step, to Release) ([]byte, error) {
	in := step.Input(filepath.Join(step.MapDir, "none"))
	report, err := diff.Of(in)
	if err != nil {
		return nil, err
	}
	p.count(report, in.Old)
	text, err := draft.Write(in)
	if err != nil {
		return nil, err
	}
	found, diags := check.Check(in)
	if text != nil {
		in.Source = text
		_, diags = check.Check(in)
	}
	for _, d := range diags {
		if d.Code != diag.Undecided {
			p.Wrong = append(p.Wrong, d.Error())
		}
	}
	if found != nil {
		p.Kept = len(found.Kept)
	}
	said, err := to.Map(2)
	if err != nil {
		return nil, err
	}
	if said != "" {
		lines, wrong, err := byHand(step.Input(filepath.Join(step.MapDir, "none")), said)
		if err != nil {
			return nil, err
		}
		p.Lines, p.Wrong = lines, append(p.Wrong, wrong...)
	}
	if found == nil || text == nil {
		return text, nil
	}
	return text, p.decisions(text, found)
}

// count fills in what changed and how much of it is inferred.
func (p *Pair) count(r *diff.Report, old *ledger.Release) {
	p.Functions = map[string]int{"same": r.Same.Functions}
	for _, f := range r.Functions {
		p.Functions[f.State]++
		if f.Old == "" {
			continue
		}
		p.Changed = append(p.Changed, f.Old)
		o := old.Func(f.Old)
		n := len(o.Points) - 1
		if o.Gate {
			n++
		}
		p.Points += n
		p.Inferred += f.Matched
	}
	p.Types = map[string]int{"same": r.Same.Types}
	for _, t := range r.Types {
		p.Types[t.State]++
	}
	p.Variables = map[string]int{"same": r.Same.Variables}
	for _, v := range r.Variables {
		p.Variables[v.State]++
	}
}

// decisions finds the DECIDEs of a draft.
func (p *Pair) decisions(text []byte, found *check.Rules) error {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "framemap.go", text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	lines := strings.Split(string(text), "\n")
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		sel, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || len(call.Args) < 2 {
			return true
		}
		kind := rules[sel.Sel.Name]
		if kind == "" {
			return true
		}
		key := literal(call.Args[1])
		ast.Inspect(call, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			if !ok || id.Name != "DECIDE" {
				return true
			}
			line := fset.Position(id.Pos()).Line - 1
			what, why, _ := strings.Cut(strings.TrimSpace(lines[line]), "//")
			what, why = strings.TrimSpace(what), strings.TrimSpace(why)
			if kind == Concerns {
				why = reason(found, key, why)
			}
			p.Decisions = append(p.Decisions, Decision{Kind: kind, Key: key, What: what, Why: why})
			return true
		})
		return false
	})
	return nil
}

// reason is why frames must not simply go on: what the draft says in a comment.
func reason(found *check.Rules, key, remark string) string {
	for _, g := range found.Gaps {
		if c := g.Concern; c != nil && c.Step.Old.Key == key && remark == fmt.Sprintf("%s: %q", c.Verdict, c.Text()) {
			return remark + ": " + c.Why()
		}
	}
	return remark
}

func literal(x ast.Expr) string {
	lit, ok := x.(*ast.BasicLit)
	if !ok {
		return ""
	}
	s, err := strconv.Unquote(lit.Value)
	if err != nil {
		return lit.Value
	}
	return s
}

// sum is how many there are of all states but one.
func sum(m map[string]int, but string) (n int) {
	for state, k := range m {
		if state != but {
			n += k
		}
	}
	return n
}
