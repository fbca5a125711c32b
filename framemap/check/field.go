package check

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"

	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/rewriter/ledger"
)

// A leadRule is one framemap.Field: a field of a new type has what a path of old ones leads to.
type leadRule struct {
	at   token.Pos
	path string
}

// fieldRule reads a framemap.Field.
func (c *checker) fieldRule(call *ast.CallExpr) {
	key, ok1 := c.key(call.Args[1], c.New.Type, "type", true)
	field, ok2 := c.text(call.Args[2])
	path, ok3 := c.text(call.Args[3])
	if !ok1 || !ok2 || !ok3 {
		return
	}
	if fieldOf(c.New.Type(key), field) == nil {
		c.bad(diag.UnknownKey, call.Args[2].Pos(), fmt.Sprintf("%s has no field %s in the new release", key, field), "", "mend the name, or take the rule out")
		return
	}
	if c.rules.leadsTo[key] == nil {
		c.rules.leadsTo[key] = map[string]leadRule{}
	}
	if _, twice := c.rules.leadsTo[key][field]; twice || c.rules.zero[key][field] {
		c.bad(diag.MappedTwice, call.Pos(), fmt.Sprintf("field %s of %s is given a value twice", field, key), "", "keep one")
		return
	}
	c.rules.leadsTo[key][field] = leadRule{call.Pos(), path}
	c.made = append(c.made, func() { c.follow(key, field, c.rules.leadsTo[key][field]) }) // depends on other rules
}

// follow looks at a path: whether it leads to what the field is to hold, by objects that are what
// they were whenever a goroutine comes back.
func (c *checker) follow(key, field string, r leadRule) {
	const do = "set the field in framemap.Type"
	o := c.Old.Type(c.oldKey(key))
	if o == nil || !structural(o) {
		c.bad(diag.WrongPath, r.at, fmt.Sprintf("%s was no struct", key), "it has no fields to begin with", do)
		return
	}
	p := route{at: r.at, of: o.Key, begin: "‹" + o.Key + "›", names: strings.Split(r.path, "."), do: do}
	c.routes = append(c.routes, p)
	typ, ok := c.end(&p)
	to := fieldOf(c.New.Type(key), field)
	if ok && rename(typ, c.renames()) != to.Type {
		c.bad(diag.WrongPath, r.at, fmt.Sprintf("field %s of %s is a %s, and %s is a %s", field, key, ledger.Plain(to.Type), r.path, ledger.Plain(typ)), "one does not become the other", do)
	}
}

// A route leads from a value of the old release to another one, by names of fields.
type route struct {
	at    token.Pos
	of    string // what it begins in
	root  string // the local that it begins with, or ""
	begin string // the type of what its first name is a field of
	names []string
	do    string // if it is no good
}

func (p *route) text(n int) string {
	return strings.TrimPrefix(strings.Join(append([]string{p.root}, p.names[:n]...), "."), ".")
}

// end is the type of what lies at the end of a route.
func (c *checker) end(p *route) (typ string, ok bool) {
	refuse := func(what, why string) { c.bad(diag.WrongPath, p.at, what, why, p.do) }
	typ = p.begin
	shared := false // part of another object
	for i, name := range p.names {
		inner, pointer := strings.CutPrefix(typ, "*")
		t := c.Old.Type(key(inner))
		if t == nil || !t.Own || !structural(t) {
			refuse(fmt.Sprintf("%s of %s is a %s, which has no fields that can be followed", p.text(i), p.of, ledger.Plain(typ)),
				"a path goes through structs of the program's own, and pointers to them")
			return "", false
		}
		if pointer {
			shared = true
			if n := c.New.Type(t.Key); n != nil && c.renames()[t.Key] == "" && !c.affected(t.Key) {
				refuse(fmt.Sprintf("%s of %s leads by a %s", p.text(i), p.of, ledger.Plain("‹"+t.Key+"›")),
					"the update does not change that type, so its objects are the new release's as well: who comes back late would not find what was there")
				return "", false
			}
		}
		f := fieldOf(t, name)
		if f == nil {
			c.bad(diag.UnknownKey, p.at, fmt.Sprintf("%s has no field %s in %s", t.Key, name, c.Old), "", "mend the path, or take the rule out")
			return "", false
		}
		typ = f.Type
	}
	if shared && c.part(typ) {
		refuse(fmt.Sprintf("%s is a %s that is part of another object", p.text(len(p.names)), ledger.Plain(typ)), "there would be two of it")
		return "", false
	}
	return typ, true
}

// oldKey is the old key of a new type.
func (c *checker) oldKey(key string) string {
	if r := c.rules.types[key]; r != nil {
		return r.old
	}
	return key
}

// part reports whether values of a type may be objects by themselves: structs, arrays, and what
// cannot be told.
func (c *checker) part(typ string) bool {
	if strings.HasPrefix(typ, "[") && !strings.HasPrefix(typ, "[]") || strings.HasPrefix(typ, "struct{") {
		return true
	}
	key, named := strings.CutPrefix(typ, "‹")
	if !named || !strings.HasSuffix(key, "›") {
		return false
	}
	t := c.Old.Type(strings.TrimSuffix(key, "›"))
	return t == nil || !t.Interface && (t.Under == "" || c.part(t.Under))
}

// affected reports whether the update changes a type, or one that it mentions.
func (c *checker) affected(key string) bool {
	changed := map[string]bool{}
	for _, t := range Changes(c.Old, c.New, c.renames()) {
		changed[t.Old.Key] = true
	}
	for new, r := range c.rules.types {
		changed[r.old] = changed[r.old] || r.old != new
	}
	seen := map[string]bool{}
	var reaches func(key string) bool
	reaches = func(key string) bool {
		if changed[key] {
			return true
		}
		t := c.Old.Type(key)
		if seen[key] || t == nil || !t.Own {
			return false
		}
		seen[key] = true
		return c.New.Type(key) == nil || slices.ContainsFunc(ledger.Refs(t.Under), reaches)
	}
	return reaches(key)
}

// between are the old types, by key, whose objects paths go by: they move.
func (c *checker) between() (keys []string) {
	for _, p := range c.routes {
		typ := p.begin
		for _, name := range p.names {
			inner, pointer := strings.CutPrefix(typ, "*")
			t := c.Old.Type(key(inner))
			if t == nil {
				break
			}
			if pointer && t.Own && structural(t) && (c.New.Type(t.Key) != nil || c.renames()[t.Key] != "") {
				keys = append(keys, t.Key)
			}
			f := fieldOf(t, name)
			if f == nil {
				break
			}
			typ = f.Type
		}
	}
	return keys
}

func fieldOf(t *ledger.TypeDecl, name string) *ledger.TypeField {
	if t == nil {
		return nil
	}
	for i := range t.Fields {
		if t.Fields[i].Name == name {
			return &t.Fields[i]
		}
	}
	return nil
}
