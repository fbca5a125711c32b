package randprog

import "slices"

// selectStmt has one clause that is ready, or several that do the same.
func (g *gen) selectStmt() {
	ch, v := g.name("ch"), g.name("x")
	g.line("%s := make(chan int, 1)", ch)
	ready, form := g.name("ok"), g.r.IntN(4)
	switch form {
	case 1:
		g.line("%s <- %s", ch, g.expr("int", 2))
	case 3:
		g.line("close(%s)", ch)
		g.line("var %s bool", ready)
	}
	g.labelled(false, func() { g.selectOf(form, ch, v, ready) })
	switch form {
	case 0:
		g.line("c.emit(%q, <-%s)", ch, ch)
	case 3:
		g.line("c.emit(%q, %s)", ready, ready)
	}
}

func (g *gen) selectOf(form int, ch, v, ready string) {
	switch form {
	case 0:
		g.line("select {")
		g.line("case %s := <-%s:", v, ch)
		g.line("\tc.emit(\"never\", %s)", v)
		g.line("case %s <- %s:", ch, g.expr("int", 2))
		g.clause()
		g.line("}")
	case 1:
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
		l := g.lvalue("int", 1)
		g.line("select {")
		g.line("case %s, %s = <-%s:", l, ready, ch)
		g.clause()
		g.line("}")
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

// pipe has a goroutine send what a loop receives; leaving the loop ends it.
func (g *gen) pipe() {
	ch, done, join, v := g.name("ch"), g.name("done"), g.name("join"), g.name("x")
	g.line("%s, %s := make(chan int), make(chan bool)", ch, done)
	n := g.name("n")
	g.line("%s := %s", n, g.expr("int", 2))
	g.line("%s := c.fork(func(c *ctx) {", join)
	g.line("\tdefer close(%s)", ch)
	g.line("\tfor i := range 3 {")
	g.line("\t\tselect {")
	g.line("\t\tcase %s <- c.pass(i) + %s:", ch, n)
	g.line("\t\tcase <-%s:", done)
	g.line("\t\t\treturn")
	g.line("\t\t}")
	g.line("\t}")
	g.line("})")
	g.line("func() {")
	g.inner(nil, nil, func() {
		g.line("defer %s()", join)
		g.line("defer close(%s)", done)
		g.loop("for "+v+" := range "+ch, variable{v, "int", false})
	})
	g.line("}()")
}

// group waits for goroutines that were started with a method value, a literal or
// a generic function.
func (g *gen) group() {
	wg, out, i := g.name("wg"), g.name("out"), g.name("i")
	g.line("var %s sync.WaitGroup", wg)
	g.line("var %s [3]int", out)
	v := g.name("v")
	g.line("%s := %s", v, g.expr("int", 2))
	g.line("for %s := range %s {", i, out)
	g.indent++
	switch g.r.IntN(3) {
	case 0:
		g.line("%s.Go(func() { %s[%s] = newCtx(9).spin(%s + %s) })", wg, out, i, v, i)
	case 1:
		g.line("%s.Add(1)", wg)
		g.line("go func(c *ctx, p *int, n int) {")
		g.line("\tdefer %s.Done()", wg)
		g.line("\t*p = c.pass(n) + %s", v)
		g.line("}(newCtx(9), &%s[%s], c.pass(%s))", out, i, i)
	default:
		g.line("%s.Add(1)", wg)
		g.line("go T(%s).into(newCtx(9), &%s, &%s[%s])", v, wg, out, i)
	}
	g.indent--
	g.line("}")
	g.line("%s.Wait()", wg)
	g.line("c.emit(%q, %s)", out, out)
	g.scope = append(g.scope, variable{out, "[3]int", false})
}

// goexit ends the goroutine, under a condition.
func (g *gen) goexit() {
	g.body(1, "if %s", g.expr("bool", 2))
	if g.fn.forked {
		g.line("if %s {", g.expr("bool", 1))
		g.line("\tc.end()")
		g.line("}")
	}
}
