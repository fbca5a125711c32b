package check

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/match"
)

// rules are framemap.go's, by key.
type rules struct {
	types   map[string]*typeRule // by new key
	valids  map[string]bool      // new keys
	zero    map[string]map[string]bool
	leadsTo map[string]map[string]leadRule // by new key and field
	funcs   map[string]*funcRule           // by old key
	fills   map[string]*fillRule
	ats     map[string]map[int]token.Pos
	leads   map[string]map[int][]Lead // what framemap.At makes of an old point
	places  map[string]map[int]places
	nevers  map[string]*neverRule
	vars    map[string]token.Pos
	initial map[string]bool // variables that framemap.Initial names
	late    map[string]bool // and framemap.FromVariable
	looked  map[string]bool // old functions whose frames framemap.Inner and Outer give

	varsFrom map[string]string   // new key → old one of framemap.VarFrom
	varFuncs map[string]ast.Expr // and its function

	turns map[string]*ast.CallExpr // old key → framemap.Results
	drops map[string][]string      // old key → deferred calls

	accepts map[string]*acceptRule // by old key

	starts  map[string]map[string]bool // old key → functions that goroutines begin with beside its frames
	entries map[string][]string        // these and those of framemap.Go → parameters held by pointer
}

type typeRule struct {
	at       token.Pos
	old, new string
	fn       ast.Expr
	sets     fieldSet
}

type funcRule struct {
	at     token.Pos
	new    string
	points map[int]int
	pos    map[int]token.Pos
	open   map[int]bool // DECIDE stands there
}

type fillRule struct {
	at   token.Pos
	new  string // the mirror that it fills
	fn   ast.Expr
	sets fieldSet
}

type neverRule struct {
	at     token.Pos
	all    bool
	points map[int]token.Pos
}

// A fieldSet says which fields of its last parameter a function gives values to.
type fieldSet struct {
	all    bool // it cannot be told
	fields map[string]bool
	other  map[string]bool // of these, the ones that may be something else than false
}

// collect reads the rules in Map.
func (c *checker) collect() {
	c.rules = rules{leadsTo: map[string]map[string]leadRule{}, late: map[string]bool{}, looked: map[string]bool{}, types: map[string]*typeRule{}, valids: map[string]bool{}, zero: map[string]map[string]bool{}, funcs: map[string]*funcRule{}, fills: map[string]*fillRule{},
		ats: map[string]map[int]token.Pos{}, nevers: map[string]*neverRule{}, vars: map[string]token.Pos{}, initial: map[string]bool{}, leads: map[string]map[int][]Lead{}, places: map[string]map[int]places{}, turns: map[string]*ast.CallExpr{}, starts: map[string]map[string]bool{}, drops: map[string][]string{}, varsFrom: map[string]string{}, varFuncs: map[string]ast.Expr{},
		accepts: map[string]*acceptRule{}}
	var fn *ast.FuncDecl
	for _, d := range c.file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "Map" {
			fn = f
		}
	}
	if fn == nil || fn.Body == nil || !c.isMap(fn) {
		c.broken = true
		c.bad(diag.MapInvalid, c.file.Name.Pos(), "there is no function Map(m *framemap.Map)", "the update calls it", "declare it")
		return
	}
	top := map[*ast.CallExpr]bool{}
	for _, s := range fn.Body.List {
		if x, ok := s.(*ast.ExprStmt); ok {
			if call, ok := x.X.(*ast.CallExpr); ok {
				top[call] = true
			}
		}
	}
	ast.Inspect(c.file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		name, id := c.vocabulary(call)
		switch name {
		case "", "Frame", "Start", "Shared", "Then", "NewStack":
			return true
		case "Carry":
			c.made = append(c.made, func() { c.carry(call) }) // depends on other rules
			return true
		case "Inner", "Outer":
			if key, ok := c.key(call.Args[1], c.Old.Func, "function", false); ok {
				c.mirrored(call, id, 0, c.was.Frame(key), key)
				c.rules.looked[key] = true
			}
			return true
		case "Variable", "OldVariable":
			c.variable(call, id, call.Args[1], name == "Variable")
			return true
		case "FromVariable":
			c.fromVariable(call, id)
			return true
		}
		if !top[call] {
			c.bad(diag.RulePlace, call.Pos(), "framemap."+name+" is not a statement of Map itself", "whether it applies cannot be told by reading", "move it to the top level of Map")
			return true
		}
		c.rule(name, id, call)
		return true
	})
	for _, f := range c.made {
		f()
	}
	c.stray("Frame", "which frames are made cannot be told by reading", "make the frame there", "At")
	c.stray("Start", "which goroutines begin cannot be told by reading", "start it there", "At", "Locals")
	c.stray("Variable", "the program's variables are ready when everything has been transformed, and not while rules run that may come earlier", "read it there", "Go")
	c.stray("OldVariable", "after commit there is no old program any more, and before the stop it runs", "read it there; what is needed elsewhere can be kept in a variable of this file", "Require", "Validate", "Var", "VarFrom")
	c.stray("Then", "no frame is mapped there", "call it there", "Locals", "At")
	c.stray("FromVariable", "a frame has to be made that gets the value", "call it there", "Locals", "At")
}

