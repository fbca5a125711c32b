package link

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// listed is a package as `go list` reports it.
type listed struct {
	ImportPath, Name, Dir, Export string
	Standard                      bool
	CompiledGoFiles               []string
	GoFiles, CgoFiles             []string
	CFiles, CXXFiles, MFiles      []string
	HFiles, SFiles, SysoFiles     []string
	EmbedFiles                    []string
	Imports                       []string
	ImportMap                     map[string]string

	program bool // the main package of an executable, which the linker calls main
}

// linkerPath is what stands before the dot in the package's symbols.
func (q *listed) linkerPath() string {
	if q.program {
		return "main"
	}
	return prefix(q.ImportPath)
}

const listFields = "ImportPath,Name,Dir,Export,Standard,CompiledGoFiles,GoFiles,CgoFiles,CFiles,CXXFiles,MFiles,HFiles,SFiles,SysoFiles,EmbedFiles,Imports,ImportMap"

// program is everything the link will see: the packages in dependency order,
// compiled, and the overlay they were compiled with.
type program struct {
	in      Input
	pkgs    []*listed
	root    *listed
	overlay map[string]string

	hashes   map[*listed]string // see sourceHash
	listedAs string             // what root was listed as, if it is linked with another import path
}

func (in Input) goCommand(args ...string) ([]byte, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Env = in.Dir, in.Env
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		text := strings.TrimSpace(stderr.String())
		if text == "" {
			text = err.Error()
		}
		return nil, fmt.Errorf("link: go %s: %s", args[0], text)
	}
	return out, nil
}

// list compiles the packages, for only the compiled archives tell which symbols
// the linker will meet.
func list(in Input) (*program, error) {
	args := []string{"list", "-export", "-compiled", "-deps", "-json=" + listFields}
	mode := false
	p := &program{in: in, overlay: map[string]string{}, hashes: map[*listed]string{}}
	for i := 0; i < len(in.Flags); i++ {
		f := in.Flags[i]
		name, value, has := strings.Cut(strings.TrimLeft(f, "-"), "=")
		switch name {
		case "ldflags":
			// of no use to list
			if !has {
				i++
			}
			continue
		case "buildmode":
			mode = true
		case "overlay":
			if !has && i+1 < len(in.Flags) {
				value = in.Flags[i+1]
			}
			if err := p.readOverlay(value); err != nil {
				return nil, err
			}
		}
		args = append(args, f)
	}
	if in.Update && !mode {
		args = append(args, "-buildmode=plugin")
	}
	out, err := in.goCommand(append(args, "--", in.Main)...)
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(out))
	for {
		q := &listed{}
		if err := dec.Decode(q); errors.Is(err, io.EOF) {
			if p.root == nil || p.root.Name != "main" {
				return nil, fmt.Errorf("link: %s is not a main package", in.Main)
			}
			p.root.program = !in.Update
			return p, nil
		} else if err != nil {
			return nil, fmt.Errorf("link: go list: %w", err)
		}
		p.root = q // go list -deps ends with the package that was named
		p.pkgs = append(p.pkgs, q)
	}
}

func (p *program) readOverlay(file string) error {
	if file == "" {
		return nil
	}
	if !filepath.IsAbs(file) {
		file = filepath.Join(p.in.Dir, file)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("link: overlay: %w", err)
	}
	var o struct{ Replace map[string]string }
	if err := json.Unmarshal(data, &o); err != nil {
		return fmt.Errorf("link: overlay %s: %w", file, err)
	}
	for from, to := range o.Replace {
		if !filepath.IsAbs(from) {
			from = filepath.Join(p.in.Dir, from)
		}
		if to != "" && !filepath.IsAbs(to) {
			to = filepath.Join(p.in.Dir, to)
		}
		p.overlay[filepath.Clean(from)] = to
	}
	return nil
}

// read gives what the compiler reads under the name.
func (p *program) read(path string) ([]byte, error) {
	if to, ok := p.overlay[filepath.Clean(path)]; ok {
		path = to
	}
	return os.ReadFile(path)
}

// sourceHash covers every file that goes into the package, and not where it
// lies: two checkouts of one release are one release.
func (p *program) sourceHash(q *listed) (string, error) {
	if h, ok := p.hashes[q]; ok {
		return h, nil
	}
	h := sha256.New()
	for _, kind := range [][]string{q.GoFiles, q.CgoFiles, q.CFiles, q.CXXFiles, q.MFiles, q.HFiles, q.SFiles, q.SysoFiles, q.EmbedFiles} {
		fmt.Fprintf(h, "%d files\n", len(kind))
		for _, f := range kind {
			data, err := p.read(filepath.Join(q.Dir, f))
			if err != nil {
				return "", fmt.Errorf("link: package %s: %w", q.ImportPath, err)
			}
			fmt.Fprintf(h, "%s %d\n", f, len(data))
			h.Write(data)
		}
	}
	p.hashes[q] = hex.EncodeToString(h.Sum(nil)[:16])
	return p.hashes[q], nil
}

// symbol is a name of a compiled archive.
type symbol struct {
	name string
	text bool
	anew bool // in an archive of a package that each release has of its own
}

// archiveSymbols lists the package-scope symbols of the archives of all packages
// outside the standard library. The standard library's own mention no other
// package's types.
func (p *program) archiveSymbols(anew func(*listed) bool) ([]symbol, error) {
	var all []symbol
	seen := map[symbol]bool{}
	found := p.in.Seen.settled().symbols
	for _, q := range p.pkgs {
		if q.Standard || q.Export == "" {
			continue
		}
		syms, ok := found[q.Export]
		if !ok {
			var err error
			if syms, err = symbolsOf(q.Export); err != nil {
				return nil, err
			}
			if contentNamed.MatchString(filepath.Base(q.Export)) {
				found[q.Export] = syms
			}
		}
		for _, s := range syms {
			if s.anew = anew(q); q == p.root && p.listedAs != "" {
				s.name = strings.ReplaceAll(s.name, prefix(p.listedAs), q.linkerPath())
			}
			if !seen[s] {
				seen[s] = true
				all = append(all, s)
			}
		}
	}
	return all, nil
}

// symbolsOf lists the symbols of one archive.
func symbolsOf(archive string) ([]symbol, error) {
	data, err := os.ReadFile(archive)
	if err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	syms, err := definitions(data)
	if err != nil {
		return nil, fmt.Errorf("link: %s: %w", archive, err)
	}
	return syms, nil
}

// contentNamed is a file of the go command's cache, which is named after what is in it.
var contentNamed = regexp.MustCompile(`^[0-9a-f]{64}-d$`)
