// Package ledger holds what a release says about itself, so that the next one
// can be built against it from the binary or update file alone.
package ledger

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// Symbols says for everything two releases may share which release's node it
// carries. A node is a version name of the ELF symbol tables; the dynamic linker
// binds a symbol of a new module to the definition with the same name and node.
//
// The JSON form is deterministic: equal values give equal bytes.
type Symbols struct {
	Release string `json:"release"` // the user's name of the release
	Node    string `json:"node"`    // the node of what is new in this release
	// Nodes lists the nodes of the lineage, oldest first, this release's last.
	// Abandoned releases are not among them.
	Nodes    []string           `json:"nodes"`
	Packages map[string]Package `json:"packages"` // by import path; the standard library is not listed
	Types    map[string]Type    `json:"types"`    // by linker name, "import/path.Name" or "import/path.Name·3"
	Vars     map[string]Var     `json:"vars"`     // by linker name
	// Process is what every executable of the lineage that was linked so far defines
	// and exports under the first node: a slim.Set. An update leaves it out.
	Process []byte `json:"process,omitempty"`
}

// Package is one package outside the standard library.
type Package struct {
	Hash    string `json:"hash"`    // of every file the compiler, assembler or embedding reads
	First   string `json:"first"`   // node of the release that brought the package
	Changed string `json:"changed"` // node of the release that last compiled it, or what it depends on, differently
}

// Type is a named type; a function-local one is numbered as the compiler does.
type Type struct {
	Shape string `json:"shape"` // fingerprint of the structure, everything it reaches included; methods are not part of it
	Node  string `json:"node"`
	// Local is "function/ordinal" for a type declared in a function, else "".
	Local string `json:"local,omitempty"`
	// Past holds the shapes of earlier releases and their nodes: a structure
	// that comes back is the type it was, for the runtime compares structures.
	Past map[string]string `json:"past,omitempty"`
}

// Var is a package variable.
type Var struct {
	Shape string `json:"shape"` // fingerprint of its type
	Node  string `json:"node"`
	// Init is a fingerprint of what it begins with; "" in ledgers of earlier versions.
	Init string `json:"init,omitempty"`
}

// Age is the place of node in the lineage, 0 for the first release and -1 for a
// node that does not belong to it.
func (s *Symbols) Age(node string) int { return slices.Index(s.Nodes, node) }

// Recompiled reports whether the package differs from that of the lineage's
// first release. Such a package's code belongs to each module that carries it.
func (s *Symbols) Recompiled(path string) bool {
	p, ok := s.Packages[path]
	return ok && s.Age(p.Changed) != 0
}

// ChangesTypes reports whether s has not every type of the release before as it was, but
// for those that are generated.
func (s *Symbols) ChangesTypes(before *Symbols, generated func(name string) bool) bool {
	for name, t := range before.Types {
		if now, ok := s.Types[name]; (!ok || now.Node != t.Node) && !generated(name) {
			return true
		}
	}
	return false
}

// Encode gives the JSON form.
func (s *Symbols) Encode() ([]byte, error) {
	return json.Marshal(s)
}

// DecodeSymbols reads what Encode wrote, and checks that every node it mentions
// belongs to the lineage it lists.
func DecodeSymbols(data []byte) (*Symbols, error) {
	s := &Symbols{}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(s); err != nil {
		return nil, fmt.Errorf("ledger: symbols: %w", err)
	}
	if len(s.Nodes) == 0 || s.Nodes[len(s.Nodes)-1] != s.Node {
		return nil, fmt.Errorf("ledger: symbols: node %q is not the last of the lineage %q", s.Node, s.Nodes)
	}
	check := func(kind, name, node string) error {
		if s.Age(node) < 0 {
			return fmt.Errorf("ledger: symbols: %s %s carries node %q, which the lineage does not list", kind, name, node)
		}
		return nil
	}
	for name, p := range s.Packages {
		for _, node := range []string{p.First, p.Changed} {
			if err := check("package", name, node); err != nil {
				return nil, err
			}
		}
	}
	for name, t := range s.Types {
		if err := check("type", name, t.Node); err != nil {
			return nil, err
		}
		for _, node := range t.Past {
			if err := check("type", name, node); err != nil {
				return nil, err
			}
		}
	}
	for name, v := range s.Vars {
		if err := check("variable", name, v.Node); err != nil {
			return nil, err
		}
	}
	return s, nil
}
