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
	refuse := func(what, why, do string) { c.bad(diag.WrongPath, r.at, what, why, do) }
	o := c.Old.Type(c.oldKey(key))
	if o == nil || !structural(o) {
		refuse(fmt.Sprintf("%s was no struct", key), "it has no fields to begin with", "set the field in framemap.Type")
		return
	}
	names := strings.Split(r.path, ".")
	typ := "‹" + o.Key + "›"
	shared := false // part of another object
	for i, name := range names {
		inner, pointer := strings.CutPrefix(typ, "*")
		t := c.Old.Type(strings.TrimSuffix(strings.TrimPrefix(inner, "‹"), "›"))
		if !strings.HasPrefix(inner, "‹") || t == nil || !t.Own || !structural(t) {
			refuse(fmt.Sprintf("%s of %s is a %s, which has no fields that can be followed", strings.Join(names[:i], "."), o.Key, ledger.Plain(typ)),
				"a path goes through structs of the program's own, and pointers to them", "set the field in framemap.Type")
			return
		}
		if i > 0 && pointer {
			shared = true
			if n := c.New.Type(t.Key); n != nil && c.renames()[t.Key] == "" && !c.affected(t.Key) {
				refuse(fmt.Sprintf("%s of %s leads by a %s", strings.Join(names[:i], "."), o.Key, ledger.Plain("‹"+t.Key+"›")),
					"the update does not change that type, so its objects are the new release's as well: who comes back late would not find what was there", "set the field in framemap.Type")
				return
			}
		}
		f := fieldOf(t, name)
		if f == nil {
			c.bad(diag.UnknownKey, r.at, fmt.Sprintf("%s has no field %s in %s", t.Key, name, c.Old), "", "mend the path, or take the rule out")
			return
		}
		typ = f.Type
	}
	to := fieldOf(c.New.Type(key), field)
	if rename(typ, c.renames()) != to.Type {
		refuse(fmt.Sprintf("field %s of %s is a %s, and %s is a %s", field, key, ledger.Plain(to.Type), r.path, ledger.Plain(typ)), "one does not become the other", "set the field in framemap.Type")
		return
	}
	if shared && c.part(typ) {
		refuse(fmt.Sprintf("%s is a %s that is part of another object", r.path, ledger.Plain(typ)), "there would be two of it", "set the field in framemap.Type")
	}
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
	for key, fields := range c.rules.leadsTo {
		for _, r := range fields {
			t := c.Old.Type(c.oldKey(key))
			names := strings.Split(r.path, ".")
			for _, name := range names[:len(names)-1] {
				f := fieldOf(t, name)
				if f == nil {
					break
				}
				inner, pointer := strings.CutPrefix(f.Type, "*")
				if t = c.Old.Type(strings.TrimSuffix(strings.TrimPrefix(inner, "‹"), "›")); t == nil || !strings.HasPrefix(inner, "‹") {
					break
				}
				if pointer && t.Own && structural(t) && (c.New.Type(t.Key) != nil || c.renames()[t.Key] != "") {
					keys = append(keys, t.Key)
				}
			}
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
