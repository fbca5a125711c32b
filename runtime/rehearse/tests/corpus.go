package tests

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
)

// encoding is the first line of a file of a seed corpus. The others are values, as
// conversions of literals.
const encoding = "go test fuzz v1"

// CheckCorpus says whether values are a fuzz target's arguments.
func (d *deps) CheckCorpus(values []any, types []reflect.Type) error {
	if len(values) != len(types) {
		return fmt.Errorf("wrong number of values in corpus entry: %d, want %d", len(values), len(types))
	}
	for i, v := range values {
		if reflect.TypeOf(v) != types[i] {
			return fmt.Errorf("mismatched types in corpus entry: %T, want %v", v, types[i])
		}
	}
	return nil
}

// ReadCorpus reads the seeds in a directory. One that does not exist holds none.
func (d *deps) ReadCorpus(dir string, types []reflect.Type) ([]entry, error) {
	files, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("reading seed corpus from testdata: %w", err)
	}
	var all []entry
	for _, f := range files {
		if f.IsDir() {
			continue
		}
		name := filepath.Join(dir, f.Name())
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		values, err := readValues(data)
		if err == nil {
			err = d.CheckCorpus(values, types)
		}
		if err != nil {
			return nil, fmt.Errorf("%q: %w", name, err)
		}
		all = append(all, entry{Path: name, Data: data, Values: values})
	}
	return all, nil
}

func readValues(data []byte) ([]any, error) {
	lines := bytes.Split(data, []byte("\n"))
	if string(bytes.TrimSuffix(lines[0], []byte("\r"))) != encoding {
		return nil, fmt.Errorf("the first line is not %q", encoding)
	}
	var values []any
	for _, line := range lines[1:] {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		v, err := readValue(string(line))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", line, err)
		}
		values = append(values, v)
	}
	if len(values) == 0 {
		return nil, errors.New("it holds no value")
	}
	return values, nil
}

var errValue = errors.New("it is no value of a corpus")

// readValue reads a conversion of a literal: int8(-3), []byte("x"), rune('x').
func readValue(text string) (any, error) {
	x, err := parser.ParseExpr(text)
	if err != nil {
		return nil, err
	}
	call, ok := x.(*ast.CallExpr)
	if !ok || len(call.Args) != 1 {
		return nil, errValue
	}
	if a, ok := call.Fun.(*ast.ArrayType); ok {
		elem, ok := a.Elt.(*ast.Ident)
		if !ok || a.Len != nil || elem.Name != "byte" && elem.Name != "uint8" {
			return nil, errValue
		}
		s, err := literal(call.Args[0], token.STRING)
		if err != nil {
			return nil, err
		}
		s, err = strconv.Unquote(s)
		return []byte(s), err
	}
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return convert(f.Name, call.Args[0])
	case *ast.SelectorExpr: // math.Float64frombits(0x7ff8000000000001): floats that have no literal
		n, err := literal(call.Args[0], token.INT)
		if err != nil {
			return nil, err
		}
		switch f.Sel.Name {
		case "Float64frombits":
			bits, err := strconv.ParseUint(n, 0, 64)
			return math.Float64frombits(bits), err
		case "Float32frombits":
			bits, err := strconv.ParseUint(n, 0, 32)
			return math.Float32frombits(uint32(bits)), err
		}
	}
	return nil, errValue
}

var intSizes = map[string]int{"int": 0, "int8": 8, "int16": 16, "int32": 32, "int64": 64, "uint": 0, "uint8": 8, "uint16": 16, "uint32": 32, "uint64": 64, "byte": 8, "rune": 32}

func convert(typ string, arg ast.Expr) (any, error) {
	switch typ {
	case "string":
		s, err := literal(arg, token.STRING)
		if err != nil {
			return nil, err
		}
		return strconv.Unquote(s)
	case "bool":
		if id, ok := arg.(*ast.Ident); ok {
			return strconv.ParseBool(id.Name)
		}
		return nil, errValue
	case "float32", "float64":
		s, err := literal(arg, token.FLOAT, token.INT, token.IDENT)
		if err != nil {
			return nil, err
		}
		if typ == "float32" {
			f, err := strconv.ParseFloat(s, 32)
			return float32(f), err
		}
		return strconv.ParseFloat(s, 64)
	}
	size, ok := intSizes[typ]
	if !ok {
		return nil, errValue
	}
	s, err := literal(arg, token.INT, token.CHAR)
	if err != nil {
		return nil, err
	}
	if s[0] == '\'' {
		r, _, _, err := strconv.UnquoteChar(s[1:], '\'')
		if err != nil {
			return nil, err
		}
		s = strconv.Itoa(int(r))
	}
	v := reflect.New(map[string]reflect.Type{
		"int": reflect.TypeFor[int](), "int8": reflect.TypeFor[int8](), "int16": reflect.TypeFor[int16](), "int32": reflect.TypeFor[int32](), "int64": reflect.TypeFor[int64](), "rune": reflect.TypeFor[rune](),
		"uint": reflect.TypeFor[uint](), "uint8": reflect.TypeFor[uint8](), "uint16": reflect.TypeFor[uint16](), "uint32": reflect.TypeFor[uint32](), "uint64": reflect.TypeFor[uint64](), "byte": reflect.TypeFor[byte](),
	}[typ]).Elem()
	if v.CanInt() {
		n, err := strconv.ParseInt(s, 0, size)
		v.SetInt(n)
		return v.Interface(), err
	}
	n, err := strconv.ParseUint(s, 0, size)
	v.SetUint(n)
	return v.Interface(), err
}

// literal is the text of a literal of one of some kinds, with its sign. IDENT stands
// for NaN and Inf.
func literal(x ast.Expr, kinds ...token.Token) (string, error) {
	sign := ""
	if u, ok := x.(*ast.UnaryExpr); ok && (u.Op == token.SUB || u.Op == token.ADD) {
		sign, x = u.Op.String(), u.X
	}
	for _, k := range kinds {
		switch x := x.(type) {
		case *ast.BasicLit:
			if x.Kind == k {
				return sign + x.Value, nil
			}
		case *ast.Ident:
			if k == token.IDENT {
				return sign + x.Name, nil
			}
		}
	}
	return "", errValue
}
