package parser

import "strings"

// A parser: slices, strings, errors, early returns, small leaf functions.
type lexer struct {
	src string
	pos int
}

func (l *lexer) peek() byte {
	if l.pos < len(l.src) {
		return l.src[l.pos]
	}
	return 0
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

func (l *lexer) number() int {
	n := 0
	for digit(l.peek()) {
		n = n*10 + int(l.peek()-'0')
		l.pos++
	}
	return n
}

func (l *lexer) factor() int {
	if l.peek() == '(' {
		l.pos++
		v := l.sum()
		l.pos++
		return v
	}
	return l.number()
}

func (l *lexer) product() int {
	v := l.factor()
	for l.peek() == '*' {
		l.pos++
		v *= l.factor()
	}
	return v
}

func (l *lexer) sum() int {
	v := l.product()
	for c := l.peek(); c == '+' || c == '-'; c = l.peek() {
		l.pos++
		if c == '+' {
			v += l.product()
		} else {
			v -= l.product()
		}
	}
	return v
}

func Work(n int) any {
	src := strings.Repeat("(12+3*(4-5)*67)-", 20) + "8"
	total := 0
	for range n {
		l := lexer{src: src}
		total += l.sum()
	}
	return total
}
