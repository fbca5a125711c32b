package randprog

import (
	"fmt"
	"slices"
	"strings"
)

// block writes n statements in a scope of their own.
func (g *gen) block(n int) {
	mark := len(g.scope)
	g.fn.depth++
	for range n {
		g.stmt()
	}
	g.fn.depth--
	g.scope = g.scope[:mark]
}

// body writes a block inside braces; head opens them.
func (g *gen) body(n int, head string, args ...any) {
	g.line(head+" {", args...)
	g.indent++
	g.block(n)
	g.indent--
	g.line("}")
}

func (g *gen) stmt() {
	simple := []func(){g.declare, g.declare, g.assign, g.assign, g.opAssign, g.assignMany, g.emit, g.emit, g.callStmt, g.increment, g.declareClosure}
	nested := []func(){g.ifStmt, g.forStmt, g.rangeStmt, g.switchStmt, g.typeSwitch, g.selectStmt, g.deferStmt, g.tryStmt, g.forkStmt, g.mapRange,
		g.rangeFunc, g.gotoStmt, g.leave, g.lockStmt, g.whileStmt, g.perIteration, g.deferLoop, g.localType}
	if g.fn.inMap {
		g.line("c.mix(%q, %s)", g.name("m"), g.expr("int", 1))
		return
	}
	if g.fn.depth >= maxDepth || g.chance(2) {
		one(g, simple...)()
		return
	}
	one(g, nested...)()
}

func (g *gen) declare() {
	t := g.typ()
	e := g.expr(t, exprDepth)
	n := g.name("v")
	if g.chance(6) {
		if vs := g.vars(t, true); len(vs) > 0 { // shadows
			g.line("%s := %s", n, e)
			g.line("_ = %s", n)
			return
		}
	}
	g.line("var %s %s = %s", n, t, e)
	g.line("_ = %s", n)
	g.scope = append(g.scope, variable{name: n, typ: t})
}

func (g *gen) declareClosure() {
	n := g.name("fn")
	g.line("%s := %s", n, g.closure(2))
	g.line("_ = %s", n)
	g.scope = append(g.scope, variable{name: n, typ: "func(int) int", fixed: true})
}

// lvalue is something assignable of the type; "" if there is nothing.
func (g *gen) lvalue(typ string, d int) string {
	var fit []string
	fit = append(fit, g.vars(typ, true)...)
	if typ == "int" {
		fit = append(fit, g.primary("[]int")+"["+g.index(d)+"]", g.primary("*S")+".A", "*"+g.primary("*int"))
		if vs := g.vars("map[string]int", false); len(vs) > 0 {
			fit = append(fit, one(g, vs...)+"["+g.expr("string", d)+"]")
		}
		if vs := g.vars("[3]int", true); len(vs) > 0 {
			fit = append(fit, one(g, vs...)+"["+g.expr("int", d)+"&1]")
		}
		if vs := g.vars("S", true); len(vs) > 0 {
			fit = append(fit, one(g, vs...)+".A")
		}
	}
	if len(fit) == 0 {
		return ""
	}
	return one(g, fit...)
}

func (g *gen) assign() {
	t := g.typ()
	if l := g.lvalue(t, 2); l != "" {
		g.line("%s = %s", l, g.expr(t, exprDepth))
		return
	}
	g.declare()
}

func (g *gen) opAssign() {
	if l := g.lvalue("int", 2); l != "" {
		g.line("%s %s= %s", l, one(g, "+", "-", "*", "|", "^", "&"), g.expr("int", exprDepth))
	}
}

func (g *gen) increment() {
	if l := g.lvalue("int", 2); l != "" {
		g.line("%s%s", l, one(g, "++", "--"))
	}
}

