// Package diag is how upstarego speaks to its user: every refusal and every
// failure is a Diagnostic that says where, what, why and what to do, under a
// code that stays the same over releases and that `upstarego explain` knows.
//
// A pass collects its diagnostics in a List and goes on as far as it can, so
// that one run shows everything there is to mend.
package diag

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/token"
	"io"
	"sort"
	"strings"
)

// A Diagnostic is one thing the user has to know or mend.
type Diagnostic struct {
	Code string         // one of the registry's codes
	Pos  token.Position // in the user's source; the zero Position when there is no place
	What string         // what is wrong
	Why  string         // why it cannot be
	Do   string         // what to do about it
}

// New makes a diagnostic. Any of pos, why and do may be empty.
func New(code string, pos token.Position, what, why, do string) *Diagnostic {
	return &Diagnostic{Code: code, Pos: pos, What: what, Why: why, Do: do}
}

// Error is the text form: `file:line:col: what: why; what to do [UP1012]`.
func (d *Diagnostic) Error() string {
	var b strings.Builder
	if d.Pos.IsValid() || d.Pos.Filename != "" {
		b.WriteString(d.Pos.String())
		b.WriteString(": ")
	}
	b.WriteString(d.What)
	if d.Why != "" {
		b.WriteString(": ")
		b.WriteString(d.Why)
	}
	if d.Do != "" {
		b.WriteString("; ")
		b.WriteString(d.Do)
	}
	if d.Code != "" {
		b.WriteString(" [" + d.Code + "]")
	}
	return b.String()
}

// MarshalJSON is the JSON form, shared by the command and the admin endpoint.
func (d *Diagnostic) MarshalJSON() ([]byte, error) {
	return json.Marshal(jsonDiagnostic{
		Code: d.Code, File: d.Pos.Filename, Line: d.Pos.Line, Col: d.Pos.Column,
		What: d.What, Why: d.Why, Do: d.Do,
	})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (d *Diagnostic) UnmarshalJSON(data []byte) error {
	var j jsonDiagnostic
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	*d = Diagnostic{
		Code: j.Code, Pos: token.Position{Filename: j.File, Line: j.Line, Column: j.Col},
		What: j.What, Why: j.Why, Do: j.Do,
	}
	return nil
}

type jsonDiagnostic struct {
	Code string `json:"code"`
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	Col  int    `json:"col,omitempty"`
	What string `json:"what"`
	Why  string `json:"why,omitempty"`
	Do   string `json:"do,omitempty"`
}

// A List is every diagnostic of one run. The zero List is empty and ready.
type List []*Diagnostic

// Add appends one diagnostic.
func (l *List) Add(code string, pos token.Position, what, why, do string) {
	*l = append(*l, New(code, pos, what, why, do))
}

// AddError takes an error into the list: a Diagnostic or a List as what it is,
// wrapped or not, anything else as one diagnostic with the given code.
func (l *List) AddError(code string, err error) {
	var d *Diagnostic
	var list List
	switch {
	case err == nil:
	case errors.As(err, &list):
		*l = append(*l, list...)
	case errors.As(err, &d):
		*l = append(*l, d)
	default:
		l.Add(code, token.Position{}, err.Error(), "", "")
	}
}

// Sort orders the list by file, line, column, code and text, and drops
// repetitions. Diagnostics without a place come first.
func (l *List) Sort() {
	s := *l
	sort.SliceStable(s, func(i, j int) bool { return less(s[i], s[j]) })
	kept := s[:0]
	for i, d := range s {
		if i == 0 || *d != *kept[len(kept)-1] {
			kept = append(kept, d)
		}
	}
	*l = kept
}

func less(a, b *Diagnostic) bool {
	switch {
	case a.Pos.Filename != b.Pos.Filename:
		return a.Pos.Filename < b.Pos.Filename
	case a.Pos.Line != b.Pos.Line:
		return a.Pos.Line < b.Pos.Line
	case a.Pos.Column != b.Pos.Column:
		return a.Pos.Column < b.Pos.Column
	case a.Code != b.Code:
		return a.Code < b.Code
	}
	return a.What < b.What
}

// Err is nil for an empty list and the sorted list otherwise.
func (l List) Err() error {
	if len(l) == 0 {
		return nil
	}
	l.Sort()
	return l
}

// Error is the text of all diagnostics, one a line.
func (l List) Error() string {
	lines := make([]string, len(l))
	for i, d := range l {
		lines[i] = d.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives errors.As and errors.Is each diagnostic.
func (l List) Unwrap() []error {
	errs := make([]error, len(l))
	for i, d := range l {
		errs[i] = d
	}
	return errs
}

// Has reports whether err is or holds a diagnostic with the code.
func Has(err error, code string) bool {
	var l List
	l.AddError("", err)
	for _, d := range l {
		if d.Code == code {
			return true
		}
	}
	return false
}

// WriteText writes any error as text, one diagnostic a line.
func WriteText(w io.Writer, err error) { fmt.Fprintln(w, err) }

// WriteJSON writes any error as one JSON array of diagnostics.
func WriteJSON(w io.Writer, err error) error {
	l := List{}
	l.AddError("", err)
	enc := json.NewEncoder(w)
	enc.SetIndent("", "\t")
	return enc.Encode(l)
}
