// Package state carries the heap of one release into the next.
//
// # What it is given
//
// At commit all goroutines stand still. The types of the old release and of
// the new one live in one process. Most types are the same type in both. A
// named type that is not the same is told by a [Pair]; it is
//
//   - changed, when its memory layout differs or a Convert function is given:
//     its values move into new memory;
//   - affected, when it only mentions a changed type and its layout is the same:
//     its values stay at their address, and the words in them that lead to
//     something that moved are patched.
//
// Everything built from such types without a name (pointers, slices, maps, …)
// follows; [Plan.Counterpart] tells the new release's type. Instances of one
// generic type at corresponding places of a pair are paired by themselves.
//
// # What must hold
//
// No two objects stand for one (I4): every pointer, slice, interface, map and
// channel that led to one object leads to one object afterwards, pointers into
// the middle of objects and slices of one array included. What cannot reach
// anything changed, and cannot point into anything that moves, is not looked
// at (I6). Nothing is visible before [Transfer.Apply], which only writes words,
// wakes waiters of sync objects, and cannot fail (I2).
//
// # The protocol of one transfer
//
//	collect   Forward, Value, InPlace      roots are noted, nothing is read
//	discover  Run, first half              extents and their known slots
//	allocate                               new memory; nothing filled yet
//	decide                                 which maps must be hashed anew
//	fill                                   new memory written, patches listed
//	convert                                Convert functions, hooks
//	settle                                 sync objects that somebody has or waits for
//	validate                               Validate functions; not late
//	commit    Apply                        patches written, waiters told; no error possible
//	late      Value, InPlace, RunLate      … any number of times
//	end       Discard before Apply; or drop the Transfer
//
// A Run before commit that finds many values has several goroutines for what is easy of it
// (crew.go): they discover, allocate and fill in one go. An object is claimed in the table
// of addresses by whoever comes first; nothing else is decided by them.
//
// Calls of one Transfer are serialised by its caller. Run returns an error when
// something cannot be carried over; then Discard is the only thing left to do,
// and the old heap is as it was.
//
// # Extents
//
// The unit of forwarding is not the object but the extent: the part of one
// block of memory (of the heap: the allocator's block; elsewhere: the range
// that references have shown) that is an array of slots of one type. A slot is
// known when some reference has shown that a value of the type is there; only
// known slots are read. A pointer to one T makes one slot known, a slice of T
// as many as its capacity. Slices of one array, and pointers to its elements,
// hence share one extent, whatever order they are found in, and the new array
// has room for the slots that nobody has shown yet: a later reference (also a
// late one) finds its place beside its neighbours.
//
// A reference whose type is a component of a known slot's type lies inside that
// slot; a reference whose type has a known slot as its component takes it over.
// Two references that overlap otherwise are two views of one memory, made by
// unsafe means, and refused when either of them moves.
//
// Pointers into the middle are translated field by field, by name. A pointer of
// an unchanged type (*int, sync.Locker holding &s.mu) may point into a moved
// object as well: all types that are components of changed types are such
// types, and what holds pointers to them is looked at.
//
// # Maps, channels, interfaces, functions
//
// A map whose keys or values move by value, or one of whose keys would hash
// differently, is built anew and the map pointer is forwarded; in any other map
// the values are patched in their slots. Who stands in a range over a map that is built
// anew goes on with a list of the keys that are left (iter.go). A sync.Map is built anew and its root
// is patched in. A channel whose elements move is made anew with its buffer in
// order; goroutines parked on it are a refusal by name, the commit protocol
// makes them leave first. An interface gets the type word or itab of the new
// type; values it holds by copy are copied into a new box when they move. Boxes that
// the runtime shares between all types (zero values, small integers) are no extents:
// each interface gets a new one. Func values are opaque: what they have captured is
// converted where they are called. Options.Code tells which of those whose type changes
// cannot be.
//
// A weak.Pointer is made anew for the object's successor. So is a reflect.Value, unless
// it has methods and is no variable: functions and types that somebody holds beside it
// stay those of their release. A sync.Pool lets go of what it has cached.
//
// # Late conversion
//
// Goroutines that were parked at commit bring old values when they return. What
// was reached at commit, or by an earlier late conversion, is known to the
// Transfer and is only forwarded, never descended into again: new code may be
// working on it. The table keeps the old objects alive, so that an address
// stays the name of one object; [Transfer.Weaken] replaces these references by
// weak ones, and [Transfer.Sweep] drops the entries of objects that are gone. A
// late object that moves, a part of which moved or was patched by itself (nobody
// had shown the enclosing object at commit), is refused, because either answer
// would make two objects of one. One that stays is looked at but for that part.
//
// What an object has become is held by the table as long as the object lives, until the
// transfer of a later update has carried that further: then [Transfer.Loosen] holds the
// later one's entry instead. When the object comes back a stand-in takes the place of what
// has ended, and the later transfer leads on from there (collapse.go, mirror.go).
// [Transfer.Share] and [Transfer.Before] tell transfers of each other.
//
// Of an object that stays where it is nothing is to be told but that it has been
// looked at. It leaves the table with Weaken, and is noted for all transfers of the
// process: up to which of its words it is of which release, and a weak pointer, so that
// another object at its address is not taken for it. Transfers are numbered as they
// begin, which is the order of their releases. Words that a transfer has brought to its
// release are known to the late rounds of that one and of all before it: what has been
// brought further is not to be brought there any more. A later transfer raises the number and
// adds nothing. Memory outside the heap is noted likewise, without a weak pointer.
//
// Foreign calls that are under way may find new objects where they look for old ones.
// [Transfer.New] tells them apart, for types that [Plan.Keep] has named: what has been made
// for these is noted with Weaken as what stays is, and so with its release.
//
// Nothing can be given up any more then. [Transfer.RunLate] takes back a round that
// is refused and makes it again root by root; the value of a root that is refused is
// zero. When a Convert function panics, its object stays what it was before the call
// and is marked as failed in the table: it is the one successor of the old object,
// and whoever brings that again is told.
//
// # Memory
//
// Old objects are named by unsafe.Pointer in Go-visible memory throughout;
// integers are used as keys only next to such a pointer. Transfers may run
// beside the garbage collector; while several goroutines work no collection begins
// (collector.go).
//
// What is noted of an object of the heap that stays takes 16 bytes, for each block of
// the allocator's spans that have such objects, and its weak pointer 16, and 32 outside
// the heap. It goes within eight garbage collections of the object: the weak pointers
// are asked in turns, as that takes nearly as long as to mark their objects. A table
// that is empty but for a few takes 2 KB.
package state
