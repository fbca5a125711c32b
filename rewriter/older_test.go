package rewriter

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/upstarego/upstarego/internal/corpus"
)

// TestBroughtUp: which assertions and switches look first at what they are given. Each
// line says what stands before its operand; lines stay what they are.
func TestBroughtUp(t *testing.T) {
	const src = `package main

import (
	"errors"
	"fmt"
	"io"
	"os"
)

type own struct{ n int }
type number interface{ ~int | ~int8 }
type either interface{ fmt.Stringer; number }
type empty interface{}

func (o *own) Error() string { return "" }

func leaf(x any, e error, m map[string]any, y empty) {
	_ = x.(*own) // Any(x)
	_, _ = m["k"].(own) // Any(m["k"])
	_ = x.([]own) // Any(x)
	_ = x.(map[string][2]*own) // Any(x)
	_ = x.(func(own) error) // Any(x)
	_ = x.(struct{ o *own }) // Any(x)
	_ = x.(error) // Any(x)
	_ = x.(interface{ Close() error }) // Any(x)
	_ = e.(*own) // Up(e)
	_ = e.(io.Closer) // Up(e)
	_ = y.(*own) // Up(y)
	_ = x.(error).(*own) // Up(older.Any(x).(error))
	_ = (x).(*own) // Any((x))
	_ = any(x).(*own) // Any(any(x))
	_ = any(&own{}).(error) // -
	_ = x.(int) // -
	_ = x.(*os.File) // -
	_ = x.([]func(io.Reader) error) // -
	_ = x.(any) // -
	_ = e.(*os.PathError) // -
	const wings = len([2]own{})
	switch x.(type) { // Any(x)
	case int, *own:
	}
	switch v := e.(type) { // Up(e)
	case nil:
	case interface{ Timeout() bool }:
		_ = v
	}
	switch x.(type) { // -
	case nil, string, *os.File, []byte:
	default:
	}
	switch any(wings).(type) { // -
	case error:
	}
}

func generic[A any, N number, E either, C comparable](x any, a A, n N, e E, c C) {
	_, _ = x.(A) // Any(x)
	_ = x.(*A) // Any(x)
	switch any(a).(type) { // Any(any(a))
	case error:
	}
	_ = any(c).(error) // Any(any(c))
	_ = any(n).(error) // -
	_ = any(e).(error) // -
}

var global = any(nil)
var first, ok = global.(*own) // Any(global)
var wings = len(global.([2]own)) // -

func finds(err error) bool {
	var o *own
	return errors.As(err, &o) || errors.Is(err, io.EOF) // older.As(err, &o) || older.Is(err, io.EOF)
}

func main() { leaf(nil, nil, nil, nil); generic[any, int, E2](nil, nil, 0, E2(0), 0); finds(nil); _ = errors.New }

type E2 int

func (E2) String() string { return "" }
`
	name := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(name, []byte(src), 0o666); err != nil {
		t.Fatal(err)
	}
	_, out, err := rewrite(t, corpus.Program{Path: name})
	if err != nil {
		t.Fatal(err)
	}
	// The function main may stop and is printed anew, behind a line directive; lines
	// before it are where they were.
	var got []string
	for file, text := range out.Files {
		if filepath.Base(file) == "main.go" {
			got = strings.Split(strings.ReplaceAll(string(text), "upstare_", ""), "\n")
		}
	}
	at := 0
	for i, line := range strings.Split(src, "\n") {
		code, want, ok := strings.Cut(line, " // ")
		if !ok {
			continue
		}
		for ; at < len(got) && !strings.HasSuffix(got[at], "// "+want); at++ {
		}
		if at == len(got) {
			t.Fatalf("line %d is not there: %s", i+1, line)
		}
		is, _, _ := strings.Cut(got[at], " // ")
		switch {
		case want == "-":
			want = strings.TrimSpace(code)
		case !strings.HasPrefix(want, "older."):
			want = "older." + want + "."
		}
		if !strings.Contains(is, want) || strings.Count(is, "older.") != strings.Count(want, "older.") {
			t.Errorf("line %d: %s", i+1, is)
		}
		at++
	}
}
