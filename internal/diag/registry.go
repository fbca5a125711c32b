package diag

import (
	"fmt"
	"sort"
)

// Ranges: UP10xx loading and usage, UP11xx language refusals of the rewriter,
// UP12xx build and link, UP20xx update, loader and endpoint, UP30xx frame map,
// UP31xx rehearsal.
//
// A new code is one line in the file of its range. A code is never given to
// something else, even when what it stood for is gone.

// Info is what `upstarego explain` says about a code.
type Info struct {
	Code        string
	Title       string // one line, no full stop
	Explanation string // what it means, why it is so, what to do
}

var registry = map[string]Info{}

// define enters a code; it is called from package-level variables only.
func define(code, title, explanation string) string {
	if _, twice := registry[code]; twice {
		panic(fmt.Sprintf("diag: code %s defined twice", code))
	}
	registry[code] = Info{code, title, explanation}
	return code
}

// Explain looks a code up.
func Explain(code string) (Info, bool) {
	i, ok := registry[code]
	return i, ok
}

// All is every code, in order.
func All() []Info {
	all := make([]Info, 0, len(registry))
	for _, i := range registry {
		all = append(all, i)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Code < all[j].Code })
	return all
}
