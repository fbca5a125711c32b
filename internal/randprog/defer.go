package randprog

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

// deferOther defers builtins, bound methods, func values and what makes no call at all.
func (g *gen) deferOther() {
	switch g.r.IntN(9) {
	case 0:
		ch := g.name("ch")
		g.line("%s := make(chan int, 1)", ch)
		g.line("defer func() { _, ok := <-%s; c.emit(%q, ok) }()", ch, ch)
		g.line("defer close(%s)", ch)
	case 1:
		g.line("defer delete(%s, %s)", g.primary("map[string]int"), g.expr("string", 2))
	case 2:
		if vs := g.vars("[]int", false); len(vs) > 0 {
			g.line("defer %s", one(g, "clear("+one(g, vs...)+")", "copy("+one(g, vs...)+", "+g.expr("[]int", 2)+")"))
		}
	case 3:
		g.line("defer recover()")
	case 4:
		g.line("if %s {", g.expr("bool", 1))
		g.line("\tdefer panic(%s)", g.expr("string", 2))
		g.line("}")
	case 5:
		m := g.name("m")
		g.line("%s := %s.%s", m, g.primary(one(g, "*S", "I", "F", "T")), "M")
		g.line("defer %s(c, %s)", m, g.expr("int", 2))
	case 6:
		g.line("defer %s(%s)", g.primary("func(int) int"), g.expr("int", 2))
	case 7:
		// What a deferred call sets is what the caller gets.
		for i, n := range g.fn.named {
			g.line("defer func() { %s = %s }()", n, g.expr(g.fn.result[i], 2))
		}
	default:
		g.line("defer %s", one(g, "(*S).M("+g.expr("*S", 1)+", c, "+g.expr("int", 2)+")", "c.emit("+`"swapped", c.sumAll(swap(c, `+g.expr("int", 1)+", "+g.expr("int", 1)+")))",
			"swap[any](c, "+g.expr("any", 1)+", "+g.expr("any", 1)+")", g.primary("F")+".Push(c, "+g.expr("string", 1)+")"))
	}
}
