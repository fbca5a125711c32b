package randprog

import (
	_ "embed"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

//go:embed testdata/prelude.go
var prelude string

// Generate gives the files of one package main, by name.
func Generate(seed uint64) map[string]string {
	g := &gen{r: rand.New(rand.NewPCG(seed, 0x5eed))}
	return map[string]string{"prelude.go": prelude, "main.go": g.program(seed)}
}

// gen writes one program. What it writes is well typed by construction: every variable in scope is listed with
// its type, and expressions are made for a wanted type.
type gen struct {
	r      *rand.Rand
	out    strings.Builder
	indent int

	funcs   []function
	current int // index in funcs of what is being written: it calls only later ones, so calls end
	scope   []variable
	fn      frame
	names   int
}

// function is a generated function of the program.
type function struct {
	name   string
	params []string // types; every function has c *ctx before them
	result []string
	named  bool
	method bool     // on *S
	alone  bool     // touches nothing that goroutines share, so forked code may call it
	self   bool     // calls itself with a smaller first parameter
	of     []string // type parameters
}

type variable struct {
	name, typ string
	fixed     bool // not to be assigned
}

// frame is what is known about the function or closure being written.
type frame struct {
	result  []string
	named   []string
	of      []string // type parameters
	around  []around // what a break or continue can leave
	gotos   []string // labels further down that a goto may jump to
	used    map[string]bool
	first   string // what the next loop's body begins with
	forked  bool
	depth   int // of statements
	inMap   bool
	inDefer bool
	inBody  bool // body of a range over a function
}

// around is a loop, switch or select around a statement.
type around struct {
	label string // "" without one
	loop  bool
}

const (
	functionCount = 14
	maxDepth      = 3
	exprDepth     = 3
)

func (g *gen) program(seed uint64) string {
	fmt.Fprintf(&g.out, "// Program %d.\npackage main\n\nimport (\n\t\"errors\"\n\t\"fmt\"\n\t\"sync\"\n)\n\nvar _ = fmt.Sprint\nvar _ sync.Mutex\nvar _ = errors.New\n\n", seed)
	for i := range functionCount {
		f := function{name: fmt.Sprintf("f%d", i), alone: i >= functionCount/2, method: g.chance(5), named: g.chance(2), self: g.chance(4)}
		if !f.method && g.chance(4) {
			f.of = []string{"Q", "R"}[:1+g.r.IntN(2)]
			f.params = append(f.params, f.of...)
		}
		for range g.r.IntN(4) {
			f.params = append(f.params, g.typ())
		}
		if f.self {
			f.params = append(f.params[:len(f.of):len(f.of)], append([]string{"int"}, f.params[len(f.of):]...)...)
		}
		for range g.r.IntN(3) {
			f.result = append(f.result, g.typ())
		}
		f.named = f.named && len(f.result) > 0
		g.funcs = append(g.funcs, f)
	}
	for i := range g.funcs {
		g.current = i
		g.function(&g.funcs[i])
	}
	g.current = -1
	g.line("func run(c *ctx) {")
	g.indent++
	for i := range g.funcs {
		g.scope = nil
		g.fn = frame{used: map[string]bool{}}
		f := &g.funcs[i]
		for range 2 {
			g.line("c.fuel = 400")
			g.line("c.try(%q, func() {", f.name)
			g.indent++
			g.results(f.result, "c.emit(\""+f.name+"\"", ")", g.call(f, 1))
			g.indent--
			g.line("})")
		}
	}
	g.indent--
	g.line("}")
	return g.out.String()
}

// results writes a call whose results go into the arguments of another one.
func (g *gen) results(types []string, before, after, call string) {
	if len(types) == 0 {
		g.line("%s", call)
		g.line("%s%s", before, after)
		return
	}
	var names []string
	for range types {
		names = append(names, g.name("r"))
	}
	g.line("%s := %s", strings.Join(names, ", "), call)
	for i, n := range names {
		names[i] = g.shown(n, types[i])
	}
	g.line("%s, %s%s", before, strings.Join(names, ", "), after)
}

func (g *gen) function(f *function) {
	g.scope = nil
	g.fn = frame{result: f.result, used: map[string]bool{}, forked: f.alone}
	var params, results []string
	params = append(params, "c *ctx")
	for i, t := range f.params {
		n := g.name("p")
		params = append(params, n+" "+t)
		g.scope = append(g.scope, variable{n, t, f.self && i == len(f.of)})
	}
	for _, t := range f.result {
		if f.named {
			n := g.name("res")
			results = append(results, n+" "+t)
			g.fn.named = append(g.fn.named, n)
			g.scope = append(g.scope, variable{name: n, typ: t})
		} else {
			results = append(results, t)
		}
	}
	g.fn.of = f.of
	of := ""
	if len(f.of) > 0 {
		of = "[" + strings.Join(f.of, ", ") + " any]"
	}
	recv := ""
	if f.method {
		recv = "(self *S) "
		g.scope = append(g.scope, variable{"self", "*S", true})
	}
	g.line("func %s%s%s(%s) (%s) {", recv, f.name, of, strings.Join(params, ", "), strings.Join(results, ", "))
	g.indent++
	g.line("c.fuel--")
	g.line("if c.fuel < 0 {")
	g.indent++
	g.returnZero()
	g.indent--
	g.line("}")
	if f.self {
		first := g.scope[len(f.of)].name
		g.line("if %s > 3 || %s < 0 {", first, first)
		g.line("\t%s = 3", first)
		g.line("}")
		g.line("if %s > 0 {", first)
		g.indent++
		g.selfCall(f, first)
		g.indent--
		g.line("}")
	}
	g.block(4 + g.r.IntN(6))
	g.ret()
	g.indent--
	g.line("}")
	g.line("")
}

func (g *gen) selfCall(f *function, first string) {
	args := []string{"c"}
	for i, t := range f.params {
		if i == len(f.of) {
			args = append(args, first+"-1")
			continue
		}
		args = append(args, g.expr(t, 1))
	}
	name := f.name
	if f.method {
		name = "self." + name
	}
	g.results(f.result, "c.emit(\"self\"", ")", name+"("+strings.Join(args, ", ")+")")
}

// returnZero leaves the function when the budget is used up.
func (g *gen) returnZero() {
	if len(g.fn.named) > 0 || len(g.fn.result) == 0 {
		g.line("return")
		return
	}
	var zeros []string
	for _, t := range g.fn.result {
		zeros = append(zeros, "*new("+t+")")
	}
	g.line("return %s", strings.Join(zeros, ", "))
}

func (g *gen) ret() {
	if len(g.fn.named) > 0 && g.chance(2) || len(g.fn.result) == 0 {
		g.line("return")
		return
	}
	// The results of a call, when one fits.
	if f := g.pickFunc(func(f *function) bool { return strings.Join(f.result, ",") == strings.Join(g.fn.result, ",") }); f != nil && g.chance(2) {
		g.line("return %s", g.call(f, 1))
		return
	}
	var values []string
	for _, t := range g.fn.result {
		values = append(values, g.expr(t, exprDepth))
	}
	g.line("return %s", strings.Join(values, ", "))
}

func (g *gen) line(format string, args ...any) {
	if format != "" {
		g.out.WriteString(strings.Repeat("\t", g.indent))
		fmt.Fprintf(&g.out, format, args...)
	}
	g.out.WriteByte('\n')
}

func (g *gen) name(prefix string) string {
	g.names++
	return fmt.Sprintf("%s%d", prefix, g.names)
}

// chance is true once in n.
func (g *gen) chance(n int) bool { return g.r.IntN(n) == 0 }

func one[T any](g *gen, xs ...T) T { return xs[g.r.IntN(len(xs))] }

// pickFunc chooses a function that may be called here; nil if there is none.
func (g *gen) pickFunc(ok func(*function) bool) *function {
	if g.fn.inMap {
		return nil
	}
	var fit []*function
	for i := g.current + 1; i < len(g.funcs); i++ {
		if f := &g.funcs[i]; (f.alone || !g.fn.forked) && ok(f) {
			fit = append(fit, f)
		}
	}
	if len(fit) == 0 {
		return nil
	}
	return fit[g.r.IntN(len(fit))]
}

func (g *gen) call(f *function, depth int) string {
	args := []string{"c"}
	name := f.name
	params := slices.Clone(f.params)
	if len(f.of) > 0 {
		var of []string
		for i := range f.of { // the first parameters
			params[i] = one(g, append([]string{"int", "string", "S", "[3]int", "any", "*S", "func(int) int", "Big", "I"}, g.fn.of...)...)
			of = append(of, params[i])
		}
		name += "[" + strings.Join(of, ", ") + "]"
	}
	for _, t := range params {
		args = append(args, g.expr(t, depth))
	}
	if f.method {
		switch g.r.IntN(3) {
		case 0:
			name = "(*S)." + name
			args = append([]string{g.expr("*S", 1)}, args...)
		default:
			name = g.primary("*S") + "." + name
		}
	}
	return name + "(" + strings.Join(args, ", ") + ")"
}

// visible gives what is in scope and not hidden.
func (g *gen) visible() []variable {
	var l []variable
	hidden := map[string]bool{}
	for i := len(g.scope) - 1; i >= 0; i-- {
		if v := g.scope[i]; !hidden[v.name] {
			hidden[v.name] = true
			l = append(l, v)
		}
	}
	slices.Reverse(l)
	return l
}

// vars gives what is visible and has the type.
func (g *gen) vars(typ string, assign bool) []string {
	var fit []string
	for _, v := range g.visible() {
		if v.typ == typ && !(assign && v.fixed) {
			fit = append(fit, v.name)
		}
	}
	return fit
}