func (g *gen) assignMany() {
	switch g.r.IntN(5) {
	case 0:
		a, b := g.name("v"), g.name("v")
		g.line("%s, %s := two(c, %s, %s)", a, b, g.expr("int", 2), g.expr("int", 2))
		g.line("_, _ = %s, %s", a, b)
		g.scope = append(g.scope, variable{name: a, typ: "int"}, variable{name: b, typ: "int"})
	case 1:
		g.line("%s, %s = two(c, %s, %s)", g.lvalue("int", 2), one(g, g.lvalue("int", 2), "_"), g.expr("int", 2), g.expr("int", 2))
	case 2:
		a, b := g.name("v"), g.name("ok")
		g.line("%s, %s := %s[%s]", a, b, g.primary("map[string]int"), g.expr("string", 2))
		g.line("_, _ = %s, %s", a, b)
		g.scope = append(g.scope, variable{name: a, typ: "int"}, variable{name: b, typ: "bool"})
	case 3:
		a, b := g.name("v"), g.name("ok")
		t := one(g, "int", "string", "T", "S", "error")
		g.line("%s, %s := (%s).(%s)", a, b, g.typed("any", 2), t)
		g.line("_, _ = %s, %s", a, b)
		g.scope = append(g.scope, variable{name: a, typ: t}, variable{name: b, typ: "bool"})
	default:
		g.line("%s, %s = %s, %s", g.lvalue("int", 2), g.lvalue("int", 2), g.expr("int", 2), g.expr("int", 2))
	}
}

func (g *gen) emit() {
	var parts []string
	for range 1 + g.r.IntN(3) {
		if len(g.scope) > 0 && !g.chance(3) {
			v := one(g, g.scope...)
			parts = append(parts, g.shown(v.name, v.typ))
		} else {
			parts = append(parts, g.expr(one(g, "int", "string", "bool", "[]int", "T"), exprDepth))
		}
	}
	g.line("c.emit(%q, %s)", g.name("e"), strings.Join(parts, ", "))
}

func (g *gen) callStmt() {
	f := g.pickFunc(func(*function) bool { return true })
	if f == nil {
		g.line("c.pass(%s)", g.expr("int", 2))
		return
	}
	if len(f.result) == 0 || g.chance(3) {
		g.line("%s", g.call(f, 2))
		return
	}
	var names []string
	for _, t := range f.result {
		n := g.name("v")
		names = append(names, n)
		defer func() { g.scope = append(g.scope, variable{name: n, typ: t}) }()
	}
	list := strings.Join(names, ", ")
	g.line("%s := %s", list, g.call(f, 2))
	g.line("%s = %s", strings.TrimSuffix(strings.Repeat("_, ", len(names)), ", "), list)
}

func (g *gen) ifStmt() {
	head := "if " + g.expr("bool", exprDepth)
	mark := len(g.scope)
	if g.chance(3) {
		n := g.name("v")
		head = fmt.Sprintf("if %s := %s; %s > %s", n, g.expr("int", 2), n, g.expr("int", 2))
		g.scope = append(g.scope, variable{name: n, typ: "int"})
	}
	g.line("%s {", head)
	g.indent++
	g.block(1 + g.r.IntN(3))
	for g.chance(3) {
		g.indent--
		g.line("} else if %s {", g.expr("bool", 2))
		g.indent++
		g.block(1 + g.r.IntN(2))
	}
	if g.chance(2) {
		g.indent--
		g.line("} else {")
		g.indent++
		g.block(1 + g.r.IntN(3))
	}
	g.indent--
	g.line("}")
	g.scope = g.scope[:mark]
}

// loop writes a loop whose body may leave it through a label. The head's variables are in scope in the body.
func (g *gen) loop(head string, vars ...variable) {
	label := ""
	if g.chance(2) {
		label = g.name("L")
	}
	before := g.out.Len()
	mark := len(g.scope)
	g.scope = append(g.scope, vars...)
	g.fn.loops = append(g.fn.loops, label)
	g.line("%s {", head)
	g.indent++
	for _, v := range vars {
		g.line("_ = %s", v.name)
	}
	g.line("c.fuel--")
	g.line("if c.fuel < 0 {")
	g.line("\tbreak")
	g.line("}")
	g.block(1 + g.r.IntN(4))
	g.indent--
	g.line("}")
	g.fn.loops = g.fn.loops[:len(g.fn.loops)-1]
	g.scope = g.scope[:mark]
	if g.fn.used[label] {
		text := g.out.String()
		g.out.Reset()
		g.out.WriteString(text[:before] + label + ":\n" + text[before:])
	}
}

