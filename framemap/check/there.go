package check

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"

	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/mirror"
)

// A Said is what the map of the step that the way back takes back says: the release that
// Old of it became New.
type Said struct {
	Types []SaidValues // by key of the old type and of the new one
	Funcs []SaidValues // of their locals
	Vars  []SaidValues
	Steps []Resolved // of all functions
	Told  map[string]map[int]int
}

// A SaidValues is which values a rule gives to what Old became.
type SaidValues struct {
	Old, New string
	Sets     []Set
	Whole    bool // it cannot be told which values: or all of it is made
}

// A Set is a value that a rule gives. Fields are called what the ledger calls them.
type Set struct {
	Field string
	Text  string   // the expression; "" if there is no one expression
	From  string   // the old field that it is, with Plus added; "" if it is something else
	Plus  string   // " + 1" or " - 1", or ""
	Uses  []string // old fields that the expression mentions
}

// Undo is the sign of Plus turned.
func (s Set) Undo() string {
	return strings.NewReplacer("+", "-", "-", "+").Replace(s.Plus)
}

// said reads the map of the way there.
func said(in Input) *Said {
	c := newChecker(in)
	c.read()
	if c.broken {
		return nil
	}
	s := &Said{Told: map[string]map[int]int{}}
	r := c.resolve()
	s.Steps = r.Funcs
	if !c.exists {
		return s
	}
	for i := range in.New.Types {
		key := in.New.Types[i].Key
		if rule := c.rules.types[key]; rule != nil {
			s.Types = append(s.Types, SaidValues{Old: rule.old, New: key, Whole: rule.sets.all, Sets: c.values(rule.fn, rule.sets,
				fieldNames(c.was, c.was.Type(rule.old), in.Old.Type(rule.old)), fieldNames(c.is, c.is.Type(key), in.New.Type(key)))})
		}
	}
	for key, fields := range c.rules.leadsTo {
		said := SaidValues{Old: c.oldKey(key), New: key}
		for _, f := range slices.Sorted(maps.Keys(fields)) {
			said.Sets = append(said.Sets, Set{Field: f, Text: "o." + fields[f].path})
		}
		s.Types = append(s.Types, said)
	}
	for i := range in.Old.Funcs {
		o := &in.Old.Funcs[i]
		if rule := c.rules.funcs[o.Key]; rule != nil {
			s.Told[o.Key] = rule.points
		}
		n := c.successor(o.Key)
		if rule := c.rules.fills[o.Key]; rule != nil && n != nil {
			s.Funcs = append(s.Funcs, SaidValues{Old: o.Key, New: n.Key, Whole: rule.sets.all, Sets: c.values(rule.fn, rule.sets,
				localNames(c.was, o), localNames(c.is, n))})
		}
	}
	for i := range in.New.Vars {
		if key := in.New.Vars[i].Key; c.rules.vars[key].IsValid() {
			s.Vars = append(s.Vars, SaidValues{Old: c.rules.varsFrom[key], New: key, Sets: c.copied(c.rules.varFuncs[key]), Whole: true})
		}
	}
	return s
}

// there is what the map of the way there says, with the names that this step has for what it
// takes back; nil if that is broken.
func (c *checker) there() *Said {
	if c.said != nil || c.There == nil {
		return c.said
	}
	s := said(*c.There)
	if s != nil && len(c.Old.Paths) > 0 {
		p := c.Old.Paths
		for _, l := range [][]SaidValues{s.Types, s.Funcs, s.Vars} {
			for i := range l {
				l[i].Old, l[i].New = p.Key(l[i].Old), p.Key(l[i].New)
			}
		}
		for i := range s.Steps {
			s.Steps[i].Old, s.Steps[i].New = p.Key(s.Steps[i].Old), p.Key(s.Steps[i].New)
		}
		for _, key := range slices.Collect(maps.Keys(s.Told)) {
			points := s.Told[key]
			delete(s.Told, key)
			s.Told[p.Key(key)] = points
		}
	}
	c.said = s
	return s
}

// fieldNames are what mirrors call a type's fields: mirror's name → the ledger's.
func fieldNames(names *mirror.Names, m string, t *ledger.TypeDecl) map[string]string {
	l := map[string]string{}
	for _, f := range t.Fields {
		l[names.Field(m, f.Name)] = f.Name
	}
	return l
}

