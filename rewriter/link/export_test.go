package link

import (
	"debug/elf"
	"strings"
)

// Bindings predicts where the dynamic linker binds the last file's relocated
// symbols: "name node" → path. What is left out has no node.
func Bindings(paths []string) (map[string]string, error) {
	var sc scope
	for _, p := range paths {
		m, err := openImage(p)
		if err != nil {
			return nil, err
		}
		sc = append(sc, m)
	}
	last := sc[len(sc)-1]
	bound := map[string]string{}
	for _, r := range last.relocs {
		if r.sym >= 0 && last.syms[r.sym].Section == elf.SHN_UNDEF && strings.ContainsAny(last.syms[r.sym].Name, ".:") {
			if to := sc.lookupAny(last.syms[r.sym].Name); to.in != nil {
				bound[last.syms[r.sym].Name+" "] = to.in.path
			}
		}
		if r.sym < 0 || last.syms[r.sym].Section == elf.SHN_UNDEF || last.node[r.sym] == "" {
			continue
		}
		name, node := last.syms[r.sym].Name, last.node[r.sym]
		bound[name+" "+node] = sc.lookup(name, node).in.path
	}
	return bound, nil
}

// Defined are the names of the dynamic symbols that a file defines.
func Defined(path string) (map[string]bool, error) {
	m, err := openImage(path)
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for n := range m.defs {
		names[n] = true
	}
	return names, nil
}

// Mangle is what a symbol is called in the finished file.
var Mangle = mangle
