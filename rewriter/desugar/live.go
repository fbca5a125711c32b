package desugar

import (
	"go/ast"
	"sort"
)

type set map[*Var]bool

func (s set) copy() set {
	c := make(set, len(s))
	for v := range s {
		c[v] = true
	}
	return c
}

func (s set) addAll(o set) bool {
	grew := false
	for v := range o {
		if !s[v] {
			s[v] = true
			grew = true
		}
	}
	return grew
}

// liveness is a backward pass over normal form. A point's live variables are
// those that some way from behind its poll reads. Variables that deferred
// functions read are live everywhere: any statement may panic.
type liveness struct {
	t    *Tree
	fn   *Func
	exit set
	brk  map[ast.Stmt]set
	cont map[ast.Stmt]set
	next set // of the clause that a fallthrough enters
	at   map[*Point]set

	labels map[string]set // of gotos
	again  bool           // one of them has grown
}

func (t *Tree) live(fn *Func) {
	l := &liveness{t: t, fn: fn, exit: set{}, brk: map[ast.Stmt]set{}, cont: map[ast.Stmt]set{}, at: map[*Point]set{}, labels: map[string]set{}}
	for _, r := range fn.Results {
		l.exit[r] = true
	}
	for _, d := range fn.Defers {
		if d.Armed != nil {
			l.exit[d.Armed] = true
			for _, v := range d.Vars {
				l.exit[v] = true
			}
		}
	}
	if fn.Log != nil {
		l.exit[fn.Log] = true
	}
	for l.again = true; l.again; {
		l.again = false
		l.list(fn.Body, l.exit.copy())
	}

	order := map[*Var]int{}
	n := 0
	for _, v := range append(append([]*Var{}, fn.Captured...), fn.Locals...) {
		order[v] = n
		n++
	}
	for _, p := range fn.Points[1:] {
		p.Live = nil
		for v := range l.at[p] {
			if _, ours := order[v]; ours {
				p.Live = append(p.Live, v)
			}
		}
		sort.Slice(p.Live, func(i, j int) bool { return order[p.Live[i]] < order[p.Live[j]] })
	}
	t.refuseTypes(fn)
}

// Uses adds the local variables that a piece of text reads or sets.
func (t *Tree) Uses(x any, into map[*Var]bool) {
	switch x := x.(type) {
	case X:
		for _, a := range x.Args {
			t.Uses(a, into)
		}
	case *Var:
		into[x] = true
	case *Func:
		for _, v := range x.Captured {
			into[v] = true
		}
	case rootOf:
		t.usesNode(x.Node, x.Node, into)
	case ast.Node:
		t.usesNode(x, nil, into)
	}
}

func (t *Tree) usesNode(n, root ast.Node, into map[*Var]bool) {
	declared := map[*Var]bool{}
	used := set{}
	ast.Inspect(n, func(m ast.Node) bool {
		if m == nil {
			return false
		}
		if vs, ok := t.Subst[m]; ok && m != root {
			for _, v := range vs {
				used[v] = true
			}
			return false
		}
		if s, ok := m.(ast.Stmt); ok {
			for _, x := range t.Exits[s].Stmts {
				t.Uses(x, used)
			}
		}
		if id, ok := m.(*ast.Ident); ok {
			if v := t.VarOf(id); v != nil {
				used[v] = true
				if t.Pkg.Info.Defs[id] != nil {
					declared[v] = true
				}
			}
		}
		if c, ok := m.(*ast.CaseClause); ok {
			if v := t.Vars[t.Pkg.Info.Implicits[c]]; v != nil {
				declared[v] = true
			}
		}
		return true
	})
	for v := range used {
		if !declared[v] {
			into[v] = true
		}
	}
}

func (l *liveness) use(s set, xs ...any) {
	for _, x := range xs {
		l.t.Uses(x, s)
	}
}

func (l *liveness) def(s set, lhs []LHS) {
	for _, d := range lhs {
		switch {
		case d.Var == nil:
		case d.Var.Boxed && !d.New:
			s[d.Var] = true
		default:
			delete(s, d.Var)
		}
	}
}

func (l *liveness) list(list []Stmt, out set) set {
	for i := len(list) - 1; i >= 0; i-- {
		out = l.stmt(list[i], out)
	}
	return out
}