func (g *gen) forStmt() {
	i := g.name("i")
	g.loop(fmt.Sprintf("for %s := %s; %s < %s; %s", i, g.expr("int", 1), i, one(g, "3", "5", "c.pass(3)", "min(4, "+g.expr("int", 2)+")"),
		one(g, i+"++", i+" += 2", i+" += 1 + c.zero()", i+" = c.pass("+i+"+1)")), variable{i, "int", true})
}

func (g *gen) whileStmt() {
	n := g.name("n")
	g.line("%s := 0", n)
	g.loop(fmt.Sprintf("for %s < %d", n, 1+g.r.IntN(4)))
	// continue would never end without fuel: the budget ends it.
	g.line("%s++", n)
	g.scope = append(g.scope, variable{n, "int", true})
}

func (g *gen) rangeStmt() {
	i, v := g.name("i"), g.name("x")
	switch g.r.IntN(6) {
	case 0:
		g.loop(fmt.Sprintf("for %s, %s := range %s", i, v, g.expr("[]int", 2)), variable{i, "int", false}, variable{v, "int", false})
	case 1:
		g.loop(fmt.Sprintf("for %s := range %s", i, one(g, "3", "c.pass(3)", "len("+g.expr("string", 2)+")")), variable{i, "int", false})
	case 2:
		g.loop(fmt.Sprintf("for %s, %s := range %s", i, v, g.expr("[3]int", 2)), variable{i, "int", false}, variable{v, "int", false})
	case 3:
		g.loop(fmt.Sprintf("for %s, %s := range \"hé%s\"", i, v, "x"), variable{i, "int", false}, variable{v, "rune", false})
	case 4:
		ch := g.name("ch")
		g.line("%s := make(chan int, 4)", ch)
		g.line("%s <- %s", ch, g.expr("int", 2))
		g.line("%s <- %s", ch, g.expr("int", 2))
		g.line("close(%s)", ch)
		g.loop(fmt.Sprintf("for %s := range %s", v, ch), variable{v, "int", false})
	default:
		if l := g.vars("int", true); len(l) > 1 {
			g.loop(fmt.Sprintf("for %s, %s = range %s", l[0], l[1], g.expr("[]int", 2)))
			return
		}
		g.loop("for range 3")
	}
}

func (g *gen) mapRange() {
	i, v := g.name("k"), g.name("x")
	m := g.name("m")
	g.line("%s := %s", m, g.expr("map[string]int", 2))
	g.line("for %s, %s := range %s {", i, v, m)
	g.indent++
	g.line("c.mix(%s, c.pass(%s))", i, v)
	switch g.r.IntN(3) {
	case 0:
		g.line("%s[%s] += c.pass(1)", m, i)
	case 1:
		g.line("delete(%s, %s)", m, i)
	default:
		g.line("func() {")
		g.line("\tdefer func() { c.mix(%s, c.pass(%s)) }()", i, v)
		g.line("\tc.spin(%s)", v)
		g.line("}()")
	}
	g.indent--
	g.line("}")
	g.line("c.emit(%q, len(%s))", m, m)
}

// rangeFunc ranges over a function; the body may do what bodies of loops do.
func (g *gen) rangeFunc() {
	v, i := g.name("x"), g.name("i")
	switch g.r.IntN(3) {
	case 0:
		g.loop(fmt.Sprintf("for %s := range upTo(c, %s)", v, one(g, "3", "2", "c.pass(4)")), variable{v, "int", false})
	case 1:
		g.loop(fmt.Sprintf("for %s, %s := range %s.All(c)", i, v, g.primary("*G[string]")), variable{i, "int", false}, variable{v, "string", false})
	default:
		g.loop(fmt.Sprintf("for %s := range func(yield func(int) bool) { _ = yield(c.pass(1)) && yield(%s) }", v, g.expr("int", 1)), variable{v, "int", false})
	}
}

