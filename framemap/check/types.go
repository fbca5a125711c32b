package check

import (
	"strings"

	"github.com/upstarego/upstarego/rewriter/ledger"
)

// A Change is a type of the program's own that is not what it was.
type Change struct {
	Old, New *ledger.TypeDecl
	// Whole: there are no fields that could be carried over one by one.
	Whole bool
	// Carried, Needs and Gone are the fields that are carried over, those of the
	// new type that have no value by themselves, and the old ones that are lost.
	Carried []string
	Needs   []FieldChange
	Gone    []FieldChange
}

// A FieldChange is a field that is new, gone, or of another type.
type FieldChange struct {
	Name, Type string
	Was        string // the old type, if it had one
	Line       int
	Kept       bool // it would be carried back as it is, and the way there made something of it
}

// Changes lists the changed types. renamed says which old key became which new
// one besides itself.
func Changes(old, new *ledger.Release, renamed map[string]string) []Change {
	from := map[string]string{}
	for o, n := range renamed {
		from[n] = o
	}
	var l []Change
	for i := range new.Types {
		n := &new.Types[i]
		if !n.Own {
			continue
		}
		key := n.Key
		if o := from[key]; o != "" {
			key = o
		}
		o := old.Type(key)
		if o == nil || rename(o.Under, renamed) == n.Under && sameTags(o, n) {
			continue
		}
		c := Change{Old: o, New: n}
		switch {
		case o.Fields == nil || n.Fields == nil:
			if strings.HasPrefix(o.Under, "interface{") && strings.HasPrefix(n.Under, "interface{") {
				continue // what it holds keeps its type; its method table is looked up again
			}
			if !(emptyStruct(o) || emptyStruct(n)) || !structural(o) || !structural(n) {
				c.Whole = true
			}
		}
		if !c.Whole {
			c.compare(renamed)
		}
		l = append(l, c)
	}
	return l
}

func structural(t *ledger.TypeDecl) bool  { return strings.HasPrefix(t.Under, "struct{") }
func emptyStruct(t *ledger.TypeDecl) bool { return t.Under == "struct{}" }

func sameTags(o, n *ledger.TypeDecl) bool {
	for i := range n.Fields {
		if i < len(o.Fields) && (o.Fields[i].Tag != n.Fields[i].Tag || o.Fields[i].Embedded != n.Fields[i].Embedded) {
			return false
		}
	}
	return true
}

func (c *Change) compare(renamed map[string]string) {
	old := map[string]ledger.TypeField{}
	for _, f := range c.Old.Fields {
		old[f.Name] = f
	}
	for _, f := range c.New.Fields {
		o, ok := old[f.Name]
		switch {
		case f.Name == "_":
		case !ok:
			c.Needs = append(c.Needs, FieldChange{Name: f.Name, Type: f.Type, Line: f.Line})
		case rename(o.Type, renamed) != f.Type:
			c.Needs = append(c.Needs, FieldChange{Name: f.Name, Type: f.Type, Was: o.Type, Line: f.Line})
		default:
			c.Carried = append(c.Carried, f.Name)
		}
		delete(old, f.Name)
	}
	for _, f := range c.Old.Fields {
		if _, gone := old[f.Name]; gone && f.Name != "_" {
			c.Gone = append(c.Gone, FieldChange{Name: f.Name, Type: f.Type, Line: f.Line})
		}
	}
}

// rename puts new keys into a type of the old release.
func rename(typ string, renamed map[string]string) string {
	for o, n := range renamed {
		typ = strings.ReplaceAll(typ, "‹"+o+"›", "‹"+n+"›")
	}
	return typ
}
