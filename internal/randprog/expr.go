package randprog

import (
	"fmt"
	"strings"
)

// typ chooses the type of a variable, a parameter or a result.
func (g *gen) typ() string {
	if len(g.fn.of) > 0 && g.chance(6) {
		return one(g, g.fn.of...)
	}
	return one(g, "int", "int", "int", "string", "bool", "[]int", "map[string]int", "*S", "S", "func(int) int", "I", "[3]int", "any",
		"error", "float64", "T", "uint8", "*int", "*G[string]", "E", "struct{ a, b int }",
		"Big", "F", "*[3]int", "[]*S", "func(int) int", "*List[T]")
}

// shown is an expression of type any that prints the same at every run.
func (g *gen) shown(name, typ string) string {
	switch typ {
	case "func(int) int":
		return "(" + name + " == nil)"
	case "*int":
		return "(" + name + " == nil)"
	case "*[3]int", "*List[T]":
		return "(" + name + " == nil)"
	case "[]*S":
		return "len(" + name + ")"
	case "Big":
		return name + "[0], " + name + "[14]"
	case "F":
		return name + ".nums.a, " + name + ".arr[1].A"
	case "Q", "R":
		return "fmt.Sprintf(\"%T\", any(" + name + "))"
	case "I", "any":
		return "fmt.Sprintf(\"%T\", " + name + ")"
	case "*G[string]":
		return "(" + name + " == nil)"
	case "E":
		return name + ".n, int(" + name + ".T)"
	case "error":
		return "fmt.Sprint(" + name + ")"
	}
	return name
}

// primary is an expression of the type that selectors, indexes and calls can follow.
func (g *gen) primary(typ string) string {
	if vs := g.vars(typ, false); len(vs) > 0 && !g.chance(4) {
		return one(g, vs...)
	}
	e := g.literal(typ)
	return "(" + e + ")"
}