func (g *gen) switchStmt() {
	if g.chance(3) {
		g.line("switch {")
		for range 1 + g.r.IntN(3) {
			g.line("case %s:", g.expr("bool", 2))
			g.clause()
		}
	} else {
		g.line("switch %s {", g.expr("int", 2))
		for k := range 1 + g.r.IntN(3) {
			g.line("case %d, c.pass(%d):", k, k+5)
			g.clause()
			if g.chance(4) {
				g.line("\tfallthrough")
				g.line("case %d:", k+20)
				g.clause()
			}
		}
	}
	if g.chance(2) {
		g.line("default:")
		g.clause()
	}
	g.line("}")
}

func (g *gen) clause() {
	g.indent++
	g.block(1 + g.r.IntN(2))
	g.indent--
}

func (g *gen) typeSwitch() {
	v := g.name("t")
	g.line("switch %s := (%s).(type) {", v, g.typed("any", 2))
	types := []string{"int", "string", "T", "S", "nil", "I, [3]int", "error"}
	g.r.Shuffle(len(types), func(i, j int) { types[i], types[j] = types[j], types[i] })
	for _, t := range types[:2+g.r.IntN(4)] {
		g.line("case %s:", t)
		typ := t
		if t == "nil" || strings.Contains(t, ",") {
			typ = "any"
		}
		g.line("\t_ = %s", v)
		mark := len(g.scope)
		g.scope = append(g.scope, variable{v, typ, false})
		g.clause()
		g.scope = g.scope[:mark]
	}
	g.line("}")
}

// selectStmt has one clause that is ready, or several that do the same.
func (g *gen) selectStmt() {
	ch, v := g.name("ch"), g.name("x")
	g.line("%s := make(chan int, 1)", ch)
	switch g.r.IntN(4) {
	case 0:
		g.line("select {")
		g.line("case %s := <-%s:", v, ch)
		g.line("\tc.emit(\"never\", %s)", v)
		g.line("case %s <- %s:", ch, g.expr("int", 2))
		g.clause()
		g.line("}")
		g.line("c.emit(%q, <-%s)", ch, ch)
	case 1:
		g.line("%s <- %s", ch, g.expr("int", 2))
		g.line("select {")
		g.line("case %s := <-pick(c, %s, %s, %s):", v, g.expr("bool", 1), ch, ch)
		mark := len(g.scope)
		g.line("\t_ = %s", v)
		g.scope = append(g.scope, variable{v, "int", false})
		g.clause()
		g.scope = g.scope[:mark]
		g.line("case <-chan int(nil):")
		g.line("\tc.emit(\"never\")")
		g.line("}")
	case 2:
		g.line("select {")
		g.line("case %s := <-%s:", v, ch)
		g.line("\tc.emit(\"never\", %s)", v)
		g.line("default:")
		g.clause()
		g.line("}")
	default:
		if l := g.lvalue("int", 1); l != "" {
			g.line("close(%s)", ch)
			ok := g.name("ok")
			g.line("var %s bool", ok)
			g.line("select {")
			g.line("case %s, %s = <-%s:", l, ok, ch)
			g.clause()
			g.line("}")
			g.line("c.emit(%q, %s)", ok, ok)
		}
	}
}

func (g *gen) lockStmt() {
	mu := g.name("mu")
	if g.fn.forked {
		g.line("var %s sync.Mutex", mu)
	} else {
		g.line("%s := &global", mu)
	}
	g.line("func() {")
	g.indent++
	g.line("%s.Lock()", mu)
	g.line("defer %s.Unlock()", mu)
	if !g.fn.forked {
		g.line("global.n += c.pass(%s)", g.literal("int"))
		g.line("global.list = append(global.list, c.spin(global.n))")
		g.line("if len(global.list) > 8 {")
		g.line("\tglobal.list = nil")
		g.line("}")
	} else {
		g.line("c.pass(%s)", g.literal("int"))
	}
	g.indent--
	g.line("}()")
}

