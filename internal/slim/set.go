package slim

import (
	"crypto/sha256"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A Set holds names, as hashes of 40 bits. A name that is not in it is taken for
// one that is once in some tens of millions: what follows is an update that the
// process refuses, for it lacks the symbol.
type Set struct{ hashes []uint64 } // sorted

const hashBits = 40

func hashOf(name string) uint64 {
	sum := sha256.Sum256([]byte(name))
	return binary.LittleEndian.Uint64(sum[:]) & (1<<hashBits - 1)
}

// SetOf makes a set.
func SetOf(names []string) *Set {
	s := &Set{}
	for _, n := range names {
		s.hashes = append(s.hashes, hashOf(n))
	}
	slices.Sort(s.hashes)
	s.hashes = slices.Compact(s.hashes)
	return s
}

// Has reports whether the name is in the set.
func (s *Set) Has(name string) bool {
	_, ok := slices.BinarySearch(s.hashes, hashOf(name))
	return ok
}

// Len is the number of names.
func (s *Set) Len() int { return len(s.hashes) }

// And is what both have.
func (s *Set) And(t *Set) *Set {
	both := &Set{}
	for _, h := range s.hashes {
		if _, ok := slices.BinarySearch(t.hashes, h); ok {
			both.hashes = append(both.hashes, h)
		}
	}
	return both
}

// Or is what one of them has.
func (s *Set) Or(t *Set) *Set {
	all := slices.Concat(s.hashes, t.hashes)
	slices.Sort(all)
	return &Set{slices.Compact(all)}
}

// Encode gives the differences between the hashes, as varints.
func (s *Set) Encode() []byte {
	var b []byte
	last := uint64(0)
	for _, h := range s.hashes {
		b = binary.AppendUvarint(b, h-last)
		last = h
	}
	return b
}

// Decode reads what Encode wrote.
func Decode(b []byte) (*Set, error) {
	s := &Set{}
	last := uint64(0)
	for len(b) > 0 {
		d, n := binary.Uvarint(b)
		if n <= 0 || d >= 1<<hashBits || last+d >= 1<<hashBits || d == 0 && len(s.hashes) > 0 {
			return nil, errors.New("slim: the list of what the executable has cannot be read")
		}
		b, last = b[n:], last+d
		s.hashes = append(s.hashes, last)
	}
	return s, nil
}

// Exported are the functions, types, itabs and function values that an executable's dynamic symbols define
// under the node that they have had from the first release of the lineage on.
func Exported(path, node string) (*Set, error) {
	f, err := elf.Open(path)
	if err != nil {
		return nil, fmt.Errorf("slim: %w", err)
	}
	defer f.Close()
	syms, err := f.DynamicSymbols()
	if err != nil {
		return nil, fmt.Errorf("slim: %s: dynamic symbols: %w", path, err)
	}
	nodes := map[uint16]string{}
	defs, err := f.DynamicVersions()
	if err != nil {
		return nil, fmt.Errorf("slim: %s: versions: %w", path, err)
	}
	for _, d := range defs {
		nodes[d.Index] = d.Name
	}
	var names []string
	for _, s := range syms {
		if s.Section == elf.SHN_UNDEF || !s.HasVersion || nodes[s.VersionIndex.Index()] != node {
			continue
		}
		if elf.ST_TYPE(s.Info) == elf.STT_FUNC && isGo(s.Name) || isShareable(s.Name) {
			names = append(names, s.Name)
		}
	}
	return SetOf(names), nil
}

// isGo tells Go's symbols from C's, which hold none of these.
func isGo(name string) bool { return strings.ContainsAny(name, ".:") }