// expr is an expression of the type. Depth bounds how deep it is.
func (g *gen) expr(typ string, depth int) string {
	if depth <= 0 || g.chance(4) {
		if vs := g.vars(typ, false); len(vs) > 0 && !g.chance(5) {
			return one(g, vs...)
		}
		return g.literal(typ)
	}
	if g.chance(5) {
		if f := g.pickFunc(func(f *function) bool { return len(f.result) == 1 && f.result[0] == typ }); f != nil {
			return g.call(f, depth-1)
		}
	}
	if g.chance(9) {
		return fmt.Sprintf("pick(c, %s, %s, %s)", g.expr("bool", depth-1), g.typed(typ, depth-1), g.typed(typ, depth-1))
	}
	if g.chance(12) {
		return "func() " + typ + " { return " + g.expr(typ, depth-1) + " }()"
	}
	switch typ {
	case "int":
		return g.intExpr(depth - 1)
	case "string":
		return g.stringExpr(depth - 1)
	case "bool":
		return g.boolExpr(depth - 1)
	case "[]int":
		x := func() string { return g.expr("int", depth-1) }
		switch g.r.IntN(5) {
		case 0:
			return "[]int{" + x() + ", " + x() + ", " + x() + "}"
		case 1:
			return "append(" + g.primary("[]int") + ", " + x() + ", " + x() + ")"
		case 2:
			return fmt.Sprintf("mapped(c, %s, func(x int) int { return x + %s })", g.expr("[]int", depth-1), x())
		case 3:
			return "c.sorted(" + g.expr("[]int", depth-1) + ", " + g.expr("bool", depth-1) + ")"
		default:
			return "[]int{2: " + x() + ", 0: " + x() + "}[" + one(g, "1:", ":2", ":", "1:2:3") + "]"
		}
	case "map[string]int":
		return "map[string]int{" + g.distinct(depth) + "}"
	case "*S":
		switch g.r.IntN(3) {
		case 0:
			return "&S{A: " + g.expr("int", depth-1) + ", B: " + g.expr("string", depth-1) + "}"
		case 1:
			return g.primary("*S") + ".Set(c, " + g.expr("int", depth-1) + ", " + g.expr("string", depth-1) + ", " + g.expr("string", depth-1) + ")"
		default:
			return "&S{P: " + g.expr("*S", depth-1) + ", A: " + g.expr("int", depth-1) + "}"
		}
	case "S":
		return "S{" + g.expr("int", depth-1) + ", " + g.expr("string", depth-1) + ", " + g.expr("[]int", depth-1) + ", nil}"
	case "func(int) int":
		return g.closure(depth - 1)
	case "I":
		switch g.r.IntN(3) {
		case 0:
			return "I(" + g.expr("*S", depth-1) + ")"
		case 1:
			return "I(" + g.expr("T", depth-1) + ")"
		default:
			return "I(" + g.expr("E", depth-1) + ")"
		}
	case "[3]int":
		return "[3]int{" + g.expr("int", depth-1) + ", " + g.expr("int", depth-1) + "}"
	case "any":
		return g.expr(one(g, "int", "string", "T", "S", "[3]int", "error"), depth-1)
	case "error":
		return "fmt.Errorf(\"e%d %w\", " + g.expr("int", depth-1) + ", errFuel)"
	case "float64":
		return "(" + g.expr("float64", depth-1) + one(g, " + ", " - ", " * ") + "float64(" + g.expr("int", depth-1) + "%7))"
	case "T":
		if vs := g.vars("T", true); len(vs) > 0 && g.chance(2) {
			return one(g, vs...) + ".Inc(c)"
		}
		return "T(" + g.expr("int", depth-1) + ")"
	case "uint8":
		return "(" + g.expr("uint8", depth-1) + one(g, " + ", " ^ ", " & ", " | ") + "uint8(c.zero() + " + g.expr("int", depth-1) + "))"
	case "E":
		return "E{" + g.expr("*S", depth-1) + ", " + g.expr("T", depth-1) + ", " + g.expr("int", depth-1) + "}"
	case "Big":
		switch g.r.IntN(3) {
		case 0:
			return "fill(c, " + g.expr("int", depth-1) + ")"
		case 1:
			return "*(&Big{3: " + g.expr("int", depth-1) + "}).Put(c, " + g.expr("int", depth-1) + ", " + g.expr("int", depth-1) + ")"
		default:
			return "Big{" + g.expr("int", depth-1) + ", 14: " + g.expr("int", depth-1) + "}"
		}
	case "F":
		if vs := g.vars("F", true); len(vs) > 0 && g.chance(2) {
			return "*" + one(g, vs...) + ".Bump(c, " + g.expr("int", depth-1) + ")"
		}
		return "F{" + g.expr("I", depth-1) + ", " + g.expr("*G[string]", depth-1) + ", struct{ a, b int }{" + g.expr("int", depth-1) + ", 2}, [2]S{1: {A: " + g.expr("int", depth-1) + "}}}"
	case "*[3]int":
		if vs := g.vars("[3]int", true); len(vs) > 0 && g.chance(2) {
			return "&" + one(g, vs...)
		}
		return "&[3]int{" + g.expr("int", depth-1) + ", 2: " + g.expr("int", depth-1) + "}"
	case "*int":
		if vs := g.vars("int", true); len(vs) > 0 && g.chance(2) {
			return "&" + one(g, vs...)
		}
		return "&" + g.primary("*S") + ".A"
	case "[]*S":
		if g.chance(2) {
			return "append(" + g.primary("[]*S") + ", " + g.expr("*S", depth-1) + ")"
		}
		return "[]*S{{A: " + g.expr("int", depth-1) + "}, " + g.expr("*S", depth-1) + "}"
	case "*List[T]":
		if g.chance(3) {
			return g.primary("*List[T]") + ".Map(c, func(t T) T { return t + T(" + g.expr("int", depth-1) + ") })"
		}
		return g.primary("*List[T]") + ".Add(c, " + g.expr("T", depth-1) + ")"
	case "struct{ a, b int }":
		return "struct{ a, b int }{" + g.expr("int", depth-1) + ", " + g.expr("int", depth-1) + "}"
	}
	return g.literal(typ)
}

// typed is an expression whose type can be inferred to be just that one.
func (g *gen) typed(typ string, depth int) string {
	switch typ {
	case "any", "error", "I", "T", "uint8", "float64", "*S", "*int", "func(int) int", "[]int", "*G[string]", "Big", "F", "*[3]int", "[]*S", "*List[T]", "Q", "R", "S", "E":
		return "(" + typ + ")(" + g.expr(typ, depth) + ")"
	}
	return g.expr(typ, depth)
}

