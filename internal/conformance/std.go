package conformance

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/build"
	"go/build/constraint"
	"go/doc"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/upstarego/upstarego/internal/corpus"
)

// stdPackages are packages of the standard library whose own tests are run with the package instrumented as user
// code: code that many programs are like, with tests that would notice. Packages that are made of assembly or of
// what only the runtime can do are not among them.
var stdPackages = strings.Fields(`
	archive/tar archive/zip bufio bytes cmp compress/bzip2 compress/flate compress/gzip compress/lzw compress/zlib
	container/heap container/list container/ring context crypto/des crypto/dsa crypto/ed25519 crypto/elliptic
	crypto/hkdf crypto/hmac crypto/internal/fips140/edwards25519 crypto/internal/fips140/mldsa
	crypto/internal/fips140/mlkem crypto/pbkdf2 crypto/rc4 database/sql debug/elf debug/gosym debug/macho debug/pe
	debug/plan9obj encoding/ascii85 encoding/asn1 encoding/base32 encoding/base64 encoding/binary encoding/csv
	encoding/gob encoding/hex encoding/json encoding/pem encoding/xml errors expvar flag fmt go/build/constraint
	go/constant go/doc go/doc/comment go/format go/parser go/printer go/scanner go/token go/version hash/adler32
	hash/crc64 hash/fnv html html/template image image/color image/draw image/gif image/jpeg image/png
	index/suffixarray internal/dag internal/diff internal/fmtsort internal/profile internal/saferio
	internal/singleflight internal/zstd io io/ioutil iter log maps math/big math/bits math/cmplx math/rand
	math/rand/v2 mime mime/multipart mime/quotedprintable net/http/cookiejar net/http/internal net/mail net/netip
	net/rpc net/rpc/jsonrpc net/smtp net/textproto net/url path path/filepath regexp regexp/syntax slices sort
	strconv strings testing/fstest testing/iotest testing/quick text/scanner text/tabwriter text/template
	text/template/parse unicode/utf16 unicode/utf8 hash/maphash internal/xcoff net/http/httptrace
	crypto/internal/fips140/rsa crypto/internal/fips140/ecdsa crypto/internal/fips140/drbg crypto/internal/fips140/tls13
	internal/gover internal/bisect internal/pkgbits internal/buildcfg`)

// leftOut are test files that do not compile against a copy, by package.
var leftOut = map[string][]string{
	"math/big": {"alias_test.go"},   // crypto/rand makes numbers of the original
	"go/token": {"example_test.go"}, // go/parser takes the original's file sets
}

// StdTests lists the tests of those packages, and those of the compiler's rewriting of ranges over functions.
//
// A test that is known to deviate (by the name PACKAGE#TEST) is a program of its own, so that the others of its
// package count. So is one that measures allocations (countAllocations): it is not run, and says why.
func StdTests(deviations map[string]string) ([]corpus.Program, error) {
	root, err := corpus.Goroot()
	if err != nil {
		return nil, err
	}
	var programs []corpus.Program
	for _, pkg := range append(slices.Clone(stdPackages), rangefunc) {
		dir := filepath.Join(root, "src", filepath.FromSlash(pkg))
		p := corpus.Program{
			Name: pkg, Group: "std", Path: dir, Dir: dir, Args: []string{"-test.v", "-test.short"}, Normalise: verdicts,
			Layout: func(mod string) error { return layoutTest(dir, pkg, mod) },
		}
		if pkg == rangefunc {
			p.Group = "rangefunc"
		}
		counting, err := countAllocations(dir)
		if err != nil {
			return nil, err
		}
		apart := maps.Clone(counting)
		for name := range deviations {
			if test, ok := strings.CutPrefix(name, pkg+"#"); ok {
				if counting[test] != "" {
					return nil, fmt.Errorf("%s is listed as one that deviates, but is not run at all: it measures allocations (%s)", name, counting[test])
				}
				apart[test] = ""
			}
		}
		alone := slices.Sorted(maps.Keys(apart))
		for _, test := range alone {
			q := p
			q.Name, q.Args = pkg+"#"+test, append(slices.Clone(p.Args), "-test.run=^"+test+"$")
			if by := apart[test]; by != "" {
				q.Skip = "it measures allocations: " + by
			}
			programs = append(programs, q)
		}
		if alone != nil {
			p.Args = append(p.Args, "-test.skip=^("+strings.Join(alone, "|")+")$")
		}
		programs = append(programs, p)
	}
	return programs, nil
}

// rangefunc is where the compiler's rewriting of ranges over functions is tested. Its tests are a program of their
// own: they use nothing of the compiler's.
const rangefunc = "cmd/compile/internal/rangefunc"

var (
	verdict = regexp.MustCompile(`(?m)^\s*--- (PASS|FAIL|SKIP): \S+|^(PASS|FAIL)$|^panic: .*`)
	helpers = []string{"Test", "Benchmark", "Fuzz", "Example"}
)

// verdicts keeps what a test says about itself: which tests passed, in alphabetical order, since those that run in
// parallel end in any. What they log and how long they took is their own affair.
func verdicts(out []byte) []byte {
	kept := verdict.FindAll(out, -1)
	slices.SortFunc(kept, bytes.Compare)
	return append(bytes.Join(kept, []byte("\n")), '\n')
}