func localNames(names *mirror.Names, f *ledger.Func) map[string]string {
	l := map[string]string{}
	for _, v := range f.Frame {
		l[names.Field(names.Frame(f.Key), v.Name)] = v.Name
	}
	return l
}

// values are those that a function gives to the fields of its last parameter, by
// statements that always run, from its parameter before that.
func (c *checker) values(fn ast.Expr, sets fieldSet, was, is map[string]string) (l []Set) {
	body, typ := c.bodyOf(fn)
	if body == nil {
		return nil
	}
	var params []types.Object
	for _, f := range typ.Params.List {
		for _, n := range f.Names {
			params = append(params, c.info.Defs[n])
		}
	}
	field := func(x ast.Expr, back int) (string, bool) {
		sel, ok := ast.Unparen(x).(*ast.SelectorExpr)
		if !ok || len(params) < back {
			return "", false
		}
		id, ok := sel.X.(*ast.Ident)
		return sel.Sel.Name, ok && c.info.Uses[id] == params[len(params)-back]
	}
	found := map[string][]Set{}
	for _, s := range body.List {
		a, ok := s.(*ast.AssignStmt)
		if !ok || a.Tok != token.ASSIGN || len(a.Lhs) != len(a.Rhs) {
			continue
		}
		for i, x := range a.Lhs {
			name, ok := field(x, 1)
			if !ok {
				continue
			}
			set := Set{Field: is[name], Text: types.ExprString(a.Rhs[i])}
			if from, ok := field(a.Rhs[i], 2); ok {
				set.From = was[from]
			} else if b, ok := ast.Unparen(a.Rhs[i]).(*ast.BinaryExpr); ok && (b.Op == token.ADD || b.Op == token.SUB) {
				from, ok := field(b.X, 2)
				if lit, isLit := b.Y.(*ast.BasicLit); ok && isLit && lit.Kind == token.INT {
					set.From, set.Plus = was[from], " "+b.Op.String()+" "+lit.Value
				}
			}
			ast.Inspect(a.Rhs[i], func(n ast.Node) bool {
				if x, ok := n.(ast.Expr); ok {
					if from, ok := field(x, 2); ok {
						set.Uses = append(set.Uses, was[from])
					}
				}
				return true
			})
			found[name] = append(found[name], set)
		}
	}
	for name := range sets.fields {
		switch one := found[name]; {
		case is[name] == "":
		case len(one) == 1 && c.once(body, typ, name):
			l = append(l, one[0])
		default:
			l = append(l, Set{Field: is[name]})
		}
	}
	slices.SortFunc(l, func(a, b Set) int { return strings.Compare(a.Field, b.Field) })
	return l
}

// copied is what a function of framemap.VarFrom makes of the old value, if it is one
// expression.
func (c *checker) copied(fn ast.Expr) []Set {
	if fn == nil {
		return nil // framemap.Var
	}
	body, typ := c.bodyOf(fn)
	if body == nil || len(body.List) != 2 || typ.Params.NumFields() != 2 {
		return nil
	}
	deref := func(x ast.Expr) types.Object {
		star, ok := ast.Unparen(x).(*ast.StarExpr)
		if !ok {
			return nil
		}
		id, _ := star.X.(*ast.Ident)
		return c.info.Uses[id]
	}
	var params []types.Object
	for _, f := range typ.Params.List {
		for _, n := range f.Names {
			params = append(params, c.info.Defs[n])
		}
	}
	a, ok := body.List[0].(*ast.AssignStmt)
	if !ok || a.Tok != token.ASSIGN || len(a.Lhs) != 1 || len(params) != 2 || deref(a.Lhs[0]) != params[1] {
		return nil
	}
	s := Set{Text: types.ExprString(a.Rhs[0])}
	if o := deref(a.Rhs[0]); o != nil && o == params[0] {
		s.From = "*"
	}
	return []Set{s}
}

