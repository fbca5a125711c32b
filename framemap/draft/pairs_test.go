package draft_test

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"go/format"
	"go/types"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/upstarego/upstarego/framemap/check"
	"github.com/upstarego/upstarego/framemap/draft"
	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/internal/evolve"
	"github.com/upstarego/upstarego/internal/ledgertest"
	"github.com/upstarego/upstarego/internal/randprog"
	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/match"
)

var (
	pairsCount = flag.Int("pairs.count", 8, "how many pairs TestEvolvedPairs makes")
	pairsSeed  = flag.Uint64("pairs.seed", 1, "the first seed of changes")
	pairsShow  = flag.Bool("pairs.show", false, "show drafts and the answers to them")
)

// TestHandMadePairs: the releases in all archives of the repository that hold more than
// one, there and back.
func TestHandMadePairs(t *testing.T) {
	var files []string
	for _, pattern := range []string{"testdata/*.txtar", "../check/testdata/*.txtar", "../../testdata/live/*.txtar", "../../cmd/upstarego/testdata/script/*.txtar"} {
		l, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, l...)
	}
	seen := map[string]bool{}
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, names := range [][2]string{{"old", "new"}, {"r1", "r2"}, {"r2", "r3"}} {
			was, is := sources(a, names[0]), sources(a, names[1])
			id := fmt.Sprintf("%q %q", was, is)
			if len(was) == 0 || len(is) == 0 || seen[id] {
				continue
			}
			seen[id] = true
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar")+"/"+names[1], func(t *testing.T) {
				t.Parallel()
				o, err := describe(t, was)
				if err != nil {
					t.Fatal(err)
				}
				n, err := describe(t, is)
				if err != nil && names[1] == "r3" { // what it changes of the first
					n, err = describe(t, merged(sources(a, "r1"), is))
				}
				if err != nil {
					t.Fatal(err)
				}
				thereAndBack(t, o, n)
			})
		}
	}
	if len(seen) < 10 {
		t.Errorf("%d pairs of releases were found", len(seen))
	}
}

// sources are the files of one release in an archive, with those that all have in
// common; none if the archive has no such release, or one of several modules.
func sources(a *txtar.Archive, dir string) map[string][]byte {
	files := ledgertest.Under(a, dir)
	if len(files) == 0 {
		return nil
	}
	for name, text := range ledgertest.Under(a, "common") {
		if files[name] == nil {
			files[name] = text
		}
	}
	maps.DeleteFunc(files, func(name string, _ []byte) bool { return strings.HasPrefix(name, "upstare/") })
	for name := range files {
		if strings.HasSuffix(name, ".go") && !strings.Contains(name, "/") {
			return files
		}
	}
	return nil // several modules
}

func merged(files, over map[string][]byte) map[string][]byte {
	maps.Copy(files, over)
	return files
}

// TestEvolvedPairs changes programs of testdata/lang and random ones by what developers
// do to programs, each kind of change in turn, and takes the two there and back.
// make drafts makes more of them.
func TestEvolvedPairs(t *testing.T) {
	var programs []map[string]string
	names, err := filepath.Glob("../../testdata/lang/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		programs = append(programs, map[string]string{"main.go": string(text)})
		names[len(programs)-1] = strings.TrimSuffix(filepath.Base(name), ".go")
	}
	kinds := evolve.Kinds()
	for i := range *pairsCount {
		seed := *pairsSeed + uint64(i)
		kind := kinds[i%len(kinds)]
		t.Run(fmt.Sprintf("seed %d %s", seed, kind), func(t *testing.T) {
			t.Parallel()
			// Not every program has a place for every change, and some changes make
			// what the rewriter refuses.
			random := len(programs) / 8
			for _, k := range rand.New(rand.NewPCG(seed, 0)).Perm(len(programs) + random) {
				var program map[string]string
				name := "random"
				if k < len(programs) {
					program, name = programs[k], names[k]
				} else {
					program = formatted(randprog.Generate(seed + uint64(k)))
				}
				if evolved(t, name, program, kind, seed+uint64(k)<<20) {
					return
				}
			}
			t.Fatal("no program has a place for it")
		})
	}
}

// TestNamesAlone: a release that gives a local or a function another name has nothing to
// decide, there or back.
func TestNamesAlone(t *testing.T) {
	names, err := filepath.Glob("../../testdata/lang/*.go")
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(*pairsSeed, 1))
	for _, kind := range []string{"rename local", "rename function"} {
		for i, k := range r.Perm(len(names))[:min(len(names), *pairsCount/4)] {
			t.Run(fmt.Sprintf("%s in %s", kind, strings.TrimSuffix(filepath.Base(names[k]), ".go")), func(t *testing.T) {
				t.Parallel()
				text, err := os.ReadFile(names[k])
				if err != nil {
					t.Fatal(err)
				}
				program := map[string]string{"main.go": string(text)}
				next, what, ok := evolve.Next(program, kind, *pairsSeed+uint64(i))
				if !ok {
					return
				}
				a, err := describe(t, bytesOf(program))
				if err != nil {
					t.Fatal(err)
				}
				b, err := describe(t, bytesOf(next))
				if err != nil {
					t.Fatal(err)
				}
				for _, s := range [][2]*described{{a, b}, {b, a}} {
					is := *s[1].Release
					is.Number = 2
					text, err := draft.Write(check.Input{
						Old: s[0].Release, New: &is, Matches: match.Funcs(s[0].Release, &is),
						File: filepath.Join(s[1].dir, "upstare", "r2", "framemap.go"), Imports: s[1].imports,
					})
					if err != nil {
						t.Fatal(err)
					}
					if n := decides(t, []byte(cmp.Or(string(text), "package p"))); n > 0 {
						t.Errorf("%s: %d decisions are asked for:\n%s", what, n, text)
					}
				}
			})
		}
	}
}