// sources lists a package's files: of those that have assembly in other builds, the ones for builds without.
func sources(dir string) (*build.Package, error) {
	here := build.Default
	here.BuildTags = append(here.BuildTags, "math_big_pure_go")
	return here.ImportDir(dir, 0)
}

// layoutTest writes a package with its tests as a program: the package and its inner tests, the outer ones beside
// it, and the main package that the go command would generate.
func layoutTest(dir, pkg, mod string) error {
	p, err := sources(dir)
	if err != nil {
		return err
	}
	if len(p.SFiles) > 0 {
		return fmt.Errorf("%s has assembly: %v", pkg, p.SFiles)
	}
	if pkg == rangefunc {
		p.GoFiles = nil
	}
	out := map[string][]byte{"go.mod": corpus.TestMod}
	inner, outer := path.Join(corpus.TestModule, pkg), path.Join(corpus.TestModule, pkg+"_test")
	copied := func(names []string, to string) ([]*ast.File, error) {
		var files []*ast.File
		for _, name := range names {
			if slices.Contains(leftOut[pkg], name) {
				continue
			}
			src, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				return nil, err
			}
			fset := token.NewFileSet()
			f, err := parser.ParseFile(fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				return nil, err
			}
			files = append(files, f)
			if src, err = corpus.ReplaceImports(fset, f, src, func(i string) string {
				if i == pkg {
					return inner
				}
				return i
			}); err != nil {
				return nil, err
			}
			out[path.Join(strings.TrimPrefix(to, corpus.TestModule+"/"), corpus.PlainName(name))] = withoutConstraints(src)
		}
		return files, nil
	}
	if _, err := copied(p.GoFiles, inner); err != nil {
		return err
	}
	in, err := copied(p.TestGoFiles, inner)
	if err != nil {
		return err
	}
	ext, err := copied(p.XTestGoFiles, outer)
	if err != nil {
		return err
	}
	out["main.go"] = testMain(inner, in, outer, ext)
	return corpus.WriteFiles(mod, out)
}

// withoutConstraints takes build constraints away, which were seen to, and leaves their lines.
func withoutConstraints(src []byte) []byte {
	header, rest, ok := strings.Cut(string(src), "\npackage ")
	if !ok {
		return src
	}
	lines := strings.Split(header, "\n")
	for i, l := range lines {
		if constraint.IsGoBuild(l) || constraint.IsPlusBuild(l) {
			lines[i] = ""
		}
	}
	return []byte(strings.Join(lines, "\n") + "\npackage " + rest)
}

// testMain is the main package of a test.
func testMain(inner string, in []*ast.File, outer string, ext []*ast.File) []byte {
	lists := map[string]*strings.Builder{}
	for _, h := range helpers {
		lists[h] = &strings.Builder{}
	}
	start := "os.Exit(m.Run())"
	used := map[string]bool{}
	for _, s := range []struct {
		name  string
		files []*ast.File
	}{{"inner", in}, {"outer", ext}} {
		for _, f := range s.files {
			for _, d := range f.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if !ok || fn.Recv != nil || len(fn.Type.Params.List) != 1 {
					continue
				}
				kind := entered(fn.Name.Name)
				switch {
				case fn.Name.Name == "TestMain":
					start = s.name + ".TestMain(m)\n\tos.Exit(int(reflect.ValueOf(m).Elem().FieldByName(\"exitCode\").Int()))"
				case kind == "Test" || kind == "Fuzz":
					fmt.Fprintf(lists[kind], "\t{%q, %s.%s},\n", fn.Name.Name, s.name, fn.Name.Name)
				default:
					continue
				}
				used[s.name] = true
			}
		}
		for _, e := range doc.Examples(s.files...) {
			if e.Output != "" || e.EmptyOutput {
				fmt.Fprintf(lists["Example"], "\t{%q, %s.Example%s, %q, %v},\n", "Example"+e.Name, s.name, e.Name, e.Output, e.Unordered)
				used[s.name] = true
			}
		}
	}
	name := func(n string) string {
		if used[n] {
			return n
		}
		return "_"
	}
	var b strings.Builder
	b.WriteString("package main\n\nimport (\n\t\"os\"\n\t\"reflect\"\n\t\"testing\"\n\t\"testing/internal/testdeps\"\n")
	if len(in) > 0 || inner != path.Join(corpus.TestModule, rangefunc) {
		fmt.Fprintf(&b, "\t%s %q\n", name("inner"), inner)
	}
	if len(ext) > 0 {
		fmt.Fprintf(&b, "\t%s %q\n", name("outer"), outer)
	}
	fmt.Fprintf(&b, ")\n\nvar _ = reflect.ValueOf\n\nvar tests = []testing.InternalTest{\n%s}\n\n", lists["Test"])
	fmt.Fprintf(&b, "var targets = []testing.InternalFuzzTarget{\n%s}\n\nvar examples = []testing.InternalExample{\n%s}\n\n", lists["Fuzz"], lists["Example"])
	fmt.Fprintf(&b, "func main() {\n\tm := testing.MainStart(testdeps.TestDeps{}, tests, nil, targets, examples)\n\t%s\n}\n", start)
	return []byte(b.String())
}

// entered is the prefix by which the go command takes a function for a test.
func entered(name string) string {
	i := slices.IndexFunc(helpers, func(h string) bool {
		rest, ok := strings.CutPrefix(name, h)
		return ok && (rest == "" || rest[0] < 'a' || rest[0] > 'z')
	})
	if i < 0 {
		return ""
	}
	return helpers[i]
}