// leave writes a statement that goes away, under a condition.
func (g *gen) leave() {
	g.line("if %s {", g.expr("bool", 2))
	g.indent++
	choices := []func(){g.ret, g.ret, func() { g.line("panic(%s)", one(g, `"boom"`, "errFuel", g.expr("string", 1), g.expr("int", 1))) }}
	if n := len(g.fn.loops); n > 0 && !g.fn.inDefer {
		jump := func() {
			what := one(g, "break", "continue")
			if label := g.fn.loops[g.r.IntN(n)]; label != "" {
				g.fn.used[label] = true
				what += " " + label
			} else if what == "break" {
				what = "continue"
			}
			g.line("%s", what)
		}
		choices = append(choices, jump, jump, jump)
	}
	one(g, choices...)()
	g.indent--
	g.line("}")
}

// inner writes the body of a function literal: loops and results of the function around are not its own.
func (g *gen) inner(result []string, named []string, write func()) {
	outer := g.fn
	g.fn = frame{result: result, named: named, used: map[string]bool{}, forked: outer.forked, depth: outer.depth + 1}
	g.indent++
	write()
	g.indent--
	g.fn = outer
}

// closure is a function literal of type func(int) int. It is written on one line or many.
func (g *gen) closure(depth int) string {
	p := g.name("a")
	mark := len(g.scope)
	g.scope = append(g.scope, variable{p, "int", false})
	defer func() { g.scope = g.scope[:mark] }()
	if depth <= 0 || g.fn.depth >= maxDepth || g.chance(2) {
		return "func(" + p + " int) int { return " + g.expr("int", max(depth, 1)) + " }"
	}
	outer := g.out
	g.out = strings.Builder{}
	named := ""
	var names []string
	if g.chance(3) {
		named = g.name("res")
		names = []string{named}
		g.scope = append(g.scope, variable{named, "int", false})
	}
	g.inner([]string{"int"}, names, func() {
		g.line("c.fuel--")
		g.line("if c.fuel < 0 {")
		g.line("\treturn 0")
		g.line("}")
		g.block(1 + g.r.IntN(3))
		g.ret()
	})
	text := g.out.String()
	g.out = outer
	return "func(" + p + " int) (" + named + " int) {\n" + text + strings.Repeat("\t", g.indent) + "}"
}

func (g *gen) deferStmt() {
	switch g.r.IntN(7) {
	case 0:
		g.line("defer c.emit(%q, %s)", g.name("d"), g.expr("int", 2))
	case 1:
		if f := g.pickFunc(func(*function) bool { return true }); f != nil {
			g.line("defer %s", g.call(f, 2))
		}
	case 2:
		g.line("defer %s.M(c, %s)", g.primary(one(g, "*S", "I", "T", "E")), g.expr("int", 2))
	case 3:
		g.line("defer func() {")
		g.inner(nil, nil, func() {
			g.fn.inDefer = true
			r := g.name("rec")
			g.line("%s := recover()", r)
			g.line("c.emit(%q, fmt.Sprint(%s))", r, r)
			g.block(1 + g.r.IntN(2))
		})
		g.line("}()")
	default:
		g.line("defer func(n int) {")
		g.inner(nil, nil, func() {
			g.fn.inDefer = true
			g.line("c.emit(%q, n)", g.name("d"))
			g.block(1 + g.r.IntN(2))
		})
		g.line("}(%s)", g.expr("int", 2))
	}
}

// deferLoop defers in a loop, so that the number of deferred calls is not known.
func (g *gen) deferLoop() {
	i := g.name("i")
	g.line("for %s := range c.pass(%d) {", i, 1+g.r.IntN(3))
	g.indent++
	g.line("defer func(c *ctx) { c.emit(%q, %s, c.pass(%s)) }(c)", g.name("d"), i, g.expr("int", 1))
	if g.chance(3) {
		g.line("defer %s.M(c, %s)", g.primary("I"), i)
	}
	g.indent--
	g.line("}")
}