// other is an expression of type int with what few programs have.
func (g *gen) other(d int) string {
	x := func() string { return g.expr("int", d) }
	switch g.r.IntN(18) {
	case 0:
		return "c.say(" + fmt.Sprintf("%q", g.name("o")) + ", " + x() + ")"
	case 1:
		return g.primary("F") + one(g, ".Push(c, "+g.expr("string", d)+")", ".M(c, "+x()+")", ".Total(c)", ".arr["+x()+"&1].A", ".nums.b")
	case 2:
		return "(*S).M(" + g.expr("*S", d) + ", c, " + x() + ")"
	case 3:
		return "I.M(" + g.expr("I", d) + ", c, " + x() + ")"
	case 4:
		return "bound(c, " + g.primary(one(g, "*S", "I", "T", "E", "F")) + ".M)(" + x() + ")"
	case 5:
		return "fold(c, " + g.expr("[]int", d) + ", " + x() + ", func(a, b int) int { return a + b*" + x() + " })"
	case 6:
		return "addAll(c, " + x() + ", " + x() + ")"
	case 7:
		t := one(g, "*S", "T", "I", "E", "F")
		return "callM(c, " + g.typed(t, d) + ", " + x() + ")"
	case 8:
		return "ptrM(c, " + g.expr("S", d) + ", " + x() + ")"
	case 9:
		return "len(kind(c, " + g.typed(one(g, "int", "string", "[]int", "S", "*S"), d) + "))"
	case 10:
		return "map[int]int{1: " + x() + ", " + x() + " | 6: " + x() + "}[" + x() + "]"
	case 11:
		return g.primary("*[3]int") + "[(" + x() + "&3)%3]"
	case 12:
		return g.primary("Big") + one(g, ".At(c, "+x()+")", "["+x()+"&31]")
	case 13:
		return g.primary("E") + one(g, ".Sum(c)", ".M(c, "+x()+")", ".S.A")
	case 14:
		return g.primary("*List[T]") + ".Len(c)"
	case 15:
		return "find(c, " + g.expr("[]int", d) + ", " + x() + ")"
	case 16:
		return "[...]int{" + x() + ", " + x() + "}[" + x() + "&1]"
	default:
		return "struct{ f func(int) int; n int }{n: " + x() + ", f: " + g.expr("func(int) int", d) + "}.f(" + x() + ")"
	}
}

func (g *gen) distinct(depth int) string {
	var parts []string
	for i := range g.r.IntN(4) {
		parts = append(parts, fmt.Sprintf("%q: %s", string(rune('a'+i)), g.expr("int", depth-1)))
	}
	return strings.Join(parts, ", ")
}

func (g *gen) intExpr(d int) string {
	x := func() string { return g.expr("int", d) }
	if g.chance(4) {
		return g.other(d)
	}
	switch g.r.IntN(20) {
	case 0:
		return "(" + x() + one(g, " + ", " - ", " * ", " & ", " | ", " ^ ", " &^ ") + x() + ")"
	case 1:
		return "(" + x() + " % 13)"
	case 2:
		return "c.pass(" + x() + ")"
	case 3:
		return "c.spin(" + x() + ")"
	case 4:
		return "len(" + g.expr(one(g, "[]int", "string", "map[string]int"), d) + ")"
	case 5:
		return g.primary("[]int") + "[" + g.index(d) + "]"
	case 6:
		return g.primary("map[string]int") + "[" + g.expr("string", d) + "]"
	case 7:
		return g.primary("*S") + ".M(c, " + x() + ")"
	case 8:
		return g.primary("S") + ".Sum(c)"
	case 9:
		return g.primary("I") + ".M(c, " + x() + ")"
	case 10:
		return "sumOf(c, " + x() + ", " + x() + ")"
	case 11:
		return "sumOf(c, " + g.expr("[]int", d) + "...)"
	case 12:
		return "c.sumAll(two(c, " + x() + ", " + x() + "))"
	case 13:
		return g.primary("func(int) int") + "(" + x() + ")"
	case 14:
		return g.primary("*S") + "." + g.rarely("A", "P.A", "C[0]")
	case 15:
		return g.primary("[3]int") + "[(" + x() + "&3)%3]"
	case 16:
		if !g.chance(6) {
			return "any(" + x() + ").(int)"
		}
		return "(" + g.typed("any", d) + ").(int)"
	case 17:
		return "min(" + x() + ", max(" + x() + ", 3))"
	case 18:
		return one(g, "*"+g.primary("*int"), "int("+g.expr("T", d)+")", "int("+g.expr("uint8", d)+")", "int((1+uint(c.zero()+"+x()+"))>>3)", g.primary("struct{ a, b int }")+".b")
	default:
		return g.primary("*G[string]") + ".Push(c, " + g.expr("string", d) + ")"
	}
}

// rarely gives the first of them but for once in 20.
func (g *gen) rarely(mostly string, other ...string) string {
	if g.chance(20) {
		return one(g, other...)
	}
	return mostly
}

