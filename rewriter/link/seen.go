package link

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/upstarego/upstarego/internal/cache"
)

// Seen is what was found in packages. The zero value is ready for use, by one Plan at a
// time of those that one go command compiles for: what it is about, an executable and its
// update have in common.
type Seen struct {
	found   map[string]*packageShapes // by key.source
	symbols map[string][]symbol       // by the name of the archive
}

// settled gives the zero value what it needs.
func (s *Seen) settled() *Seen {
	if s == nil {
		s = &Seen{}
	}
	if s.found == nil {
		s.found, s.symbols = map[string]*packageShapes{}, map[string][]symbol{}
	}
	return s
}

// A key stands for all that a package's shapes come from; "" is none.
type key struct {
	// source covers its source and that of all it imports but for the standard library,
	// which is one in all of a build.
	source string
	// lasting covers the standard library's archives as well, and this program, which
	// finds the shapes: it is good for other builds. What cgo and SWIG make comes from elsewhere.
	lasting string
}

// keys gives all packages theirs.
func (p *program) keys() map[*listed]key {
	keys, byPath := map[*listed]key{}, map[string]*listed{}
	tool := cache.Tool()
	for _, q := range p.pkgs { // what they import comes first
		byPath[q.ImportPath] = q
		if q.Standard {
			k := key{source: q.ImportPath}
			if name := filepath.Base(q.Export); contentNamed.MatchString(name) {
				k.lasting = name
			}
			keys[q] = k
			continue
		}
		source, lasting := sha256.New(), sha256.New()
		lasts := tool != "" && len(q.CompiledGoFiles) == len(q.GoFiles)
		hash, err := p.sourceHash(q)
		if err != nil {
			keys[q] = key{}
			continue
		}
		fmt.Fprintf(source, "%q %q %s\n", q.ImportPath, q.linkerPath(), hash)
		fmt.Fprintln(lasting, tool)
		known := true
		for _, imp := range q.Imports {
			if to, ok := q.ImportMap[imp]; ok {
				imp = to
			}
			d := byPath[imp]
			if d == nil {
				if imp != "C" && imp != "unsafe" {
					known = false
				}
				continue
			}
			k := keys[d]
			known, lasts = known && k.source != "", lasts && (k.lasting != "" || imp == "unsafe")
			fmt.Fprintf(source, "%q %s\n", imp, k.source)
			fmt.Fprintf(lasting, "%q %s\n", imp, k.lasting)
		}
		if !known {
			continue
		}
		k := key{source: hex.EncodeToString(source.Sum(nil))}
		if fmt.Fprintln(lasting, k.source); lasts {
			k.lasting = hex.EncodeToString(lasting.Sum(nil))
		}
		keys[q] = k
	}
	return keys
}

// shapesKind is where shapes are kept in the cache.
const shapesKind = "shapes"

// shapes are a package's, if they are known: nil if not.
func (s *Seen) shapes(k key) *packageShapes {
	if found := s.found[k.source]; found != nil && k.source != "" {
		return found
	}
	if k.lasting == "" {
		return nil
	}
	text, err := cache.Find(shapesKind, k.lasting)
	if err != nil {
		return nil
	}
	var found packageShapes
	if json.Unmarshal(text, &found) != nil || found.Types == nil || found.Vars == nil {
		return nil // of a disk that was full, or the like
	}
	s.found[k.source] = &found
	return &found
}

// keep notes a package's shapes. That they cannot be kept for other builds is no error: they can
// be found again.
func (s *Seen) keep(k key, found *packageShapes) {
	if k.source != "" {
		s.found[k.source] = found
	}
	if k.lasting == "" {
		return
	}
	if text, err := json.Marshal(found); err == nil {
		cache.Note(shapesKind, k.lasting, text)
	}
}
