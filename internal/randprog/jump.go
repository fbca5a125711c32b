package randprog

import "strings"

// labelled writes a statement that may be left, or gone on with, from inside.
func (g *gen) labelled(loop bool, write func()) {
	label := ""
	if g.chance(2) {
		label = g.name("L")
	}
	before := g.out.Len()
	g.fn.around = append(g.fn.around, around{label, loop})
	write()
	g.fn.around = g.fn.around[:len(g.fn.around)-1]
	if g.fn.used[label] {
		text := g.out.String()
		g.out.Reset()
		g.out.WriteString(text[:before] + label + ":\n" + text[before:])
	}
}

// loop writes a loop. The head's variables are in scope in the body.
func (g *gen) loop(head string, vars ...variable) {
	first := g.fn.first
	g.fn.first = ""
	g.labelled(true, func() {
		mark := len(g.scope)
		g.scope = append(g.scope, vars...)
		g.line("%s {", head)
		g.indent++
		for _, v := range vars {
			g.line("_ = %s", v.name)
		}
		g.line("c.fuel--")
		g.line("if c.fuel < 0 {")
		g.line("\tbreak")
		g.line("}")
		if first != "" {
			g.line("%s", first)
		}
		g.block(1 + g.r.IntN(4))
		g.indent--
		g.line("}")
		g.scope = g.scope[:mark]
	})
}

// leave writes a statement that goes away, under a condition.
func (g *gen) leave() {
	g.line("if %s {", g.expr("bool", 2))
	g.indent++
	choices := []func(){g.ret, g.ret, func() { g.line("panic(%s)", one(g, `"boom"`, "errFuel", g.expr("string", 1), g.expr("int", 1))) }}
	if jumps := g.jumps(); len(jumps) > 0 {
		jump := func() {
			what := one(g, jumps...)
			if _, label, ok := strings.Cut(what, " "); ok {
				g.fn.used[label] = true
			}
			g.line("%s", what)
		}
		choices = append(choices, jump, jump, jump, jump)
	}
	one(g, choices...)()
	g.indent--
	g.line("}")
}

// jumps are the branches that may stand here.
func (g *gen) jumps() []string {
	var l []string
	for i, a := range g.fn.around {
		if a.label != "" {
			l = append(l, "break "+a.label)
		}
		if a.label != "" && a.loop {
			l = append(l, "continue "+a.label)
		}
		if i == len(g.fn.around)-1 {
			l = append(l, "break")
		}
	}
	for _, a := range g.fn.around {
		if a.loop {
			l = append(l, "continue")
			break
		}
	}
	for _, label := range g.fn.gotos {
		l = append(l, "goto "+label, "goto "+label)
	}
	return l
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
	// Two labels, one behind the other; what stands before them may go to both, out
	// of loops and switches.
	after := g.name("J")
	g.line("{")
	g.indent++
	g.line("if %s {", g.expr("bool", 2))
	g.line("\tgoto %s", label)
	g.line("}")
	g.fn.gotos = append(g.fn.gotos, after, label)
	g.body(1+g.r.IntN(3), "if c.fuel > 0")
	g.fn.gotos = g.fn.gotos[:len(g.fn.gotos)-1]
	g.line("if %s {", g.expr("bool", 1))
	g.line("\tgoto %s", after)
	g.line("}")
	g.indent--
	g.line("%s:", label)
	g.indent++
	g.body(1, "for range c.pass(2)")
	g.fn.gotos = g.fn.gotos[:len(g.fn.gotos)-1]
	g.indent--
	g.line("%s:", after)
	g.indent++
	g.line("c.pass(1)")
	g.indent--
	g.line("}")
}
