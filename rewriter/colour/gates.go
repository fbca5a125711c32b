package colour

import (
	"go/types"
	"strings"
)

// gates decides how functions are entered from outside.
func gates(r *resolver) {
	x := r.x
	for _, f := range x.funcs {
		if f.body == nil {
			continue
		}
		for _, u := range f.taken {
			if u.arg != nil && u.arg.verdict == back && u.arg.unknown == "" && !f.pausable && contains(u.arg.backs, f) {
				continue // called and forgotten before the call returns
			}
			f.gate = Full
		}
		if f.obj != nil && f.obj.Exported() && recvType(f.obj) != nil {
			f.gate = Full
		}
		if f.obj != nil && f.obj.Name() == "main" && f.pkg == x.prog.Main && recvType(f.obj) == nil {
			f.gate = Full
		}
	}
	for _, c := range x.calls {
		if c.manner == started {
			for _, g := range c.own {
				g.gate = Full
			}
		}
	}
	for _, f := range linknamed(x) {
		f.gate = Full
	}
}

// linknamed are the functions that a go:linkname directive names: anything may
// call them.
func linknamed(x *index) (fs []*function) {
	for _, pkg := range x.prog.Own {
		for _, file := range pkg.Syntax {
			for _, g := range file.Comments {
				for _, c := range g.List {
					rest, ok := strings.CutPrefix(c.Text, "//go:linkname ")
					if !ok {
						continue
					}
					name, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
					if obj, ok := pkg.Types.Scope().Lookup(name).(*types.Func); ok {
						if f := x.byObj[obj]; f != nil {
							fs = append(fs, f)
						}
					}
				}
			}
		}
	}
	return fs
}

func contains[T comparable](s []T, v T) bool {
	for _, e := range s {
		if e == v {
			return true
		}
	}
	return false
}