// stray reports calls of the vocabulary that are not in the functions of the rules
// that they are for.
func (c *checker) stray(what, why, do string, in ...string) {
	seen := map[ast.Node]bool{}
	calls := func(in ast.Node, name string, f func(*ast.CallExpr)) {
		ast.Inspect(in, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if got, _ := c.vocabulary(call); got == name {
					f(call)
				}
			}
			return true
		})
	}
	for _, rule := range in {
		calls(c.file, rule, func(at *ast.CallExpr) {
			if body, _ := c.bodyOf(at.Args[len(at.Args)-1]); body != nil {
				calls(body, what, func(call *ast.CallExpr) { seen[call] = true })
			}
		})
	}
	calls(c.file, what, func(call *ast.CallExpr) {
		if !seen[call] {
			c.bad(diag.RulePlace, call.Pos(), "framemap."+what+" is not in the function of a framemap."+strings.Join(in, " or framemap."), why, do)
		}
	})
}

func (c *checker) isMap(fn *ast.FuncDecl) bool {
	o, _ := c.info.Defs[fn.Name].(*types.Func)
	if o == nil {
		return false
	}
	sig := o.Type().(*types.Signature)
	if sig.Params().Len() != 1 || sig.Results().Len() != 0 {
		return false
	}
	p, ok := sig.Params().At(0).Type().(*types.Pointer)
	if !ok {
		return false
	}
	n, ok := p.Elem().(*types.Named)
	return ok && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == Path && n.Obj().Name() == "Map"
}

// vocabulary is the function of package framemap that a call calls, or "".
func (c *checker) vocabulary(call *ast.CallExpr) (string, *ast.Ident) {
	fun := ast.Unparen(call.Fun)
	switch x := fun.(type) {
	case *ast.IndexExpr:
		fun = x.X
	case *ast.IndexListExpr:
		fun = x.X
	}
	var id *ast.Ident
	switch x := fun.(type) {
	case *ast.SelectorExpr:
		id = x.Sel
	case *ast.Ident:
		id = x
	default:
		return "", nil
	}
	o, ok := c.info.Uses[id].(*types.Func)
	if !ok || o.Pkg() == nil || o.Pkg().Path() != Path {
		return "", nil
	}
	sig := o.Type().(*types.Signature)
	if few := len(call.Args) < sig.Params().Len() && !(sig.Variadic() && len(call.Args) == sig.Params().Len()-1); few || sig.Recv() != nil {
		return "", nil // too few arguments: a type error
	}
	return o.Name(), id
}