// evolved changes a program and takes it to what it has become, and that back. It
// reports whether there is such a pair.
func evolved(t *testing.T, name string, program map[string]string, kind string, seed uint64) bool {
	next, what, ok := evolve.Next(program, kind, seed)
	if !ok {
		return false
	}
	kinds := evolve.Kinds()
	for more := seed % 3; more > 0; more-- { // some change in more places
		if further, also, ok := evolve.Next(next, kinds[mix(seed+more)%uint64(len(kinds))], seed); ok {
			next, what = further, what+"; "+also
		}
	}
	a, err := describe(t, bytesOf(program))
	if err != nil {
		t.Fatal(err)
	}
	b, err := describe(t, bytesOf(next))
	var diags diag.List
	if errors.As(err, &diags) && !slices.ContainsFunc(diags, func(d *diag.Diagnostic) bool { return !strings.HasPrefix(d.Code, refusals) }) {
		return false
	} else if err != nil {
		t.Fatal(err)
	}
	t.Log(name + ": " + what)
	thereAndBack(t, a, b)
	return true
}

// refusals begin the codes of what the rewriter does not take.
const refusals = "UP11"

func thereAndBack(t *testing.T, a, b *described) {
	t.Run("there", func(t *testing.T) { drafted(t, a, b) })
	t.Run("back", func(t *testing.T) { drafted(t, b, a) })
}

func formatted(files map[string]string) map[string]string {
	for name, text := range files {
		if out, err := format.Source([]byte(text)); err == nil {
			files[name] = string(out)
		}
	}
	return files
}

func mix(n uint64) uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, n)
	return h.Sum64() >> 8
}

func bytesOf(files map[string]string) map[string][]byte {
	m := map[string][]byte{}
	for name, text := range files {
		m[name] = []byte(text)
	}
	return m
}

// A described program is one release, as old or as new.
type described struct {
	*ledger.Release
	dir     string
	imports types.Importer
}

func describe(t *testing.T, files map[string][]byte) (*described, error) {
	dir := ledgertest.Write(t, files)
	r, p, err := ledgertest.Try(dir, 1)
	if err != nil {
		return nil, err
	}
	return &described{r, dir, check.NewImporter(check.ImporterConfig{Dir: dir, Known: p.Known()})}, nil
}

// drafted checks what must hold of every draft: it compiles but for the decisions it
// asks for, and nothing is wrong with it but these; when each has been made, somehow,
// the map is total, or drafting again asks for what has become open by them.
func drafted(t *testing.T, old, new *described) {
	next := *new.Release
	next.Number = 2
	for name, answer := range map[string]func(*answers){"nobody": nobody, "guessed": guessed} {
		in := check.Input{
			Old: old.Release, New: &next, Matches: match.Funcs(old.Release, &next),
			File: filepath.Join(new.dir, "upstare", "r2", "framemap.go"), Imports: new.imports,
		}
		for round := range 4 {
			text, err := draft.Write(in)
			if err != nil {
				t.Fatalf("%s, round %d: no draft: %v\n%s", name, round, err, in.Source)
			}
			in.Source = text
			rules, diags := check.Check(in)
			if rules == nil {
				t.Fatalf("%s, round %d: the draft does not compile: %v\n%s", name, round, diags.Err(), text)
			}
			diags = slices.DeleteFunc(diags, func(d *diag.Diagnostic) bool { return d.Code == diag.HandedOver }) // no map can answer that
			if len(diags) == 0 {
				if *pairsShow && name == "nobody" {
					t.Logf("total:\n%s", text)
				}
				break
			}
			if *pairsShow {
				t.Logf("%s:\n%s", name, text)
			}
			for _, d := range diags {
				if d.Code != diag.Undecided {
					t.Errorf("%s, round %d: besides decisions: %v\n%s", name, round, d, text)
				} else if !strings.Contains(d.What, "(") {
					t.Errorf("%s, round %d: it does not say what is to be decided: %v\n%s", name, round, d, text)
				}
			}
			if t.Failed() {
				return
			}
			if n := decides(t, text); n != len(diags) {
				t.Errorf("%s, round %d: %d decisions are asked for, %d reported\n%s", name, round, n, len(diags), text)
			}
			if round == 3 {
				t.Fatalf("%s: it goes on asking:\n%s", name, text)
			}
			a := newAnswers(t, in, text)
			answer(a)
			in.Source = a.text()
			if rules, diags = check.Check(in); rules == nil {
				t.Fatalf("%s, round %d: decided, it does not compile: %v\n%s", name, round, diags.Err(), in.Source)
			}
			for _, d := range diags {
				if d.Pos.Line == 0 || d.Do == "" {
					t.Errorf("%s: it does not say where, or what to do: %v", name, d)
				}
			}
			if name == "guessed" && slices.ContainsFunc(diags, func(d *diag.Diagnostic) bool { return !drawable(d) }) {
				break // a guess that was wrong, and is said to be
			}
		}
	}
}

// drawable says that a diagnostic of a decided map is one that another draft asks about.
func drawable(d *diag.Diagnostic) bool { return d.Code == diag.MissingLocal }