// once reports whether a field of the last parameter is mentioned in one place alone.
func (c *checker) once(body *ast.BlockStmt, typ *ast.FuncType, name string) bool {
	last := typ.Params.List[len(typ.Params.List)-1]
	param := c.info.Defs[last.Names[len(last.Names)-1]]
	n := 0
	ast.Inspect(body, func(x ast.Node) bool {
		if sel, ok := x.(*ast.SelectorExpr); ok && sel.Sel.Name == name {
			if id, ok := sel.X.(*ast.Ident); ok && c.info.Uses[id] == param {
				n++
			}
		}
		return true
	})
	return n == 1
}

// meanings finds what the way back would carry back as it is although the map of the way
// there has made something else of it: the names and the types are the same, so that
// nothing is open, and what the values mean is not.
func (c *checker) meanings(changes []Change) {
	if c.there() == nil {
		return // its own check says why
	}
	what := func(kind, key string, s Set) string {
		how := "makes it"
		if s.Text != "" {
			how = "makes it `" + s.Text + "`"
		}
		return fmt.Sprintf("%s %s would be carried back as it is, and the map that leads to %s %s", kind, key, c.Old, how)
	}
	for _, t := range c.said.Types {
		rule, o, n := c.rules.types[t.Old], c.Old.Type(t.New), c.New.Type(t.Old)
		pos := c.place(o.File, o.Line, true)
		if rule != nil {
			pos = c.fset.Position(rule.at)
		}
		if t.Old != t.New && (rule == nil || rule.old != t.New) {
			c.gaps = append(c.gaps, Gap{Type: &Change{Old: o, New: n}})
			c.diags.Add(diag.BackAsItIs, pos, fmt.Sprintf("%s was %s, and is to be once more", t.New, t.Old), "the map that leads to "+c.Old.String()+" has made the one of the other", "say so with framemap.Type")
			continue
		}
		if rule != nil && rule.sets.all {
			continue
		}
		change := Change{Old: o, New: n}
		for _, ch := range changes {
			if ch.New.Key == t.Old {
				change = ch
			}
		}
		var open []FieldChange
		for _, s := range t.Sets {
			i := slices.IndexFunc(n.Fields, func(f ledger.TypeField) bool { return f.Name == s.Field })
			same := func(f ledger.TypeField) bool { return f.Name == s.Field && i >= 0 && f.Type == n.Fields[i].Type }
			if s.From == s.Field && s.Plus == "" || !slices.ContainsFunc(o.Fields, same) {
				continue
			}
			if rule != nil && rule.sets.has(c.is, c.is.Type(t.Old), s.Field) || c.rules.zero[t.Old][s.Field] {
				continue
			}
			open = append(open, FieldChange{Name: s.Field, Type: n.Fields[i].Type, Line: n.Fields[i].Line, Kept: true})
			c.diags.Add(diag.BackAsItIs, pos, what("field", s.Field+" of "+t.New, s), "it may mean something else than it did", "set it in framemap.Type, to itself if it means the same")
		}
		i := slices.IndexFunc(c.gaps, func(g Gap) bool { return g.Type != nil && g.Type.New.Key == t.Old })
		switch {
		case len(open) == 0:
		case i >= 0:
			c.gaps[i].Open = append(c.gaps[i].Open, open...)
		default:
			c.gaps = append(c.gaps, Gap{Type: &change, Open: open})
		}
	}
	for _, v := range c.said.Vars {
		o, n := c.Old.Var(v.New), c.New.Var(v.New)
		if n == nil && v.Old != "" && c.Old.Var(v.Old) == nil && !c.rules.vars[v.Old].IsValid() {
			n = c.New.Var(v.Old)
			c.gaps = append(c.gaps, Gap{Var: n, OldVar: o})
			c.diags.Add(diag.BackAsItIs, c.place(o.File, o.Line, true), "variable "+v.Old+" would start anew, and the map that leads to "+c.Old.String()+" makes "+v.New+" of it",
				"what the program has made of it would be lost", "give it a value with framemap.VarFrom or framemap.Var")
			continue
		}
		if n == nil || o == nil || o.Type != n.Type || c.rules.vars[v.New].IsValid() || StartsAnew(o, n) {
			continue
		}
		c.gaps = append(c.gaps, Gap{Var: n, OldVar: o})
		c.diags.Add(diag.BackAsItIs, c.place(o.File, o.Line, true), what("variable", v.New, Set{}), "it may mean something else than it did", "give it a value with framemap.VarFrom, its own if it means the same")
	}
}