func (c *checker) rule(name string, id *ast.Ident, call *ast.CallExpr) {
	args := call.Args
	switch name {
	case "Type", "Validate":
		old, ok1 := c.key(args[1], c.Old.Type, "type", false)
		new, ok2 := c.key(args[2], c.New.Type, "type", true)
		if !ok1 || !ok2 {
			return
		}
		c.mirrored(call, id, 0, c.was.Type(old), old)
		c.mirrored(call, id, 1, c.is.Type(new), new)
		if name == "Validate" {
			if c.rules.valids[new] {
				c.bad(diag.MappedTwice, call.Pos(), "framemap.Validate is given twice for "+new, "", "keep one")
			}
			c.rules.valids[new] = true
			return
		}
		if c.rules.types[new] != nil {
			c.bad(diag.MappedTwice, call.Pos(), "framemap.Type is given twice for "+new, "", "keep one")
			return
		}
		c.rules.types[new] = &typeRule{call.Pos(), old, new, args[3], c.sets(args[3])}
	case "Zero":
		key, ok := c.key(args[1], c.New.Type, "type", true)
		if !ok {
			return
		}
		t := c.New.Type(key)
		if c.rules.zero[key] == nil {
			c.rules.zero[key] = map[string]bool{}
		}
		for _, a := range args[2:] {
			f, ok := c.text(a)
			if !ok {
				continue
			}
			found := false
			for _, tf := range t.Fields {
				found = found || tf.Name == f
			}
			if !found {
				c.bad(diag.UnknownKey, a.Pos(), fmt.Sprintf("%s has no field %s in the new release", key, f), "", "take it out")
			}
			c.rules.zero[key][f] = true
			if r, twice := c.rules.leadsTo[key][f]; twice {
				c.bad(diag.MappedTwice, r.at, fmt.Sprintf("field %s of %s is given a value twice", f, key), "", "keep one")
			}
		}
	case "Field":
		c.fieldRule(call)
	case "Func":
		c.funcRule(call)
	case "Locals":
		key, ok := c.key(args[1], c.Old.Func, "function", false)
		if !ok {
			return
		}
		c.mirrored(call, id, 0, c.was.Frame(key), key)
		if c.rules.fills[key] != nil {
			c.bad(diag.MappedTwice, call.Pos(), "framemap.Locals is given twice for "+key, "", "keep one")
			return
		}
		c.beside(args[2], key)
		r := &fillRule{at: call.Pos(), fn: args[2], sets: c.sets(args[2])}
		if inst, ok := c.info.Instances[id]; ok && inst.TypeArgs.Len() == 2 {
			r.new = mirrorName(inst.TypeArgs.At(1))
		}
		c.rules.fills[key] = r
	case "At":
		key, ok1 := c.key(args[1], c.Old.Func, "function", false)
		pt, ok2 := c.point(args[2])
		if !ok1 || !ok2 {
			return
		}
		c.mirrored(call, id, 0, c.was.Frame(key), key)
		if !c.inRange(args[2].Pos(), key, pt, len(c.Old.Func(key).Points)) {
			return
		}
		if c.rules.ats[key] == nil {
			c.rules.ats[key] = map[int]token.Pos{}
		}
		if _, twice := c.rules.ats[key][pt]; twice {
			c.bad(diag.MappedTwice, args[2].Pos(), fmt.Sprintf("framemap.At is given twice for point %d of %s", pt, key), "", "keep one")
		}
		c.rules.ats[key][pt] = args[2].Pos()
		if c.rules.leads[key] == nil {
			c.rules.leads[key] = map[int][]Lead{}
		}
		c.rules.leads[key][pt] = []Lead{}                                             // what comes is appended; it may be nothing
		c.made = append(c.made, func() { c.frames(args[3], args[2].Pos(), key, pt) }) // depends on other rules
		c.beside(args[3], key)
	case "Results":
		key, ok := c.key(args[1], c.Old.Func, "function", false)
		if !ok {
			return
		}
		if c.rules.turns[key] != nil {
			c.bad(diag.MappedTwice, call.Pos(), "framemap.Results is given twice for "+key, "", "keep one")
		}
		c.rules.turns[key] = call
	case "DropDefer":
		key, ok := c.key(args[1], c.Old.Func, "function", false)
		if !ok {
			return
		}
		known := match.Defers(c.Old.Func(key))
		for _, a := range args[2:] {
			text, ok := c.text(a)
			if ok && !slices.Contains(known, text) {
				c.bad(diag.UnknownKey, a.Pos(), fmt.Sprintf("%s of %s does not defer `%s`", key, c.Old, text), "", "write it as it stands there, with its operands, or take it out")
			}
			c.rules.drops[key] = append(c.rules.drops[key], text)
		}
	case "Accept":
		c.acceptRule(call)
	case "Go":
		c.goRule(call, id)
	case "Never":
		key, ok := c.key(args[1], c.Old.Func, "function", false)
		if !ok {
			return
		}
		r := c.rules.nevers[key]
		if r == nil {
			r = &neverRule{at: call.Pos(), points: map[int]token.Pos{}}
			c.rules.nevers[key] = r
		}
		r.all = r.all || len(args) == 2
		for _, a := range args[2:] {
			if isDecide(a) {
				r.all = true // reported as open, and nothing else of it
			} else if pt, ok := c.point(a); ok && c.inRange(a.Pos(), key, pt, len(c.Old.Func(key).Points)) {
				r.points[pt] = a.Pos()
			}
		}
	case "Var", "VarFrom":
		key, ok := c.key(args[1], c.New.Var, "variable", true)
		if ok && name == "VarFrom" {
			c.rules.varsFrom[key], ok = c.key(args[2], c.Old.Var, "variable", false)
			c.rules.varFuncs[key] = args[3]
		}
		if !ok {
			return
		}
		if _, twice := c.rules.vars[key]; twice {
			c.bad(diag.MappedTwice, call.Pos(), "a value is given twice for "+key, "", "keep one")
		}
		c.rules.vars[key] = call.Pos()
	case "Initial":
		for _, a := range args[1:] {
			key, ok := c.key(a, c.New.Var, "variable", true)
			if !ok {
				continue
			}
			switch v := c.New.Var(key); {
			case v.Init == "":
				c.bad(diag.VariableChange, a.Pos(), "the new release gives "+key+" no initial value", "", "use framemap.Var")
			case c.rules.vars[key].IsValid() || c.rules.initial[key]:
				c.bad(diag.MappedTwice, a.Pos(), "a value is given twice for "+key, "", "keep one")
			}
			c.rules.initial[key] = true
		}
	}
}

