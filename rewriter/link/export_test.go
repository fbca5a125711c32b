package link

import "debug/elf"

// Bindings predicts where the dynamic linker binds the last file's relocated
// symbols: "name node" → path.
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
		if r.sym < 0 || last.syms[r.sym].Section == elf.SHN_UNDEF || last.node[r.sym] == "" {
			continue
		}
		name, node := last.syms[r.sym].Name, last.node[r.sym]
		bound[name+" "+node] = sc.lookup(name, node).in.path
	}
	return bound, nil
}