func (l *liveness) stmt(s Stmt, out set) set {
	switch s := s.(type) {
	case *Simple:
		// Branches inside leave for statements around it.
		in := out.copy()
		for _, a := range s.X.Args {
			if n, ok := a.(ast.Node); ok {
				l.branches(n, in)
			}
		}
		l.use(in, s.X)
		return in
	case *Define:
		in := out.copy()
		l.def(in, s.Lhs)
		l.use(in, s.Rhs)
		return in
	case *Zero:
		in := out.copy()
		delete(in, s.Var)
		return in
	case *Op:
		if s.Point != nil {
			at := out.copy()
			at.addAll(l.exit)
			for _, d := range s.Lhs {
				if d.Var != nil && d.Var.Boxed && !d.New {
					at[d.Var] = true // the rebuilt call stores into it
				}
			}
			if old := l.at[s.Point]; old != nil {
				at.addAll(old)
			}
			l.at[s.Point] = at
			out = at
		}
		in := out.copy()
		if s.Kind == OpSelect {
			for _, c := range s.Comms {
				for _, v := range []*Var{c.Chan, c.Value, c.OK} {
					if v != nil {
						in[v] = true
					}
				}
			}
			in[s.Index] = true
			return in
		}
		l.def(in, s.Lhs)
		l.use(in, s.Rhs, s.Try, s.Park, s.Chans)
		return in
	case *If:
		in := l.list(s.Then, out.copy())
		in.addAll(l.list(s.Else, out.copy()))
		l.use(in, s.Cond)
		return in
	case *Block:
		return l.list(s.Body, out.copy())
	case *Loop:
		return l.loop(s, out)
	case *Range:
		return l.rangeLoop(s, out)
	case *Switch:
		l.brk[s.Node] = out.copy()
		in := l.clauses(s.Clauses, out)
		if s.Tag != nil {
			l.use(in, *s.Tag)
		}
		return in
	case *TypeSwitch:
		l.brk[s.Node] = out.copy()
		in := l.clauses(s.Clauses, out)
		l.use(in, s.X)
		return in
	case *Return:
		in := l.exit.copy()
		for _, r := range s.Results {
			l.use(in, r)
		}
		return in
	case *Exit:
		return l.brk[s.Node].copy()
	case *Label:
		if l.labels[s.Name] == nil {
			l.labels[s.Name] = set{}
		}
		if l.labels[s.Name].addAll(out) {
			l.again = true
		}
		return out
	case *Branch:
		return l.branch(s.Node, out)
	case *Defer:
		in := out.copy()
		if s.Armed != nil {
			delete(in, s.Armed)
		}
		for _, v := range s.Vars {
			in[v] = true
		}
		if s.Into != nil {
			in[s.Into] = true
		}
		return in
	}
	panic("liveness: unknown statement")
}

func (l *liveness) branch(n *ast.BranchStmt, out set) set {
	switch n.Tok.String() {
	case "break":
		return l.brk[l.t.Target[n]].copy()
	case "continue":
		return l.cont[l.t.Target[n]].copy()
	case "fallthrough":
		return l.next.copy()
	case "goto":
		return l.labels[l.t.Lifted[l.t.Pkg.Info.Uses[n.Label]]].copy()
	}
	return out.copy()
}

// branches adds what is live at the targets of the branches and returns inside
// a statement that is kept whole.
func (l *liveness) branches(n ast.Node, in set) {
	ast.Inspect(n, func(m ast.Node) bool {
		switch m := m.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt:
			in.addAll(l.exit)
		case *ast.BranchStmt:
			switch m.Tok.String() {
			case "break":
				in.addAll(l.brk[l.t.Target[m]])
			case "continue":
				in.addAll(l.cont[l.t.Target[m]])
			case "goto":
				in.addAll(l.labels[l.t.Lifted[l.t.Pkg.Info.Uses[m.Label]]])
			}
		}
		return true
	})
}

func (l *liveness) clauses(cs []*Clause, out set) set {
	in := set{}
	hasDefault := false
	old := l.next
	l.next = out.copy()
	for i := len(cs) - 1; i >= 0; i-- {
		c := cs[i]
		body := l.list(c.Body, out.copy())
		if c.Var != nil {
			delete(body, c.Var)
		}
		in.addAll(body)
		l.next = body
		for _, x := range c.Cases {
			l.use(in, x)
		}
		hasDefault = hasDefault || c.Default
	}
	l.next = old
	if !hasDefault {
		in.addAll(out)
	}
	return in
}

func (l *liveness) loop(s *Loop, out set) set {
	head := set{}
	l.brk[s.Node] = out.copy()
	for {
		var post set
		switch {
		case s.PostIR != nil:
			post = l.list(s.PostIR, head.copy())
			post[s.First] = true
		case s.Post != nil:
			post = head.copy()
			l.use(post, s.Post)
		default:
			post = head.copy()
		}
		l.cont[s.Node] = post
		body := l.list(s.Body, post.copy())
		in := body.copy()
		if s.Cond != nil {
			in.addAll(out)
			l.use(in, *s.Cond)
			in = l.list(s.CondPre, in)
		}
		if s.First != nil {
			in[s.First] = true
			in.addAll(post)
		}
		if !head.addAll(in) {
			break
		}
	}
	in := l.list(s.InitIR, head.copy())
	if s.First != nil {
		delete(in, s.First)
	}
	return in
}

func (l *liveness) rangeLoop(s *Range, out set) set {
	head := out.copy()
	head[s.X], head[s.Idx] = true, true
	l.brk[s.Node] = out.copy()
	for {
		l.cont[s.Node] = head.copy()
		in := l.list(s.Body, head.copy())
		for _, k := range []*LHS{s.Key, s.Val} {
			if k != nil {
				delete(in, k.Var)
			}
		}
		for _, x := range []*X{s.KeyX, s.ValX} {
			if x != nil {
				l.use(in, *x)
			}
		}
		if !head.addAll(in) {
			break
		}
	}
	in := head.copy()
	delete(in, s.Idx)
	return in
}
