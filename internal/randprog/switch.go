package randprog

import (
	"fmt"
	"strings"
)

func (g *gen) switchStmt() {
	g.labelled(false, func() {
		init := ""
		mark := len(g.scope)
		if g.chance(3) {
			v := g.name("v")
			init = v + " := " + g.expr("int", 2) + "; "
			g.scope = append(g.scope, variable{v, "int", false})
			defer func() { g.scope = g.scope[:mark] }()
			if g.chance(2) {
				init += v
			} else {
				init += fmt.Sprintf("c.pass(%s)", v)
			}
		}
		switch g.r.IntN(4) {
		case 0:
			if init == "" {
				init = one(g, "", "true", "c.pass(1) == 1")
			} else {
				init += " > 0"
			}
			g.line("switch %s {", init)
			for range 1 + g.r.IntN(3) {
				g.line("case %s:", one(g, g.expr("bool", 2), g.expr("bool", 1)+", "+g.expr("bool", 2)))
				g.clause()
				g.fallsThrough()
			}
			g.lastClauses()
			return
		case 1:
			if init == "" {
				g.line("switch %s {", g.expr("string", 2))
				for range 1 + g.r.IntN(3) {
					g.line("case pick(c, true, \"b\", %s), pick(c, false, \"\", %s):", g.expr("string", 1), g.expr("string", 1))
					g.clause()
				}
				g.lastClauses()
				return
			}
		}
		if init == "" {
			init = g.expr("int", 2)
		}
		g.line("switch %s {", init)
		for k := range 1 + g.r.IntN(3) {
			g.line("case %d, c.pass(%d):", k, k+5)
			g.clause()
			if g.chance(4) {
				g.line("\tfallthrough")
				g.line("case %d:", k+20)
				g.clause()
			}
		}
		g.lastClauses()
	})
}

// fallsThrough ends a clause by going on with the next one.
func (g *gen) fallsThrough() {
	if g.chance(4) {
		g.line("\tfallthrough")
		g.line("case %s:", g.expr("bool", 1))
		g.clause()
	}
}

func (g *gen) lastClauses() {
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
	x := g.typed("any", 2)
	if len(g.fn.of) > 0 && g.chance(2) {
		if vs := g.vars(one(g, g.fn.of...), false); len(vs) > 0 {
			x = "any(" + one(g, vs...) + ")"
		}
	}
	g.labelled(false, func() {
		g.line("switch %s := (%s).(type) {", v, x)
		types := []string{"int", "string", "T", "S", "nil", "I, [3]int", "error", "*S", "func(int) int", "Big"}
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
		g.lastClauses()
	})
}
