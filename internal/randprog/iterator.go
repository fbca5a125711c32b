package randprog

import "fmt"

// rangeFunc ranges over a function; the body may do what bodies of loops do.
func (g *gen) rangeFunc() {
	v, i := g.name("x"), g.name("i")
	switch g.r.IntN(7) {
	case 0, 1, 2:
		g.loop(fmt.Sprintf("for %s := range %s", v, g.iterator(2)), variable{v, "int", false})
	case 3:
		g.loop(fmt.Sprintf("for %s, %s := range %s.All%s", i, v, g.primary(one(g, "*G[string]", "F")), "(c)"), variable{i, "int", false}, variable{v, "string", false})
	case 4:
		g.loop(fmt.Sprintf("for %s, %s := range each(c, %s)", i, v, g.expr("map[string]int", 2)), variable{i, "string", false}, variable{v, "int", false})
	case 5:
		g.loop(fmt.Sprintf("for range times(c, %s)", g.expr("int", 1)))
	default:
		g.loop(fmt.Sprintf("for %s = range %s", g.lvalue("int", 1), g.iterator(1)))
	}
}

// iterator is an expression of type func(yield func(int) bool).
func (g *gen) iterator(depth int) string {
	n := one(g, "3", "2", "c.pass(4)", "min(3, "+g.expr("int", 1)+")")
	if depth > 0 && g.chance(3) {
		return one(g, "nested", "nested", "pulled") + "(c, " + g.iterator(depth-1) + ")"
	}
	switch g.r.IntN(9) {
	case 0:
		return g.rarely("late", "greedy", "swallow") + "(c, " + n + ")"
	case 1:
		return one(g, "swallow", "panicky", "greedy", "late", "late") + "(c, " + n + ")"
	case 2, 3:
		return fmt.Sprintf("func(yield func(int) bool) { _ = yield(c.pass(1)) && yield(%s) }", g.expr("int", 1))
	}
	return "upTo(c, " + n + ")"
}