// index is mostly inside, and now and then not.
func (g *gen) index(d int) string {
	return g.rarely("0", "1", "("+g.expr("int", d)+"&1)")
}

func (g *gen) stringExpr(d int) string {
	switch g.r.IntN(8) {
	case 0:
		return "(" + g.expr("string", d) + " + " + g.expr("string", d) + ")"
	case 1:
		return g.primary("I") + ".N()"
	case 2:
		return "fmt.Sprint(" + g.expr("int", d) + ", " + g.expr("bool", d) + ")"
	case 3:
		return g.primary("*S") + ".B"
	case 4:
		return "string([]byte(" + g.expr("string", d) + "))"
	case 5:
		return g.primary("string") + "[:0]"
	case 6:
		return "string(rune('a' + (" + g.expr("int", d) + "&7)))"
	default:
		return g.primary("*G[string]") + ".v"
	}
}

func (g *gen) boolExpr(d int) string {
	switch g.r.IntN(7) {
	case 0:
		return "(" + g.expr("bool", d) + one(g, " && ", " || ") + g.expr("bool", d) + ")"
	case 1:
		return "!" + g.expr("bool", d)
	case 2:
		return "(" + g.typed("any", d) + " == any(" + g.expr("int", d) + "))"
	case 3:
		return "(" + g.expr("string", d) + one(g, " < ", " == ", " != ") + g.expr("string", d) + ")"
	case 4:
		return "(" + g.primary("*S") + " != nil)"
	default:
		return "(" + g.expr("int", d) + one(g, " < ", " == ", " >= ", " != ") + g.expr("int", d) + ")"
	}
}

// literal needs nothing but what is in the prelude.
func (g *gen) literal(typ string) string {
	switch typ {
	case "int":
		return fmt.Sprint(g.r.IntN(9))
	case "string":
		return one(g, `"a"`, `"b"`, `"xyz"`, `""`)
	case "bool":
		return one(g, "true", "false")
	case "[]int":
		return one(g, "[]int{1, 2, 3}", "[]int{4, 0}", "[]int{7, 5, 3, 1}")
	case "map[string]int":
		return one(g, `map[string]int{"a": 1}`, `map[string]int{"a": 2, "b": 5, "xyz": 1}`)
	case "*S":
		return one(g, `&S{A: 1, B: "s", C: []int{1, 2}}`, `&S{P: &S{A: 2}}`, `new(S)`)
	case "S":
		return one(g, `S{A: 4, C: []int{3, 2}}`, `S{B: "t"}`)
	case "func(int) int":
		return one(g, "func(x int) int { return x + 1 }", "c.pass", "c.spin", "T(3).twice", "func(x int) int { return c.pass(x) - 1 }")
	case "I":
		return one(g, "I(T(2))", `I(&S{A: 3})`, "I(E{&S{}, 1, 2})")
	case "[3]int":
		return "[3]int{1, 2, 3}"
	case "any":
		return one(g, "any(1)", `any("q")`, "any(T(1))", "any(nil)")
	case "error":
		return one(g, "error(nil)", "errFuel", `errors.New("x")`)
	case "float64":
		return one(g, "1.5", "0.25", "3.0")
	case "T":
		return one(g, "T(1)", "T(5)")
	case "uint8":
		return one(g, "uint8(c.zero()+7)", "uint8(c.zero()+250)")
	case "*int":
		return one(g, "new(int)", "&[]int{6, 7}[1]")
	case "*G[string]":
		return one(g, `&G[string]{v: "g"}`, `&G[string]{list: []string{"u", "v"}}`)
	case "E":
		return "E{&S{A: 1}, T(2), 3}"
	case "struct{ a, b int }":
		return "struct{ a, b int }{1, 2}"
	case "Big":
		return one(g, "Big{1, 14: 3}", "Big{2: 5}")
	case "F":
		return one(g, `F{T(2), &G[string]{v: "f"}, struct{ a, b int }{1, 2}, [2]S{}}`, `F{I: &S{A: 2}, G: &G[string]{}}`)
	case "*[3]int":
		return one(g, "&[3]int{4, 5, 6}", "new([3]int)")
	case "[]*S":
		return one(g, "[]*S{{A: 1}, {A: 2}}", "[]*S(nil)")
	case "*List[T]":
		return one(g, "&List[T]{v: 1}", "(*List[T])(nil)")
	case "Q", "R":
		return "*new(" + typ + ")"
	}
	panic("no literal of type " + typ)
}
