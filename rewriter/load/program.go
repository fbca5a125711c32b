package load

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// A Program is a main package with everything it is built from; from LoadAlone,
// packages with all that they and their tests are built from.
type Program struct {
	Fset *token.FileSet
	Main *Package   // nil from LoadAlone
	Own  []*Package // own code in dependency order: imports before importers

	// Foreign has every other package of the program, by package path.
	Foreign map[string]*Foreign

	// Tested are the packages whose tests are in it, by package path.
	Tested []string

	GoVersion string      // of the toolchain: "go1.26.8"
	Sizes     types.Sizes // of the target
	Race      bool        // built with the race detector

	own   map[*types.Package]*Package
	known map[string]*types.Package
	given map[*types.Var]Given
	read  func(name string) ([]byte, error)
}

// Read gives the contents of a file as the go command reads it.
func (p *Program) Read(name string) ([]byte, error) { return p.read(name) }

// Known is every package that has types in memory, by path: own packages, the
// foreign ones they import, and those that these mention.
func (p *Program) Known() map[string]*types.Package { return p.known }

// A Package is an own package. Syntax, Filenames, Src and Written are index-aligned.
type Package struct {
	PkgPath   string
	Name      string
	Dir       string
	GoVersion string // language version of its module: "go1.26"
	Module    Module

	Syntax    []*ast.File // with comments
	Filenames []string    // absolute
	Src       [][]byte    // file contents as parsed
	Written   [][]byte    // and as the user wrote them: in Src, names may be marked (rename)

	Types   *types.Package
	Info    *types.Info       // every map is filled
	Imports map[string]string // import path as written → package path
	Extra   []string          // other files of the build: assembly, headers
	Embeds  []string          // files that go:embed directives name, absolute
}

// A Module says where an own package comes from.
type Module struct {
	Path    string
	Version string // "" in the main module
	Dir     string
	Main    bool
}

// A Foreign is a package that is left as it is.
type Foreign struct {
	PkgPath  string
	Name     string
	Dir      string
	GoFiles  []string // absolute
	Imports  []string // package paths
	Standard bool     // of the Go distribution

	// Types is set for packages that own code imports. Those are complete;
	// packages they mention in turn are as complete as export data makes them.
	Types *types.Package
}

// IsOwn reports whether a types.Package is own code.
func (p *Program) IsOwn(pkg *types.Package) bool { return p.own[pkg] != nil }

// OwnPackage is the own package that a types.Package stands for, or nil.
func (p *Program) OwnPackage(pkg *types.Package) *Package { return p.own[pkg] }

// Position is the source position of a node, with //line directives applied.
func (p *Program) Position(pos token.Pos) token.Position { return p.Fset.Position(pos) }

// MayImport reports whether the go command lets package from import path, neither of
// the standard library: internal packages are for what lies beside them.
func MayImport(from, path string) bool {
	parts := strings.Split(path, "/")
	if parts[0] == "vendor" || parts[0] == "internal" {
		return false // the standard library's
	}
	for i := len(parts) - 1; i > 0; i-- {
		if parts[i] == "internal" {
			parent := strings.Join(parts[:i], "/")
			return from == parent || strings.HasPrefix(from, parent+"/")
		}
	}
	return true
}

// Linknames are the names of its package that go:linkname directives of a file are about:
// anything may use them.
func Linknames(file *ast.File) (names []string) {
	for _, g := range file.Comments {
		for _, c := range g.List {
			if rest, ok := strings.CutPrefix(c.Text, "//go:linkname "); ok {
				name, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
				names = append(names, name)
			}
		}
	}
	return names
}
