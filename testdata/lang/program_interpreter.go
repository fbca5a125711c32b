// A small program: a tokenizer, recursive parser and tree-walking interpreter with closures, errors by panic, and
// output by callback.
package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// pause is where the program can be stopped for an update: a blocking operation.
//
//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

type kind int

const (
	number kind = iota
	ident
	symbol
	end
)

type token struct {
	kind kind
	text string
	at   int
}

type syntaxError struct {
	at   int
	what string
}

func (e *syntaxError) Error() string { return fmt.Sprintf("%d: %s", e.at, e.what) }

func lex(src string) <-chan token {
	out := make(chan token)
	go func() {
		defer close(out)
		rs := []rune(src)
		for i := 0; i < len(rs); {
			start := i
			switch r := rs[i]; {
			case unicode.IsSpace(r):
				i++
				continue
			case unicode.IsDigit(r):
				for i < len(rs) && unicode.IsDigit(rs[i]) {
					i++
				}
				out <- token{number, string(rs[start:i]), start}
			case unicode.IsLetter(r):
				for i < len(rs) && unicode.IsLetter(rs[i]) {
					i++
				}
				out <- token{ident, string(rs[start:i]), start}
			default:
				i++
				out <- token{symbol, string(r), start}
			}
			pause()
		}
		out <- token{kind: end, at: len(rs)}
	}()
	return out
}

type value interface{}
type env struct {
	vars map[string]value
	up   *env
}
type node func(*env) value
type function struct {
	params []string
	body   node
	at     *env
}

func (e *env) get(name string) (value, bool) {
	for ; e != nil; e = e.up {
		if v, ok := e.vars[name]; ok {
			return v, true
		}
	}
	return nil, false
}

type parser struct {
	toks <-chan token
	cur  token
}

func (p *parser) next() token {
	t := p.cur
	p.cur = <-p.toks
	pause()
	return t
}

func (p *parser) want(text string) {
	if t := p.next(); t.text != text {
		panic(&syntaxError{t.at, "want " + text + ", have " + strconv.Quote(t.text)})
	}
}

func (p *parser) binary(level int) node {
	ops := []string{"<", "+-", "*/"}
	if level == len(ops) {
		return p.postfix()
	}
	left := p.binary(level + 1)
	for p.cur.kind == symbol && strings.Contains(ops[level], p.cur.text) {
		op, l, r := p.next(), left, p.binary(level+1)
		left = func(e *env) value {
			x, y := l(e).(int), r(e).(int)
			pause()
			switch op.text {
			case "+":
				return x + y
			case "-":
				return x - y
			case "*":
				return x * y
			case "/":
				return x / y
			}
			if x < y {
				return 1
			}
			return 0
		}
	}
	return left
}

func (p *parser) postfix() node {
	n := p.primary()
	for p.cur.text == "(" {
		p.next()
		var args []node
		for p.cur.text != ")" {
			args = append(args, p.binary(0))
			if p.cur.text == "," {
				p.next()
			}
			if p.cur.kind == end {
				panic(&syntaxError{p.cur.at, "unclosed call"})
			}
		}
		p.want(")")
		callee := n
		n = func(e *env) value {
			f := callee(e).(*function)
			inner := &env{map[string]value{}, f.at}
			for i, a := range args {
				inner.vars[f.params[i]] = a(e)
			}
			pause()
			return f.body(inner)
		}
	}
	return n
}

func (p *parser) primary() node {
	switch t := p.next(); t.kind {
	case number:
		n, _ := strconv.Atoi(t.text)
		return func(*env) value { return n }
	case ident:
		switch t.text {
		case "if":
			c, a := p.binary(0), p.binary(0)
			p.want("|")
			b := p.binary(0)
			return func(e *env) value {
				if c(e).(int) != 0 {
					return a(e)
				}
				return b(e)
			}
		case "fn":
			var f function
			for p.cur.kind == ident {
				f.params = append(f.params, p.next().text)
			}
			p.want(".")
			body := p.binary(0)
			return func(e *env) value { return &function{f.params, body, e} }
		case "let":
			name := p.next().text
			p.want("=")
			v := p.binary(0)
			p.want(";")
			rest := p.binary(0)
			return func(e *env) value {
				inner := &env{map[string]value{}, e}
				inner.vars[name] = v(inner)
				pause()
				return rest(inner)
			}
		}
		return func(e *env) value {
			v, ok := e.get(t.text)
			if !ok {
				panic(fmt.Errorf("%d: %w: %s", t.at, errUnknown, t.text))
			}
			return v
		}
	case symbol:
		if t.text == "(" {
			n := p.binary(0)
			p.want(")")
			return n
		}
		panic(&syntaxError{t.at, "unexpected " + t.text})
	}
	panic(&syntaxError{p.cur.at, "unexpected end"})
}

var errUnknown = errors.New("unknown name")

func run(src string) (v value, err error) {
	p := &parser{toks: lex(src)}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case error:
			pause()
			err = r
		default:
			panic(r)
		}
		for range p.toks {
			pause()
		}
	}()
	p.next()
	n := p.binary(0)
	if p.cur.kind != end {
		return nil, &syntaxError{p.cur.at, "text after the program"}
	}
	return n(nil), nil
}

func main() {
	for _, src := range []string{
		"1 + 2 * 3 - 4 / 2",
		"let x = 5; let y = x * x; y - x",
		"let fact = fn n. if n < 2 1 | n * fact(n - 1); fact(10)",
		"let fib = fn n. if n < 2 n | fib(n - 1) + fib(n - 2); fib(12)",
		"let add = fn a. fn b. a + b; let inc = add(1); inc(inc(40))",
		"let twice = fn f x. f(f(x)); twice(fn n. n * n, 3)",
		"1 / 0", "(1 + ", "x + 1", "1 2", "let = 3; 4", "fn x. x", "1(2)", "?",
	} {
		v, err := run(src)
		var se *syntaxError
		if f, ok := v.(*function); ok {
			v = fmt.Sprint("function of ", f.params)
		}
		fmt.Println(src, "=>", v, err, errors.As(err, &se), errors.Is(err, errUnknown))
	}
}
