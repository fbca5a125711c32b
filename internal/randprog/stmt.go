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
	simple := []func(){g.declare, g.declare, g.assign, g.assign, g.opAssign, g.assignMany, g.emit, g.emit, g.callStmt, g.increment, g.declareClosure,
		g.opAssignOther, g.builtin, g.constant}
	nested := []func(){g.ifStmt, g.forStmt, g.rangeStmt, g.switchStmt, g.typeSwitch, g.selectStmt, g.deferStmt, g.tryStmt, g.forkStmt, g.mapRange,
		g.rangeFunc, g.gotoStmt, g.leave, g.lockStmt, g.whileStmt, g.perIteration, g.deferLoop, g.localType,
		g.rangeFunc, g.deferStmt, g.shadow, g.recursive, g.pipe, g.group, g.deferOther, g.goexit, g.forPost, g.ifChain}
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
		if vs := g.vars("Big", true); len(vs) > 0 {
			fit = append(fit, one(g, vs...)+"["+g.expr("int", d)+"&31]")
		}
		if vs := g.vars("F", true); len(vs) > 0 {
			fit = append(fit, one(g, vs...)+one(g, ".nums.a", ".arr["+g.expr("int", d)+"&1].A"))
		}
		fit = append(fit, g.primary("*[3]int")+"["+g.expr("int", d)+"&1]")
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
		g.line("%s %s= %s", l, one(g, "+", "-", "*", "|", "^", "&", "&^"), g.expr("int", exprDepth))
	}
}

func (g *gen) increment() {
	if l := g.lvalue("int", 2); l != "" {
		g.line("%s%s", l, one(g, "++", "--"))
	}
}