func (g *gen) tryStmt() {
	g.line("c.try(%q, func() {", g.name("t"))
	g.inner(nil, nil, func() { g.block(1 + g.r.IntN(3)) })
	g.line("})")
}

// forkStmt starts a goroutine that shares one variable under a lock, and waits for it.
func (g *gen) forkStmt() {
	acc, mu, join, p := g.name("acc"), g.name("mu"), g.name("join"), g.name("p")
	g.line("%s, %s := 0, new(sync.Mutex)", acc, mu)
	scope := slices.Clone(g.scope)
	t := one(g, "int", "string", "bool", "[3]int", "float64")
	g.line("%s := func(%s %s) func() {", join, p, t)
	g.indent++
	g.scope = []variable{{p, t, false}}
	g.line("return c.fork(func(c *ctx) {")
	g.inner(nil, nil, func() {
		g.fn.forked = true
		add := func() {
			g.line("%s.Lock()", mu)
			g.line("%s += c.pass(%s)", acc, g.literal("int"))
			g.line("%s.Unlock()", mu)
		}
		g.line("_ = %s", p)
		add()
		g.block(1 + g.r.IntN(3))
		add()
	})
	g.scope = scope
	g.line("})")
	g.indent--
	g.line("}(%s)", g.expr(t, 2))
	g.line("%s.Lock()", mu)
	g.line("%s += c.spin(%s)", acc, g.literal("int"))
	g.line("%s.Unlock()", mu)
	g.line("%s()", join)
	g.line("c.emit(%q, %s)", acc, acc)
}

func (g *gen) gotoStmt() {
	n, label := g.name("n"), g.name("J")
	if g.chance(2) {
		g.line("%s := 0", n)
		g.indent--
		g.line("%s:", label)
		g.indent++
		g.line("%s++", n)
		g.body(1+g.r.IntN(2), "if c.fuel > 0")
		g.line("if %s < 3 {", n)
		g.line("\tgoto %s", label)
		g.line("}")
		return
	}
	g.line("{")
	g.indent++
	g.line("if %s {", g.expr("bool", 2))
	g.line("\tgoto %s", label)
	g.line("}")
	g.body(1+g.r.IntN(2), "if c.fuel > 0")
	g.indent--
	g.line("%s:", label)
	g.indent++
	g.line("c.pass(1)")
	g.indent--
	g.line("}")
}

// perIteration keeps closures over a loop's variable and calls them after it.
func (g *gen) perIteration() {
	fs, i := g.name("fs"), g.name("i")
	g.line("var %s []func() int", fs)
	g.line("for %s := 0; %s < 3; %s++ {", i, i, i)
	g.indent++
	g.line("%s = append(%s, func() int { %s += c.pass(10); return %s })", fs, fs, i, i)
	g.line("c.spin(%s)", i)
	g.line("if c.pass(%s) > 5 {", i)
	g.line("\tbreak")
	g.line("}")
	g.indent--
	g.line("}")
	f := g.name("f")
	g.line("for _, %s := range %s {", f, fs)
	g.line("\tc.emit(%q, %s(), %s())", fs, f, f)
	g.line("}")
}

// localType declares a type inside the function.
func (g *gen) localType() {
	t, v := g.name("Local"), g.name("v")
	g.line("type %s struct {", t)
	g.line("\tx, y int")
	g.line("\ts    []string")
	g.line("}")
	g.line("%s := %s{x: %s, s: []string{%s}}", v, t, g.expr("int", 2), g.expr("string", 2))
	g.line("%s.y = c.pass(%s.x) + %s", v, v, g.expr("int", 2))
	g.line("c.emit(%q, fmt.Sprintf(\"%%T %%+v\", %s, %s))", v, v, v)
}
