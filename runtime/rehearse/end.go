package rehearse

import (
	"maps"
	"regexp"
	"slices"
)

// An End is what a process has when it ends by os.Exit or by its main's return. What
// ends in another way leaves none.
type End struct {
	PID int `json:"pid"`

	// Open counts descriptors by what they are: a file's name, "pipe", "eventfd",
	// "socket tcp 127.0.0.1:80 listening". Two runs have the same names for the same.
	Open map[string]int `json:"open"`

	// Goroutines counts those in own code by the declared function that they began
	// with (Declared, Plan.Names), without the one that ends the process. Those that
	// wait for a lock are counted once more, with Locked behind the name.
	Goroutines map[string]int `json:"goroutines"`

	// Stacks has a stack for each name of Goroutines with more than Plan.Most has.
	Stacks map[string]string `json:"stacks,omitempty"`

	// Waited says that the process lived on to see what stays.
	Waited bool `json:"waited,omitempty"`
}

// Locked is behind the names of functions whose goroutines wait for a lock.
const Locked = ", waiting for a lock"

// Merge takes the more of each.
func (e *End) Merge(o *End) {
	if e.Open == nil {
		e.Open, e.Goroutines = map[string]int{}, map[string]int{}
	}
	most(e.Open, o.Open)
	most(e.Goroutines, o.Goroutines)
}

func most(into, of map[string]int) {
	for name, n := range of {
		into[name] = max(into[name], n)
	}
}

// Beyond are the names of descriptors and goroutines of which e has more than o.
func (e *End) Beyond(o *End) (open, goroutines []string) {
	return beyond(e.Open, o.Open), beyond(e.Goroutines, o.Goroutines)
}

func beyond(n, most map[string]int) (l []string) {
	for _, name := range slices.Sorted(maps.Keys(n)) {
		if n[name] > most[name] {
			l = append(l, name)
		}
	}
	return l
}

// literal is what the name of a function literal, or of what the compiler makes, has
// behind that of the function that it stands in.
var literal = regexp.MustCompile(`(\.(func|gowrap|deferwrap)?[0-9]+|-range[0-9]+|-fm|\[[^\]]*\])+$`)

// Declared is the declared function that a function stands in. Literals are numbered
// anew in each release, so that two releases know the same one by different names.
func Declared(name string) string { return literal.ReplaceAllString(name, "") }
