package ledger

import "strings"

// Types are written in a notation of the ledger's own, so that mirrors can be
// printed and types compared without type-checking old sources again: Go syntax
// with every named type as ‹key›. Every key that is mentioned has a TypeDecl.

// A TypeDecl is a named type that own code or a frame mentions.
type TypeDecl struct {
	// Key is "import/path.Name". Types that no other package can name have keys
	// that are no such thing: those declared in functions ("p.f·T·1"), and
	// instances of generic types ("p.T[int]").
	Key  string `json:"key"`
	Pkg  string `json:"pkg,omitempty"`
	Name string `json:"name,omitempty"`
	Own  bool   `json:"own,omitempty"` // declared in an instrumented package
	Std  bool   `json:"std,omitempty"` // declared in the standard library
	// Open: own or exported, at package level, and not generic.
	Open bool `json:"open,omitempty"`

	Under   string      `json:"under,omitempty"`  // the underlying type; of own types only
	Fields  []TypeField `json:"fields,omitempty"` // of an own struct
	Methods []string    `json:"methods,omitempty"`
	Size    int64       `json:"size"`
	Align   int64       `json:"align"`
	// Shape is a hash of the structure of a foreign one, and of all foreign ones that it leads
	// to. Interface says what it is.
	Shape     string `json:"shape,omitempty"`
	Interface bool   `json:"interface,omitempty"`
	// Words has a letter for every word: p for a pointer, w for anything else.
	// What is left at the end are bytes without pointers.
	Words string `json:"words,omitempty"`
	File  string `json:"file,omitempty"` // import path + "/" + file name; of own types only
	Line  int    `json:"line,omitempty"`
}

// A TypeField is a field of a named struct type.
type TypeField struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	Embedded bool   `json:"embedded,omitempty"`
	Tag      string `json:"tag,omitempty"`
	Offset   int64  `json:"offset"`
	Size     int64  `json:"size"`
	Words    string `json:"words,omitempty"`
	Align    int64  `json:"align"`
	Line     int    `json:"line,omitempty"`

	// Birth is what every place in own code that makes such an object gives the field, if
	// they agree: BornZero, BornNew, BornMade with the size of a channel behind it, or a
	// constant (int64(3), "x", true). "": they do not, or it is something else.
	Birth string `json:"birth,omitempty"`
	// Set are the functions that give it something else, or may change what is made with it.
	Set []string `json:"set,omitempty"`
	// Pointed: something may have its address.
	Pointed bool `json:"pointed,omitempty"`
	// Fixed: there is nothing else in it than Birth, ever, in whatever object.
	Fixed bool `json:"fixed,omitempty"`
}

// What objects are made with, besides constants.
const (
	BornZero = "zero"
	BornNew  = "new"   // a variable for each, of zero value
	BornMade = "made " // a map or a channel for each
)

// A VarDecl is a package variable of an own package.
type VarDecl struct {
	Key  string `json:"key"` // "import/path.name"
	Type string `json:"type"`
	// Assigned: something besides its initialiser may change it, or what it holds.
	Assigned bool `json:"assigned,omitempty"`
	// Untaken: nobody ever has a pointer to it, or into it. Lent are the methods that alone
	// have one, and Lenders who calls them; none: it is not known.
	Untaken bool     `json:"untaken,omitempty"`
	Lent    []string `json:"lent,omitempty"`
	Lenders []string `json:"lenders,omitempty"`
	Init    string   `json:"init,omitempty"` // hash of the initialiser's text; "" if there is none
	Text    string   `json:"text,omitempty"` // the initialiser's first line
	File    string   `json:"file"`
	Line    int      `json:"line"`
}

// Type looks a type up; nil if the release does not mention it.
func (r *Release) Type(key string) *TypeDecl {
	for i := range r.Types {
		if r.Types[i].Key == key {
			return &r.Types[i]
		}
	}
	return nil
}

// Underlie enters for the variables of all frames what their types are without a name, if they
// are structs or pointers to structs that have one.
func (r *Release) Underlie() {
	structs := map[string]string{} // by what they are called in the ledger's notation
	for i := range r.Types {
		if t := &r.Types[i]; strings.HasPrefix(t.Under, "struct{") {
			structs["‹"+t.Key+"›"] = t.Under
		}
	}
	for i := range r.Funcs {
		for k := range r.Funcs[i].Frame {
			f := &r.Funcs[i].Frame[k]
			name, pointer := strings.CutPrefix(f.Type, "*")
			under := structs[name]
			if pointer && under != "" {
				under = "*" + under
			}
			if f.Under != under {
				f.Under = under
			}
		}
	}
}

// Func looks an instrumented function up, or returns nil.
func (r *Release) Func(key string) *Func {
	for i := range r.Funcs {
		if r.Funcs[i].Key == key {
			return &r.Funcs[i]
		}
	}
	return nil
}

// Refs are the keys that a type in the ledger's notation mentions.
func Refs(typ string) []string {
	var l []string
	for {
		_, rest, ok := strings.Cut(typ, "‹")
		if !ok {
			return l
		}
		key, rest, _ := strings.Cut(rest, "›")
		l = append(l, key)
		typ = rest
	}
}

// Plain is a type as a reader wants to see it: named types by package name.
func Plain(typ string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(typ, "‹")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		key, rest, _ := strings.Cut(rest, "›")
		b.WriteString(key[strings.LastIndexByte(key, '/')+1:])
		typ = rest
	}
}

// Var looks a package variable up, or returns nil.
func (r *Release) Var(key string) *VarDecl {
	for i := range r.Vars {
		if r.Vars[i].Key == key {
			return &r.Vars[i]
		}
	}
	return nil
}
