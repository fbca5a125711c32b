package colour

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"regexp"
	"runtime"
	"sync"

	"github.com/upstarego/upstarego/rewriter/load"
)

// foreignMethods are the methods that foreign code can call on a value of a
// type it does not know: those of interfaces written anywhere in its source,
// function bodies included (`v.(interface{ Unwrap() error })`), which is why
// export data does not serve. Matching is by name and number of parameters and
// results.
type foreignMethods struct {
	keys map[methodKey]bool
	all  bool // some foreign package calls methods by reflection
}

func (m foreignMethods) mayCall(f *types.Func) bool {
	return m.all || m.keys[keyOf(f.Name(), f.Signature())]
}

var (
	someInterface = regexp.MustCompile(`interface *\{[ \t]*[^ \t}]`)
	reflectMethod = regexp.MustCompile(`\.Method(ByName)?\(`)
	importReflect = []byte(`"reflect"`)
)

// scanForeign reads the source of foreign packages. Only the few files with an
// interface that has methods are parsed.
func scanForeign(p *load.Program) foreignMethods {
	m := foreignMethods{keys: map[methodKey]bool{{"Error", 0, 1}: true}}
	var (
		mu    sync.Mutex
		wg    sync.WaitGroup
		slots = make(chan struct{}, runtime.GOMAXPROCS(0))
	)
	for _, f := range p.Foreign {
		if f.Standard && neverCallsMethods[f.PkgPath] {
			continue
		}
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			keys, all := scanPackage(p, f)
			mu.Lock()
			defer mu.Unlock()
			for _, k := range keys {
				m.keys[k] = true
			}
			m.all = m.all || all
		})
	}
	wg.Wait()
	m.all = m.all || callsByReflection(p)
	return m
}

// callsByReflection reports whether own code itself looks methods up by
// reflection.
func callsByReflection(p *load.Program) bool {
	for _, pkg := range p.Own {
		for _, obj := range pkg.Info.Uses {
			if f, ok := obj.(*types.Func); ok && f.Pkg() != nil && f.Pkg().Path() == "reflect" && (f.Name() == "Method" || f.Name() == "MethodByName") {
				return true
			}
		}
	}
	return false
}

// neverCallsMethods are packages of the Go distribution that mention
// reflect.Value.Method or describe types without calling methods of the
// program's values by reflection.
var neverCallsMethods = map[string]bool{"reflect": true, "internal/reflectlite": true}

func scanPackage(p *load.Program, f *load.Foreign) (keys []methodKey, all bool) {
	for _, name := range f.GoFiles {
		src, err := p.Read(name)
		if err != nil {
			return nil, true // it cannot be seen what it calls
		}
		if reflectMethod.Match(src) && bytes.Contains(src, importReflect) {
			all = true
		}
		if !someInterface.Match(src) {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, src, parser.SkipObjectResolution)
		if err != nil {
			return nil, true
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if t, ok := n.(*ast.InterfaceType); ok {
				for _, field := range t.Methods.List {
					if ft, ok := field.Type.(*ast.FuncType); ok {
						for _, id := range field.Names {
							if id.IsExported() {
								keys = append(keys, methodKey{id.Name, count(ft.Params), count(ft.Results)})
							}
						}
					}
				}
			}
			return true
		})
	}
	return keys, all
}

func count(l *ast.FieldList) int {
	if l == nil {
		return 0
	}
	return l.NumFields()
}
