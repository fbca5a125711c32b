package load

import (
	"crypto/sha256"
	"encoding/hex"
	"go/ast"
	"go/token"
	"go/types"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// A Given is a package variable's initial value that no expression makes: the
// compiler takes it from files (go:embed), or the linker from its flags (-X).
type Given struct {
	Value    string   // of a string that the linker sets
	Embed    []string // the directives otherwise, as they stand in the source
	Contents string   // hash of the files that they name
}

// Given says what is given to a variable of an own package.
func (p *Program) Given(v *types.Var) (Given, bool) {
	g, ok := p.given[v]
	return g, ok
}

// Link notes what strings the linker sets, by import path and name of the variable. As
// the linker does it, it passes over what is no string, or initialised otherwise than
// by a constant.
func (p *Program) Link(values map[string]string) {
	for _, pkg := range p.Own {
		for _, file := range pkg.Syntax {
			eachVar(pkg, file, func(v *types.Var, s *ast.ValueSpec, i int) {
				value, ok := values[pkg.PkgPath+"."+v.Name()]
				if b, is := v.Type().(*types.Basic); !ok || !is || b.Kind() != types.String {
					return
				}
				if len(s.Values) == 0 || len(s.Values) == len(s.Names) && pkg.Info.Types[s.Values[i]].Value != nil {
					p.given[v] = Given{Value: value}
				}
			})
		}
	}
}

func eachVar(pkg *Package, file *ast.File, f func(v *types.Var, s *ast.ValueSpec, i int)) {
	for _, d := range file.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.VAR {
			for _, s := range g.Specs {
				s := s.(*ast.ValueSpec)
				for i, id := range s.Names {
					if v, ok := pkg.Info.Defs[id].(*types.Var); ok {
						f(v, s, i)
					}
				}
			}
		}
	}
}

// embedded notes which variables of a package are made from files. A directive is for
// the variable declared next.
func (p *Program) embedded(pkg *Package) error {
	for _, file := range pkg.Syntax {
		directives := map[*ast.ValueSpec][]string{}
		for _, group := range file.Comments {
			for _, c := range group.List {
				if !strings.HasPrefix(c.Text, "//go:embed") {
					continue
				}
				var next *ast.ValueSpec
				eachVar(pkg, file, func(_ *types.Var, s *ast.ValueSpec, _ int) {
					if s.Pos() > c.End() && (next == nil || s.Pos() < next.Pos()) {
						next = s
					}
				})
				if next != nil {
					directives[next] = append(directives[next], c.Text)
				}
			}
		}
		if len(directives) == 0 {
			continue
		}
		var err error
		eachVar(pkg, file, func(v *types.Var, s *ast.ValueSpec, _ int) {
			if directives[s] == nil || err != nil {
				return
			}
			g := Given{Embed: directives[s]}
			if g.Contents, err = p.contents(pkg, g.Embed); err == nil {
				p.given[v] = g
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// contents is a hash of the files that directives name.
func (p *Program) contents(pkg *Package, directives []string) (string, error) {
	h := sha256.New()
	for _, name := range pkg.Embeds {
		rel, err := filepath.Rel(pkg.Dir, name)
		if err != nil {
			return "", err
		}
		rel = filepath.ToSlash(rel)
		if !matches(rel, directives) {
			continue
		}
		text, err := p.read(name)
		if err != nil {
			return "", err
		}
		sum := sha256.Sum256(text)
		h.Write([]byte(rel + "\x00"))
		h.Write(sum[:])
	}
	return hex.EncodeToString(h.Sum(nil)[:12]), nil
}

// matches reports whether directives name a file, or a directory that it is in.
func matches(name string, directives []string) bool {
	for _, d := range directives {
		for _, pattern := range fields(strings.TrimPrefix(d, "//go:embed")) {
			pattern = strings.TrimPrefix(pattern, "all:")
			for at := name; at != "."; at = path.Dir(at) {
				if ok, err := path.Match(pattern, at); ok || err != nil || pattern == "." {
					return true
				}
			}
		}
	}
	return false
}

// fields takes a directive's words apart, which may be quoted.
func fields(text string) (l []string) {
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		word := text
		if q, err := strconv.QuotedPrefix(text); err == nil {
			word = q
		} else if i := strings.IndexAny(text, " \t"); i > 0 {
			word = text[:i]
		}
		text = text[len(word):]
		if plain, err := strconv.Unquote(word); err == nil {
			word = plain
		}
		l = append(l, word)
	}
	return l
}
