package ledger

import "strings"

// Kinds of effects.
const (
	Check   = "check"   // a branch that leaves: return, panic, break, continue, goto
	Lock    = "lock"    // of a mutex
	Unlock  = "unlock"  //
	Count   = "count"   // of something that others see, up
	Uncount = "uncount" // and down
	Close   = "close"   // of a channel
	Send    = "send"    //
	Receive = "receive" //
	Go      = "go"      // a goroutine begins
	CallOf  = "call"    // of something that may have effects
	Assign  = "assign"  // to a variable that exists already
)

// Group ends the key of a counter that is a sync.WaitGroup, and Reader that of a lock
// that is taken for reading.
const (
	Group  = " (group)"
	Reader = " (read)"
)

// An Effect is an operation of a function that may matter to what comes after it, or to
// others: when a frame goes on in another text of the function, it may have been done
// already, or will never be.
type Effect struct {
	Kind string `json:"kind"`
	// What is the source text in one line; of a check, all that stands before the
	// branch, with the statement before it that gives the variables their values.
	What string `json:"what"`
	// Key tells what is done, whatever the function's locals are called: What with
	// their types in place of their names. Of a lock or a counter it is the lock or the
	// counter alone. "": the same as What.
	Key string `json:"key,omitempty"`
	// Of is the channel that is closed, the lock or the counter, in whichever function: a
	// field of a type, or a variable of a package. "" if it is neither.
	Of string `json:"of,omitempty"`
	// By is the function by whose call a lock is taken or released, or something counted:
	// what is left of it when it has returned. "": it is done here.
	By string `json:"by,omitempty"`
	// Unless lists what keeps a check from leaving, or from being come to. Each is a fact on
	// fields, or several that have to hold: see Fact.
	Unless []string `json:"unless,omitempty"`
	Line   int      `json:"line"`
	Col    int      `json:"col"`
	// Places has a letter for every point of the function, and behind these one for
	// every go statement: see Place. What is deferred is ahead of where it is reached.
	Places string `json:"places,omitempty"`
}

// Fact says that a field of a type has a value, in the terms of TypeField.Birth. Several
// facts that have to hold together are one text with And between them.
func Fact(typ, field, birth string) string { return typ + " " + field + "=" + birth }

// And is between facts.
const And = " & "

// Off reports whether one of Unless holds.
func (e *Effect) Off(known map[string]bool) bool {
	for _, l := range e.Unless {
		all := true
		for _, fact := range strings.Split(l, And) {
			all = all && known[fact]
		}
		if all {
			return true
		}
	}
	return false
}

// Same is what two effects have in common that do the same.
func (e *Effect) Same() string {
	if e.Key == "" {
		return e.Kind + " " + e.What
	}
	return e.Kind + " " + e.Key
}

// A Call is a place where a function calls own code, by name or by a value.
type Call struct {
	// Callees are the keys of the functions that it may call, each without the type
	// arguments of instances; "" among them stands for whatever is no own function.
	Callees []string `json:"callees"`
	// Point is the point that it is, or the go statement, numbered on from the points;
	// 0: neither.
	Point  int    `json:"point,omitempty"`
	Line   int    `json:"line,omitempty"`
	Places string `json:"places,omitempty"`
	// Value: it calls a function's value, so that what it calls has been made known before.
	Value bool `json:"value,omitempty"`
}

// A Place is where an operation stands, seen from a point. What comes round in a loop
// does not count: it is what the frame has done, or still has to do, this time.
type Place byte

const (
	Over      Place = 'o' // Done, in turns of a loop that has points and is left behind
	Done      Place = 'd' // a way to the point passes it; it may be the point's own operation
	Ahead     Place = 'a' // a way from the point passes it
	Elsewhere Place = '-' // in another branch
)

// From is where an operation with these places stands, seen from a point.
func From(places string, point int) Place {
	if point >= len(places) {
		return Elsewhere
	}
	return Place(places[point])
}

// A Leaf is a function of own code without frames, for what the functions that call it
// do by it.
type Leaf struct {
	Key     string   `json:"key"`
	File    string   `json:"file"`
	Hash    string   `json:"hash"`
	Form    string   `json:"form"`              // hash of what would be its Text
	Effects []Effect `json:"effects,omitempty"` // those that are followed from function to function, without places
	Calls   []Call   `json:"calls,omitempty"`   // without places
}

// Func is the leaf as a function that has no points besides its entry.
func (l *Leaf) Func() Func {
	return Func{Key: l.Key, File: l.File, Hash: l.Hash, Points: make([]Point, 1), Effects: l.Effects, Calls: l.Calls}
}

// Followed reports whether an effect of this kind is followed from function to function.
func Followed(kind string) bool { return kind == Check || kind == Close }

// Generic is a function's key without type arguments: instances do the same.
func Generic(key string) string {
	from := strings.IndexByte(key, '[')
	if from < 0 {
		return key
	}
	for i, depth := from, 0; i < len(key); i++ {
		switch key[i] {
		case '[':
			depth++
		case ']':
			if depth--; depth == 0 {
				return key[:from+1] + key[i:]
			}
		}
	}
	return key
}
