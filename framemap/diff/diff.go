// Package diff shows what a release changes in the terms of the frame map: functions
// and their points, frames and their locals, types, variables, goroutines; what is
// carried over by itself and why, what has to be decided, what framemap.go says.
//
// It decides nothing: what it shows is what packages match and check have found.
package diff

import (
	"path"
	"strings"

	"github.com/upstarego/upstarego/framemap/check"
	"github.com/upstarego/upstarego/internal/diag"
)

// A Report is one step of a lineage. Its lists leave out what did not change, which is
// counted.
type Report struct {
	Program string `json:"program"` // import path
	Old     int    `json:"old"`     // releases
	New     int    `json:"new"`
	Map     string `json:"map,omitempty"` // the framemap.go that was read, if there is one

	Same struct {
		Functions int `json:"functions"`
		Types     int `json:"types"`
		Variables int `json:"variables"`
	} `json:"same"`
	Functions  []Function  `json:"functions"`
	Types      []Type      `json:"types"`
	Variables  []Variable  `json:"variables"`
	Goroutines []Goroutine `json:"goroutines"` // that only a program has that is started anew

	// Decisions are what is left to say, as upstarego framemap lists it.
	Decisions []*diag.Diagnostic `json:"decisions"`
}

// What became of a function, a type or a variable.
const (
	Changed  = "changed"
	Moved    = "moved"    // to another file or package
	Renamed  = "renamed"  // it has another key
	Affected = "affected" // a type that is written as before, and leads to one that changed
	Gone     = "gone"
	New      = "new"
	Anew     = "starts anew" // a variable that takes its new initial value
	Carried  = "carried"     // a variable that keeps its value although its declaration changed
)

// A Place is a line of a release's sources.
type Place struct {
	File string `json:"file"` // import path + "/" + file name
	Line int    `json:"line"`
	Text string `json:"text,omitempty"`
}

func (p *Place) String() string {
	if p == nil {
		return ""
	}
	return path.Base(p.File)
}

// Of compares the two releases of in. The error is what is wrong in framemap.go itself.
func Of(in check.Input) (*Report, error) {
	rules, diags := check.Check(in)
	if rules == nil {
		return nil, diags.Err()
	}
	r := &Report{Program: in.New.Main, Old: in.Old.Number, New: in.New.Number, Decisions: diags}
	if rules.Exists {
		r.Map = in.File
	}
	d := &differ{Input: in, rules: rules, report: r}
	d.functions()
	d.types()
	d.variables()
	for _, key := range rules.Begun {
		f := in.New.Func(key)
		r.Goroutines = append(r.Goroutines, Goroutine{Key: key, At: Place{File: f.File, Line: f.Line}})
	}
	return r, nil
}

type differ struct {
	check.Input
	rules  *check.Rules
	report *Report
}

// short is a key without the directories of its package's path.
func short(key string) string {
	head, args, generic := strings.Cut(key, "[")
	head = head[strings.LastIndexByte(head, '/')+1:]
	if generic {
		head += "[" + args
	}
	return head
}

// A Goroutine is one that the new release starts with go, and the old one did not have.
type Goroutine struct {
	Key string `json:"key"`
	At  Place  `json:"at"`
}