func (c *checker) funcRule(call *ast.CallExpr) {
	args := call.Args
	old, ok1 := c.key(args[1], c.Old.Func, "function", false)
	new, ok2 := c.key(args[2], c.New.Func, "function", true)
	if !ok1 || !ok2 {
		return
	}
	if c.rules.funcs[old] != nil {
		c.bad(diag.MappedTwice, call.Pos(), "framemap.Func is given twice for "+old, "", "put all points into one")
		return
	}
	r := &funcRule{at: call.Pos(), new: new, points: map[int]int{}, pos: map[int]token.Pos{}, open: map[int]bool{}}
	c.rules.funcs[old] = r
	if id, ok := ast.Unparen(args[3]).(*ast.Ident); ok && id.Name == "nil" {
		return
	}
	lit, ok := ast.Unparen(args[3]).(*ast.CompositeLit)
	if !ok {
		c.bad(diag.NotConstant, args[3].Pos(), "the points are no literal", "", "write framemap.Points{…}")
		return
	}
	for _, e := range lit.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			continue // does not compile
		}
		from, ok := c.point(kv.Key)
		if !ok || !c.inRange(kv.Key.Pos(), old, from, len(c.Old.Func(old).Points)) {
			continue
		}
		r.pos[from] = kv.Pos()
		if id, ok := kv.Value.(*ast.Ident); ok && id.Name == "DECIDE" {
			r.open[from] = true
			continue
		}
		if to, ok := c.point(kv.Value); ok && c.inRange(kv.Value.Pos(), new, to, len(c.New.Func(new).Points)) {
			r.points[from] = to
		} else {
			r.open[from] = true // reported
		}
	}
}

// key is the constant string of a key that one of the releases knows.
func (c *checker) key(x ast.Expr, find any, what string, new bool) (string, bool) {
	s, ok := c.text(x)
	if !ok {
		return "", false
	}
	if !has(find, s) {
		r := c.Old
		if new {
			r = c.New
		}
		c.bad(diag.UnknownKey, x.Pos(), fmt.Sprintf("%s has no %s %s", r, what, s), "", "mend the key, or take the rule out")
		return "", false
	}
	return s, true
}

func (c *checker) text(x ast.Expr) (string, bool) {
	v := c.info.Types[x].Value
	if v == nil || v.Kind() != constant.String {
		if !isDecide(x) {
			c.bad(diag.NotConstant, x.Pos(), "the key is no constant", "", "write it out")
		}
		return "", false
	}
	return constant.StringVal(v), true
}

func isDecide(x ast.Expr) bool {
	id, ok := ast.Unparen(x).(*ast.Ident)
	return ok && id.Name == "DECIDE"
}

func (c *checker) point(x ast.Expr) (int, bool) {
	v := c.info.Types[x].Value
	if v != nil {
		if n, ok := constant.Int64Val(constant.ToInt(v)); ok {
			return int(n), true
		}
	}
	if !isDecide(x) {
		c.bad(diag.NotConstant, x.Pos(), "the point is no constant", "", "write its number")
	}
	return 0, false
}

func (c *checker) inRange(at token.Pos, key string, pt, points int) bool {
	if pt >= 0 && pt < points {
		return true
	}
	c.bad(diag.PointRange, at, fmt.Sprintf("%s has no point %d", key, pt), fmt.Sprintf("it has %d, from 0", points), "")
	return false
}

// mirrored checks that a type argument of a rule is the mirror of what its key
// names.
func (c *checker) mirrored(call *ast.CallExpr, id *ast.Ident, i int, want, key string) {
	inst, ok := c.info.Instances[id]
	if !ok || inst.TypeArgs.Len() <= i {
		return
	}
	if got := mirrorName(inst.TypeArgs.At(i)); got != want && inst.TypeArgs.At(i) != types.Typ[types.Invalid] {
		c.bad(diag.WrongMirror, call.Pos(), fmt.Sprintf("the function takes *%s", types.TypeString(inst.TypeArgs.At(i), (*types.Package).Name)), fmt.Sprintf("the mirror of %s is %s", key, want), "")
	}
}

func mirrorName(t types.Type) string {
	if n, ok := types.Unalias(t).(*types.Named); ok {
		return n.Obj().Name()
	}
	return ""
}

// has asks one of a release's look-up methods.
func has(find any, key string) bool {
	switch f := find.(type) {
	case func(string) *ledger.TypeDecl:
		return f(key) != nil
	case func(string) *ledger.Func:
		return f(key) != nil
	case func(string) *ledger.VarDecl:
		return f(key) != nil
	}
	return false
}
