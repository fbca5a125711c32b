package ledger

import (
	"cmp"
	"reflect"
	"slices"
	"strings"

	"github.com/upstarego/upstarego/runtime/moved"
)

// Moved finds the instrumented packages of r that have another import path in the next
// release: each the one that has most of its names, and most of whose names it has, if there
// is one such alone.
func (r *Release) Moved(next *Release) moved.Paths {
	gone, fresh := others(r, next), others(next, r)
	if len(gone) == 0 || len(fresh) == 0 {
		return nil
	}
	was, is := r.names(), next.names()
	best := func(path string, among []string, names, theirs map[string]map[string]bool) string {
		found, most, one := "", 0, false
		for _, other := range among {
			n := 0
			for name := range names[path] {
				if theirs[other][name] {
					n++
				}
			}
			// Of equals, the one with more of its path.
			if n = n<<8 + alike(path, other); n > most {
				found, most, one = other, n, true
			} else if n == most {
				one = false
			}
		}
		if !one || 2*(most>>8) < len(names[path]) || most>>8 == 0 {
			return ""
		}
		return found
	}
	var p moved.Paths
	for _, old := range gone {
		if new := best(old, fresh, was, is); new != "" && best(new, gone, is, was) == old {
			if p == nil {
				p = moved.Paths{}
			}
			p[old] = new
		}
	}
	return p
}

// others are the packages that r has and the other release has not.
func others(r, other *Release) (l []string) {
	for _, pkg := range r.Own {
		if pkg != r.Main && !slices.Contains(other.Own, pkg) {
			l = append(l, pkg)
		}
	}
	return l
}

// names are what packages declare, without what stands inside of functions.
func (r *Release) names() map[string]map[string]bool {
	l := map[string]map[string]bool{}
	for _, pkg := range r.Own {
		l[pkg] = map[string]bool{}
	}
	add := func(file, key string) {
		pkg := file[:max(0, strings.LastIndexByte(file, '/'))]
		if name, ok := strings.CutPrefix(Generic(key), pkg+"."); ok && l[pkg] != nil && !strings.Contains(name, ".func") {
			l[pkg][name] = true
		}
	}
	for i := range r.Funcs {
		add(r.Funcs[i].File, r.Funcs[i].Key)
	}
	for i := range r.Leaves {
		add(r.Leaves[i].File, r.Leaves[i].Key)
	}
	for i := range r.Types {
		add(r.Types[i].File, r.Types[i].Key)
	}
	for i := range r.Vars {
		add(r.Vars[i].File, r.Vars[i].Key)
	}
	return l
}

// alike is how many elements two paths have in common at their ends.
func alike(a, b string) (n int) {
	p, q := strings.Split(a, "/"), strings.Split(b, "/")
	for n < min(len(p), len(q)) && p[len(p)-1-n] == q[len(q)-1-n] {
		n++
	}
	return min(n, 255)
}

// In is r with its packages at other paths: what frame maps call it, and what the next release
// is compared with. Symbols, sources and what is needed to build r stay as they are.
func (r *Release) In(p moved.Paths) *Release {
	if len(p) == 0 {
		return r
	}
	c := *r
	c.Paths, c.original = p, r
	for _, part := range []any{&c.Own, &c.Funcs, &c.Leaves, &c.Types, &c.Vars, &c.Mapped, &c.Begun, &c.Passes} {
		v := reflect.ValueOf(part).Elem()
		v.Set(renamed(v, p, ""))
	}
	slices.SortFunc(c.Types, func(a, b TypeDecl) int { return cmp.Compare(a.Key, b.Key) })
	slices.SortFunc(c.Vars, func(a, b VarDecl) int { return cmp.Compare(a.Key, b.Key) })
	return &c
}

// Original is the release as it is, if In has made r of it.
func (r *Release) Original() *Release {
	if r.original != nil {
		return r.original
	}
	return r
}

// Elsewhere reports whether the next release has a type in another package.
func (r *Release) Elsewhere(key string) bool { return r.Paths.Back().Key(key) != key }

// written are the fields that hold source text, or constants: what looks like a path there is
// none, or is spelt as it is whatever the package is called.
var written = map[string]bool{"Text": true, "What": true, "Form": true, "Path": true, "Cases": true, "Decl": true, "Role": true, "Part": true,
	"Callee": true, "Source": true, "Vars": true, "Init": true, "Birth": true, "Tag": true, "Hash": true}

// renamed is a copy of a value with other paths in all of its strings, but for those.
func renamed(v reflect.Value, p moved.Paths, field string) reflect.Value {
	switch v.Kind() {
	case reflect.String:
		s := v.String()
		if field == "File" {
			s = p.File(s)
		} else {
			s = p.Key(s)
		}
		return reflect.ValueOf(s).Convert(v.Type())
	case reflect.Slice:
		if v.IsNil() || v.Type().Elem().Kind() == reflect.Int {
			return v
		}
		c := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			c.Index(i).Set(renamed(v.Index(i), p, field))
		}
		return c
	case reflect.Map:
		if v.IsNil() {
			return v
		}
		c := reflect.MakeMapWithSize(v.Type(), v.Len())
		for m := v.MapRange(); m.Next(); {
			c.SetMapIndex(m.Key(), renamed(m.Value(), p, field))
		}
		return c
	case reflect.Struct:
		c := reflect.New(v.Type()).Elem()
		for i := range v.NumField() {
			if name := v.Type().Field(i).Name; written[name] {
				c.Field(i).Set(v.Field(i))
			} else {
				c.Field(i).Set(renamed(v.Field(i), p, name))
			}
		}
		return c
	}
	return v
}