func (g *gen) assignMany() {
	switch g.r.IntN(9) {
	case 5:
		a, b := g.name("v"), g.name("v")
		t := one(g, "int", "string", "S", "*S", "[]int", "Big")
		g.line("%s, %s := swap(c, %s, %s)", a, b, g.typed(t, 2), g.typed(t, 2))
		g.line("_, _ = %s, %s", a, b)
		g.scope = append(g.scope, variable{name: a, typ: t}, variable{name: b, typ: t})
	case 6:
		if vs := g.vars("int", true); len(vs) > 0 {
			v := one(g, vs...)
			g.line("%s, %s[%s&1], %s = %s, %s, %s", v, g.primary("[]int"), v, g.lvalue("int", 1), g.expr("int", 2), v, g.expr("int", 1))
		}
	case 7:
		if vs := g.vars("int", true); len(vs) > 1 {
			a, b := one(g, vs...), one(g, vs...)
			g.line("%s, %s = %s, %s", a, b, one(g, b, "c.pass("+b+")"), one(g, a, "c.spin("+a+")"))
		}
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
		t := one(g, "int", "string", "T", "S", "error", "I", "[3]int")
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
		if vs := g.visible(); len(vs) > 0 && !g.chance(3) {
			v := one(g, vs...)
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
	switch g.r.IntN(10) {
	case 6:
		g.loop(fmt.Sprintf("for %s, %s := range %s", i, v, g.expr("*[3]int", 2)), variable{i, "int", false}, variable{v, "int", false})
	case 7:
		g.loop(fmt.Sprintf("for %s, %s := range %s", i, v, g.expr("[]*S", 2)), variable{i, "int", false}, variable{v, "*S", false})
	case 8:
		// Key and value are places, with operands.
		g.loop(fmt.Sprintf("for %s, %s = range %s", g.lvalue("int", 1), g.lvalue("int", 1), g.expr(one(g, "[]int", "[3]int", "*[3]int"), 1)))
	case 9:
		// An array is copied before the loop, a slice of it is not.
		if vs := g.vars("[3]int", true); len(vs) > 0 {
			a := one(g, vs...)
			g.loop(fmt.Sprintf("for %s, %s := range %s%s", i, v, a, one(g, "", "[:]")), variable{i, "int", false}, variable{v, "int", false})
			return
		}
		g.loop(fmt.Sprintf("for %s = range %s", g.lvalue("int", 1), one(g, "3", "c.pass(3)", "[]string{1: \"\"}")))
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

// inner writes the body of a function literal: loops and results of the function around are not its own.
func (g *gen) inner(result []string, named []string, write func()) {
	outer := g.fn
	g.fn = frame{result: result, named: named, used: map[string]bool{}, of: outer.of, forked: outer.forked, depth: outer.depth + 1}
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

func (g *gen) tryStmt() {
	g.line("c.try(%q, func() {", g.name("t"))
	g.inner(nil, nil, func() { g.block(1 + g.r.IntN(3)) })
	g.line("})")
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

// shadow declares a name again, with another type, in a scope of its own.
func (g *gen) shadow() {
	// A return without values needs the results' names.
	vs := slices.DeleteFunc(g.visible(), func(v variable) bool { return slices.Contains(g.fn.named, v.name) })
	if len(vs) == 0 {
		g.declare()
		return
	}
	v, t := one(g, vs...).name, g.typ()
	e := g.expr(t, 2)
	mark := len(g.scope)
	g.line("{")
	g.indent++
	g.line("var %s %s = %s", v, t, e)
	g.line("_ = %s", v)
	g.scope = append(g.scope, variable{v, t, false})
	g.block(2 + g.r.IntN(2))
	g.indent--
	g.line("}")
	g.scope = g.scope[:mark]
}

// recursive declares a closure that calls itself.
func (g *gen) recursive() {
	f, n := g.name("rec"), g.name("n")
	g.line("var %s func(int) int", f)
	g.line("%s = func(%s int) int {", f, n)
	mark := len(g.scope)
	g.inner([]string{"int"}, nil, func() {
		g.line("c.fuel--")
		g.line("if %s <= 0 || c.fuel < 0 {", n)
		g.line("\treturn %s", g.literal("int"))
		g.line("}")
		g.scope = append(g.scope, variable{n, "int", false})
		g.block(1 + g.r.IntN(2))
		g.line("return %s(min(%s, 4)-1) + %s", f, n, g.expr("int", 2))
	})
	g.line("}")
	g.scope = append(g.scope[:mark], variable{f, "func(int) int", true})
	g.line("c.emit(%q, %s(3))", f, f)
}

func (g *gen) opAssignOther() {
	switch g.r.IntN(4) {
	case 0:
		if l := g.lvalue("string", 1); l != "" {
			g.line("%s += %s", l, g.expr("string", exprDepth))
		}
	case 1:
		if l := g.lvalue("float64", 1); l != "" {
			g.line("%s %s= %s", l, one(g, "+", "-", "*"), g.expr("float64", 2))
		}
	case 2:
		if l := g.lvalue("int", 2); l != "" {
			g.line("%s %s= %s", l, one(g, "<<", ">>"), "uint("+g.expr("int", 2)+"&3)")
		}
	default:
		if l := g.lvalue("int", 2); l != "" {
			g.line("%s %s= %s", l, one(g, "/", "%"), g.rarely("(1 + ("+g.expr("int", 2)+"&7))", "c.pass("+g.expr("int", 2)+")"))
		}
	}
}

// builtin calls one of those that are statements, with operands that may stop.
func (g *gen) builtin() {
	switch g.r.IntN(4) {
	case 0:
		g.line("clear(%s)", g.primary(one(g, "map[string]int", "[]int")))
	case 1:
		g.line("copy(%s, %s)", g.primary("[]int"), g.expr("[]int", 2))
	case 2:
		g.line("delete(%s, %s)", g.primary("map[string]int"), g.expr("string", 2))
	default:
		n := g.name("v")
		g.line("%s := copy(%s[1:], %s)", n, g.primary("[]int"), g.expr("[]int", 2))
		g.line("_ = %s", n)
		g.scope = append(g.scope, variable{name: n, typ: "int"})
	}
}

// constant declares constants inside the function.
func (g *gen) constant() {
	k, l := g.name("k"), g.name("k")
	g.line("const (")
	g.line("\t%s = iota + %s", k, g.literal("int"))
	g.line("\t%s", l)
	g.line(")")
	g.line("c.emit(%q, c.pass(%s), %s)", k, l, k)
	g.scope = append(g.scope, variable{k, "int", true})
}

// forPost has a loop's every part stop, and variables of each round that are kept.
func (g *gen) forPost() {
	i, j, keep := g.name("i"), g.name("j"), g.name("keep")
	g.line("var %s []func() int", keep)
	post := one(g, i+", "+j+" = two(c, "+j+"+1, "+i+"+1)", i+", "+j+" = "+i+"+c.pass(1), "+j+"-1", i+" += c.say(\"post\", 1)",
		"func() { "+i+"++; "+j+" += "+i+" }()", keep+"["+keep+"[0]()*0]()")
	init := i + ", " + j + " := " + one(g, "two(c, 0, 1)", "0, "+g.expr("int", 1))
	g.fn.first = fmt.Sprintf("%s = append(%s, func() int { %s += c.pass(10); return %s + %s })", keep, keep, j, i, j)
	g.loop(fmt.Sprintf("for %s; len(%s) < 3 && c.spin(%s) < 6; %s", init, keep, i, post), variable{i, "int", true}, variable{j, "int", false})
	g.line("for _, f := range %s {", keep)
	g.line("\tc.emit(%q, f())", keep)
	g.line("}")
}

// ifChain has variables in its conditions.
func (g *gen) ifChain() {
	a, ok, b := g.name("v"), g.name("ok"), g.name("v")
	mark := len(g.scope)
	g.line("if %s, %s := %s[%s]; %s && %s {", a, ok, g.primary("map[string]int"), g.expr("string", 2), ok, g.expr("bool", 1))
	g.scope = append(g.scope, variable{a, "int", false}, variable{ok, "bool", false})
	g.clause()
	g.line("} else if %s := %s; %s < %s {", b, g.expr("int", 2), b, a)
	g.scope = append(g.scope, variable{b, "int", false})
	g.clause()
	g.line("} else {")
	g.clause()
	g.line("}")
	g.scope = g.scope[:mark]
}
